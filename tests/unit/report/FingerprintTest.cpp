// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Samples.h"

#include "reproaudit/report/Fingerprint.h"

#include <gtest/gtest.h>

#include <set>

using namespace reproaudit;

namespace {

using Hashes = std::vector<std::string>;

// The numbers are GitHub's; tests/sarif compares whole files with Microsoft's
// implementation.
TEST(Fingerprint, lineHashesAreGitHubs) {
  EXPECT_EQ(lineHashes(""), (Hashes{"c129715d7a2bc9a3:1"}));
  EXPECT_EQ(lineHashes(" a\nb\n  \t\tc\n d"),
            (Hashes{"271789c17abda88f:1", "54703d4cd895b18:1",
                    "180aee12dab6264:1", "a23a3dc5e078b07b:1"}));
}

TEST(Fingerprint, blanksAndLineEndsDoNotCount) {
  const Hashes hashes = lineHashes("int a;\nint b;\n");
  EXPECT_EQ(lineHashes("\tint  a;\r\nint b ;\r\n"), hashes);
  EXPECT_EQ(lineHashes("int a;\rint b;\r"), hashes);
}

TEST(Fingerprint, equalLinesAreNumbered) {
  const std::string lines(300, 'x');
  const Hashes hashes = lineHashes(lines + "\n" + lines + "\n");
  ASSERT_EQ(hashes.size(), 3U);
  EXPECT_TRUE(hashes[0].ends_with(":1"));
  EXPECT_EQ(hashes[1], hashes[0].substr(0, hashes[0].size() - 1) + "2");
}

TEST(Fingerprint, contextIsRuleFunctionAndStatement) {
  Finding finding;
  finding.at = {"a.cpp", 1, 1, 1, 2};
  finding.rule = "repro-x";
  finding.function = "f";
  finding.statement = "s";
  finding.message = "m";
  const std::string hash = contextHash(finding);
  EXPECT_EQ(hash.size(), 16U);

  Finding moved = finding;
  moved.at = {"b.cpp", 7, 2, 7, 9};
  moved.message = "reworded";
  EXPECT_EQ(contextHash(moved), hash);

  for (std::string Finding::*const member :
       {&Finding::rule, &Finding::function, &Finding::statement}) {
    Finding other = finding;
    other.*member += "x";
    EXPECT_NE(contextHash(other), hash);
  }
  Finding shifted = finding;
  shifted.function = "fs";
  shifted.statement = "";
  EXPECT_NE(contextHash(shifted), hash);
}

TEST(Fingerprint, messageStandsInForAMissingStatement) {
  Finding first, second;
  first.message = "'a' is not pinned";
  second.message = "'b' is not pinned";
  EXPECT_NE(contextHash(first), contextHash(second));
}

TEST(Fingerprint, everyFindingHasItsOwn) {
  const Report report = samples::full();
  const std::vector<std::string> fingerprints =
      contextFingerprints(report.findings);
  const std::set<std::string> unique(fingerprints.begin(), fingerprints.end());
  EXPECT_EQ(unique.size(), report.findings.size());
}

}  // namespace
