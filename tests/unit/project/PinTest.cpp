// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Pin.h"

#include <gtest/gtest.h>

namespace reproaudit {
namespace {

constexpr const char *kCommit = "0123456789abcdef0123456789abcdef01234567";

TEST(GitStrength, TellsCommitsReleasesAndBranchesApart) {
  EXPECT_EQ(gitStrength(kCommit), Strength::Content);
  EXPECT_EQ(gitStrength("0a1b2c3"), Strength::Content);
  for (const char *release : {"v1.14.0", "boost-1.84.0", "llvmorg-17.0.6",
                              "VER-2-13-2", "20240722.0", "b4567", "20230802"})
    EXPECT_EQ(gitStrength(release), Strength::Exact) << release;
  for (const char *branch : {"main", "origin/v1.2", "release/v1", "v4",
                             "release-v3", "branch-24.08", "stable", "v3.1.x"})
    EXPECT_EQ(gitStrength(branch), Strength::Mutable) << branch;
  EXPECT_EQ(gitStrength(""), Strength::None);
  EXPECT_EQ(gitStrength("HEAD"), Strength::None);
}

TEST(ActionStrength, WantsAFullVersion) {
  EXPECT_EQ(actionStrength("v4"), Strength::Mutable);
  EXPECT_EQ(actionStrength("v4.1"), Strength::Mutable);
  EXPECT_EQ(actionStrength("v4.1.2"), Strength::Exact);
  EXPECT_EQ(actionStrength(kCommit), Strength::Content);
}

TEST(ImageStrength, ReadsTagsAndDigests) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  EXPECT_EQ(imageStrength("ubuntu:22.04" + digest), Strength::Content);
  EXPECT_EQ(imageStrength("ubuntu@sha256:abc"), Strength::None);
  EXPECT_EQ(imageStrength("registry:5000/image"), Strength::None);
  EXPECT_EQ(imageStrength("registry:5000/image:1.2.3"), Strength::Exact);
  EXPECT_EQ(imageStrength("nvidia/cuda:11.8.0-devel"), Strength::Exact);
  EXPECT_EQ(imageStrength("ubuntu:jammy-20240125"), Strength::Exact);
  EXPECT_EQ(imageStrength("python:3.10"), Strength::Mutable);
  EXPECT_EQ(imageStrength("image:1.2.3-latest"), Strength::Mutable);
}

TEST(UrlStrength, KnowsAddressesOfContent) {
  const std::string raw = "https://raw.example.com/owner/name/";
  EXPECT_EQ(urlStrength(raw + kCommit + "/f.txt"), Strength::Content);
  EXPECT_EQ(urlStrength(raw + "master/f.txt"), Strength::Mutable);
  EXPECT_EQ(urlStrength("https://example.com/tool-1.2.3.tgz"), Strength::Exact);
  EXPECT_EQ(urlStrength("https://example.com/tool.tgz"), Strength::None);
}

TEST(Requirement, FollowsPep508) {
  EXPECT_EQ(requirement("numpy").strength, Strength::None);
  EXPECT_EQ(requirement("numpy==1.26.4").strength, Strength::Exact);
  EXPECT_EQ(requirement("numpy ==1.26.4 ; python_version<'3.12'").strength,
            Strength::Exact);
  EXPECT_EQ(requirement("numpy==1.26.*").strength, Strength::Range);
  EXPECT_EQ(requirement("numpy>=1,<2").strength, Strength::Range);
  EXPECT_EQ(requirement("a[b,c]~=1.0").name, "a");
  EXPECT_TRUE(requirement("./wheels/a-1.0.whl").local);
  EXPECT_EQ(requirement("a @ git+https://x.org/o/a.git@main").strength,
            Strength::Mutable);
  EXPECT_EQ(
      requirement(std::string("git+https://x.org/o/a.git@") + kCommit).strength,
      Strength::Content);
}

}  // namespace
}  // namespace reproaudit
