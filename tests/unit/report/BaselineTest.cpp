// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Samples.h"

#include "reproaudit/report/Baseline.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace reproaudit;

namespace {

Finding in(const char *path, unsigned line, const char *function,
           const char *statement) {
  Finding finding;
  finding.at = {path, line, 3, line, 9};
  finding.rule = "repro-x";
  finding.function = function;
  finding.statement = statement;
  finding.message = "'sum' differs";
  return finding;
}

class BaselineTest : public testing::Test {
protected:
  std::vector<Finding> before_{
      in("a.cpp", 3, "f", "sum += x"), in("a.cpp", 9, "f", "sum += x"),
      in("a.cpp", 20, "g", "sum += y"), in("b.cpp", 5, "h", "seed ( )")};
  Baseline baseline_ = createBaseline(before_);

  /// Checks how many of \p now are new and how many entries are stale.
  void expect(const std::vector<Finding> &now, long added, std::size_t gone) {
    const BaselineMatch known = match(baseline_, now);
    EXPECT_EQ(std::ranges::count(known.entryOf, nullptr), added);
    EXPECT_EQ(known.stale.size(), gone);
  }
};

TEST_F(BaselineTest, nothingIsNewToItself) { expect(before_, 0, 0); }

TEST_F(BaselineTest, linesAndFormattingDoNotMatter) {
  for (Finding &finding : before_) {
    finding.at.line += 40;
    finding.at.column = 17;
  }
  expect(before_, 0, 0);
}

TEST_F(BaselineTest, renamedFileIsFollowed) {
  for (Finding &finding : before_)
    finding.at.path = "lib/" + finding.at.path;
  expect(before_, 0, 0);
}

TEST_F(BaselineTest, functionMovedToAnotherFileIsFollowed) {
  before_[2].at.path = "b.cpp";
  expect(before_, 0, 0);
}

TEST_F(BaselineTest, renamedFunctionIsFollowedInItsFile) {
  before_[2].function = "ns::g2";
  expect(before_, 0, 0);
  before_[2].at.path = "c.cpp";
  expect(before_, 1, 1);
}

TEST_F(BaselineTest, copiedStatementIsNew) {
  before_.push_back(in("a.cpp", 10, "f", "sum += x"));
  expect(before_, 1, 0);
}

TEST_F(BaselineTest, copiedFileIsNew) {
  before_.push_back(in("copy.cpp", 5, "h", "seed ( )"));
  const BaselineMatch known = match(baseline_, before_);
  EXPECT_NE(known.entryOf[3], nullptr) << "the original keeps its entry";
  EXPECT_EQ(known.entryOf[4], nullptr);
}

TEST_F(BaselineTest, changedStatementIsNew) {
  before_[0].statement = "sum += z";
  expect(before_, 1, 1);
}

TEST_F(BaselineTest, otherRuleIsNew) {
  before_[3].rule = "repro-y";
  expect(before_, 1, 1);
}

TEST_F(BaselineTest, fixedFindingIsStale) {
  before_.erase(before_.begin() + 1);
  expect(before_, 0, 1);
}

TEST_F(BaselineTest, suppressionReplacesAnEntry) {
  before_[3].suppression = Suppression{"checked"};
  const BaselineMatch known = match(baseline_, before_);
  EXPECT_EQ(known.entryOf[3], nullptr);
  ASSERT_EQ(known.stale.size(), 1U);
  EXPECT_EQ(known.stale[0].function, "h");
}

// Everything at once, as a real branch does it.
TEST_F(BaselineTest, torture) {
  const std::vector<Finding> now{in("src/a.cpp", 103, "f", "sum += x"),
                                 in("src/a.cpp", 104, "f", "sum += x"),
                                 in("src/a.cpp", 105, "f", "sum += x"),
                                 in("util.cpp", 1, "g", "sum += y")};
  const BaselineMatch known = match(baseline_, now);
  EXPECT_EQ(known.entryOf[2], nullptr) << "the third copy";
  EXPECT_EQ(std::ranges::count(known.entryOf, nullptr), 1);
  ASSERT_EQ(known.stale.size(), 1U);
  EXPECT_EQ(known.stale[0].path, "b.cpp") << "the fixed one";
}

TEST_F(BaselineTest, updateAdmitsNothingByItself) {
  before_[2].at.path = "moved.cpp";
  before_[0].statement = "sum += z";
  baseline_.entries[0].reason = "agreed in review";
  const Baseline updated = updateBaseline(baseline_, before_, false);
  EXPECT_EQ(updated.entries.size(), 3U);
  EXPECT_TRUE(std::ranges::any_of(updated.entries, [](const auto &entry) {
    return entry.path == "moved.cpp";
  }));
  EXPECT_EQ(updateBaseline(baseline_, before_, true).entries.size(), 4U);
}

TEST_F(BaselineTest, reasonsAreKept) {
  for (BaselineEntry &entry : baseline_.entries)
    entry.reason = "because of " + entry.function;
  for (Finding &finding : before_)
    finding.at.path = "lib/" + finding.at.path;
  for (const BaselineEntry &entry :
       updateBaseline(baseline_, before_, false).entries)
    EXPECT_EQ(entry.reason, "because of " + entry.function);
}

TEST_F(BaselineTest, pruneOnlyDropsWhatIsGone) {
  before_[3].statement = "other ( )";
  before_[2].at.path = "moved.cpp";
  const Baseline pruned = pruneBaseline(baseline_, before_);
  EXPECT_EQ(pruned.entries.size(), 3U);
  EXPECT_TRUE(std::ranges::includes(baseline_.entries, pruned.entries));
}

TEST_F(BaselineTest, fileSurvivesTheWayAround) {
  baseline_ = createBaseline(samples::full().findings);
  baseline_.entries[0].reason = "\"quoted\"\n\u00e4";
  const auto read = readBaseline(writeBaseline(baseline_));
  ASSERT_TRUE(std::holds_alternative<Baseline>(read));
  EXPECT_EQ(std::get<Baseline>(read), baseline_);
}

TEST_F(BaselineTest, fileHasOneLinePerFindingAndNoLineNumbers) {
  const std::string text = writeBaseline(baseline_);
  EXPECT_EQ(std::ranges::count(text, '\n'), 5);
  for (Finding &finding : before_)
    finding.at.line += 7;
  EXPECT_EQ(writeBaseline(createBaseline(before_)), text);
  std::ranges::reverse(before_);
  EXPECT_EQ(writeBaseline(createBaseline(before_)), text);
}

TEST_F(BaselineTest, unorderedFileIsSorted) {
  std::string text = writeBaseline(baseline_);
  const std::size_t second = text.find('\n') + 1;
  const std::size_t third = text.find('\n', second) + 1;
  const std::string moved = text.substr(second, third - second);
  text.erase(second, third - second);
  const auto read = readBaseline(text + "\n" + moved);
  ASSERT_TRUE(std::holds_alternative<Baseline>(read));
  EXPECT_EQ(std::get<Baseline>(read), baseline_);
}

TEST_F(BaselineTest, brokenFilesAreExplained) {
  const auto problem = [](const std::string &text) {
    const auto read = readBaseline(text);
    const auto *sentence = std::get_if<std::string>(&read);
    return sentence ? *sentence : "";
  };
  const std::string good = writeBaseline(baseline_);
  EXPECT_EQ(problem(good), "");
  EXPECT_EQ(problem(""), "it is empty");
  EXPECT_EQ(problem("\xFF\xFE"), "line 1: this is not a baseline");
  EXPECT_EQ(problem("{}"), "line 1: this is not a baseline");
  EXPECT_EQ(problem(good + "<<<<<<< HEAD\n"),
            "line 6: this is not a baseline entry");
  EXPECT_EQ(problem(good + "{\"rule\": 7}\n"),
            "line 6: this is not a baseline entry");
  EXPECT_NE(problem("{\"schema_version\": 2, \"reproaudit\": \"9.0\"}"), "");
}

}  // namespace
