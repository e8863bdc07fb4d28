// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Evidence.h"

#include <gtest/gtest.h>

using namespace reproaudit;

namespace {

TEST(Evidence, isReadFromTheReportOfRerun) {
  const auto evidence = readEvidence(R"({"runs": 9,
    "natural": {"statement": "all differ"}, "factors": [{"name": "entropy",
    "state": "differs", "reason": "", "differing": 1, "runs": 2}],
    "artifacts": [{"name": "stdout", "factors": ["entropy"],
    "difference": {"where": "line 1", "a": "1", "b": "2",
                   "magnitude": {"max_rel": 0.5}}},
    {"name": "norm", "factors": ["entropy"],
    "difference": {"where": "line 1", "a": "0", "b": "2",
                   "magnitude": {"max_rel": null}}},
    {"name": "log", "factors": [], "difference": null}],
    "findings": [
    {"rule": "repro-x", "path": "a.cpp", "line": 3, "state": "confirmed",
     "evidence": "stdout differs"},
    {"rule": "repro-x", "path": "a.cpp", "line": 4, "state": "not-reached",
     "evidence": ""}]})");
  ASSERT_TRUE(evidence) << evidence.error();
  EXPECT_EQ(evidence->factors.at(0).differing, 1U);
  EXPECT_EQ(evidence->artifacts.at(0).relative, 0.5);
  EXPECT_EQ(evidence->artifacts.at(1).relative, 1.0) << "infinity is null";
  EXPECT_FALSE(evidence->artifacts.at(2).relative);
  ASSERT_EQ(evidence->confirmed.size(), 1U);
  EXPECT_EQ(evidence->confirmed.front().line, 3U);
}

TEST(Evidence, whatIsNoReportIsOneSentence) {
  for (const char *text : {"", "{", "[]", "{}", R"({"runs": "many"})"})
    EXPECT_FALSE(readEvidence(text)) << text;
}

}  // namespace
