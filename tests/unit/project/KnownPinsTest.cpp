// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one file pins is the value to write in another.
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"
#include "reproaudit/report/Edits.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace reproaudit {
namespace {

constexpr const char *kCommit = "0123456789abcdef0123456789abcdef01234567";

using Files = std::map<std::string, std::string>;

/// \p files[path] after the fixes of the findings about \p artefact.
std::string fixed(const Files &files, const std::string &path,
                  Artefact artefact) {
  std::vector<std::string> paths;
  for (const auto &[name, text] : files)
    paths.push_back(name);
  const Project project("/nonexistent", paths, {}, files);
  std::vector<Edit> edits;
  for (const Finding &finding : judge(project, "rule", artefact))
    for (const Fix &fix : finding.fixes) {
      EXPECT_FALSE(fix.safe);
      for (const Edit &edit : fix.edits)
        if (edit.at.path == path)
          edits.push_back(edit);
    }
  return applyEdits(files.at(path), edits).value_or("(overlap)");
}

TEST(KnownPins, WriteTheCommitThatAnotherFileNames) {
  const Files files = {
      {"CMakeLists.txt",
       "FetchContent_Declare(a\n  GIT_REPOSITORY https://x.org/O/a.git\n"
       "  GIT_TAG main)  # main branch\n"},
      {"tests/CMakeLists.txt",
       "FetchContent_Declare(a GIT_REPOSITORY https://x.org/o/a GIT_TAG " +
           std::string(kCommit) + ")\n"}};
  EXPECT_EQ(fixed(files, "CMakeLists.txt", Artefact::Source),
            "FetchContent_Declare(a\n  GIT_REPOSITORY https://x.org/O/a.git\n"
            "  GIT_TAG " +
                std::string(kCommit) + ")  # main branch\n");
}

TEST(KnownPins, WriteWhereTheVariableIsSet) {
  const Files files = {
      {"CMakeLists.txt",
       "set(TAG main)\nFetchContent_Declare(a\n"
       "  GIT_REPOSITORY https://x.org/o/a GIT_TAG ${TAG})\n"},
      {"tests/CMakeLists.txt",
       "FetchContent_Declare(a GIT_REPOSITORY https://x.org/o/a GIT_TAG " +
           std::string(kCommit) + ")\n"}};
  EXPECT_TRUE(fixed(files, "CMakeLists.txt", Artefact::Source)
                  .starts_with("set(TAG " + std::string(kCommit) + ")\n"));
}

TEST(KnownPins, AreNotOfferedIfTwoPlacesDisagree) {
  Files files = {{"requirements.txt", "numpy>=1\n"},
                 {"a/requirements.txt", "numpy==1.26.4\n"}};
  EXPECT_EQ(fixed(files, "requirements.txt", Artefact::Package),
            "numpy==1.26.4\n");
  files["b/requirements.txt"] = "numpy==2.0.0\n";
  EXPECT_EQ(fixed(files, "requirements.txt", Artefact::Package), "numpy>=1\n");
}

TEST(KnownPins, SpellVersionsAsTheFormatDoes) {
  const std::string lock = "numpy==1.26.4\n";
  EXPECT_EQ(fixed({{"requirements.txt", lock},
                   {"install.sh", "pip install numpy six==1.0\n"}},
                  "install.sh", Artefact::Package),
            "pip install numpy==1.26.4 six==1.0\n");
  EXPECT_EQ(fixed({{"requirements.txt", lock},
                   {"a/requirements.txt", "numpy-quaternion\nnumpy\n"}},
                  "a/requirements.txt", Artefact::Package),
            "numpy-quaternion\nnumpy==1.26.4\n");
  const std::string digest(64, 'a');
  EXPECT_EQ(fixed({{"Dockerfile", "FROM ubuntu:22.04@sha256:" + digest + "\n"},
                   {"b/Dockerfile", "FROM ubuntu:22.04 AS ubuntu\n"}},
                  "b/Dockerfile", Artefact::Image),
            "FROM ubuntu:22.04@sha256:" + digest + " AS ubuntu\n");
}

}  // namespace
}  // namespace reproaudit
