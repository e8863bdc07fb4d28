// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Edits.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

using namespace reproaudit;
namespace fs = std::filesystem;

namespace {

Edit edit(unsigned line, unsigned column, unsigned endLine, unsigned endColumn,
          std::string text) {
  return {{"f.cpp", line, column, endLine, endColumn}, std::move(text)};
}

TEST(Edits, areAppliedWhereverTheyStand) {
  EXPECT_EQ(
      applyEdits("abc\ndef\n", {edit(2, 1, 2, 3, "X"), edit(1, 2, 1, 3, "")}),
      "ac\nXf\n");
  EXPECT_EQ(applyEdits("a\nb\n", {edit(1, 2, 2, 2, "-")}), "a-\n");
  EXPECT_EQ(applyEdits("a\n", {edit(2, 1, 2, 1, "b\n")}), "a\nb\n");
  EXPECT_EQ(applyEdits("\xC3\xA4x", {edit(1, 2, 1, 3, "y")}), "\xC3\xA4y");
  EXPECT_EQ(applyEdits("", {edit(1, 1, 1, 1, "new")}), "new");
}

TEST(Edits, equalOnesCountOnce) {
  EXPECT_EQ(applyEdits("ab", {edit(1, 1, 1, 1, "#"), edit(1, 1, 1, 1, "#")}),
            "#ab");
}

TEST(Edits, contradictionsAreRefused) {
  EXPECT_EQ(applyEdits("abcd", {edit(1, 1, 1, 3, "x"), edit(1, 2, 1, 4, "y")}),
            std::nullopt);
  EXPECT_EQ(applyEdits("ab", {edit(7, 1, 7, 2, "x")}), std::nullopt);
  EXPECT_EQ(applyEdits("ab", {edit(1, 2, 1, 1, "x")}), std::nullopt);
}

class Diff : public testing::Test {
protected:
  void SetUp() override {
    root_ = fs::path(testing::TempDir()) / "reproaudit-diff";
    fs::remove_all(root_);
    fs::create_directories(root_);
  }

  void write(const std::string &text) {
    std::ofstream(root_ / "f.cpp", std::ios::binary) << text;
  }

  std::string read() {
    std::ifstream file(root_ / "f.cpp", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// What git makes of the file with \p diff.
  std::string patched(const std::string &diff) {
    std::ofstream(root_ / "d.patch", std::ios::binary) << diff;
    const std::string command =
        "cd '" + root_.string() + "' && git apply --unidiff-zero d.patch";
    EXPECT_EQ(std::system(command.c_str()), 0) << diff;
    return read();
  }

  fs::path root_;
};

TEST_F(Diff, showsTheChangedLinesOnly) {
  write("1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  const SourceTexts texts(root_);
  EXPECT_EQ(unifiedDiff({edit(5, 1, 5, 2, "five")}, texts),
            "--- a/f.cpp\n+++ b/f.cpp\n@@ -2,7 +2,7 @@\n"
            " 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(unifiedDiff({edit(1, 1, 1, 1, "0\n")}, texts),
            "--- a/f.cpp\n+++ b/f.cpp\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n");
}

TEST_F(Diff, contradictionsHaveNone) {
  write("abcd");
  EXPECT_EQ(unifiedDiff({edit(1, 1, 1, 3, "x"), edit(1, 2, 1, 4, "y")},
                        SourceTexts(root_)),
            "");
}

// git is the judge: its result must be the applied edits, whatever they are.
TEST_F(Diff, gitAppliesIt) {
  std::mt19937 rng(7);
  const auto below = [&rng](unsigned limit) {
    return static_cast<unsigned>(rng() % limit);
  };
  unsigned applied = 0;
  for (int round = 0; round < 60; ++round) {
    const unsigned lines = 1 + below(30);
    std::string text;
    for (unsigned i = 0; i < lines; ++i)
      text += "line" + std::to_string(below(4)) + "\n";
    if (round % 3 == 0)
      text.pop_back();
    std::vector<Edit> edits;
    for (unsigned i = 0; i <= below(4); ++i) {
      const unsigned line = 1 + below(lines),
                     end = std::min(line + below(3), lines);
      const unsigned column = 1 + below(4), endColumn = 4 + below(3);
      edits.push_back(edit(line, column, end, endColumn,
                           below(2) == 0   ? "x\ny"
                           : below(2) == 0 ? ""
                                           : "z\n"));
    }
    const auto expected = applyEdits(text, edits);
    if (!expected || *expected == text || expected->empty())
      continue;
    write(text);
    const SourceTexts texts(root_);
    EXPECT_EQ(patched(unifiedDiff(edits, texts)), *expected) << text;
    ++applied;
  }
  EXPECT_GT(applied, 20U);
}

}  // namespace
