// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What CMake evaluated is merged with what was read.
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reproaudit {
namespace {

/// A line of the trace: a call in CMakeLists.txt below `/root`.
std::string traced(const char *command, unsigned line, unsigned frame,
                   const std::vector<std::string> &arguments) {
  std::string list;
  for (const std::string &argument : arguments)
    list += (list.empty() ? "\"" : ", \"") + argument + "\"";
  return R"({"cmd": ")" + std::string(command) +
         R"(", "file": "/root/CMakeLists.txt", "line": )" +
         std::to_string(line) + R"(, "frame": )" + std::to_string(frame) +
         R"(, "args": [)" + list + "]}\n";
}

std::vector<Dependency> found(const std::string &text,
                              const std::string &trace) {
  const Project project("/root", {"CMakeLists.txt"}, {},
                        {{"CMakeLists.txt", text}}, trace);
  return project.inventory().dependencies;
}

TEST(CMakeTrace, MakesAnUnknownValueKnown) {
  const std::string text =
      "string(REGEX MATCH \"v[0-9.]+\" TAG \"${ALL}\")\n"
      "FetchContent_Declare(a GIT_REPOSITORY u GIT_TAG ${TAG})\n";
  ASSERT_EQ(found(text, "").size(), 1U);
  EXPECT_TRUE(found(text, "")[0].advisory);
  const auto known =
      found(text, traced("FetchContent_Declare", 2, 1,
                         {"a", "GIT_REPOSITORY", "u", "GIT_TAG", "develop"}));
  ASSERT_EQ(known.size(), 1U);
  EXPECT_FALSE(known[0].advisory);
  EXPECT_EQ(known[0].resolved, "develop");
  EXPECT_EQ(known[0].strength, Strength::Mutable);
  EXPECT_EQ(known[0].evidence.back().text, "cmake evaluates this to 'develop'");
}

TEST(CMakeTrace, KeepsTheWeakerOfTwoKnownValues) {
  const std::string text = "FetchContent_Declare(a GIT_REPOSITORY u GIT_TAG "
                           "main)\n";
  const auto one =
      found(text, traced("FetchContent_Declare", 1, 1,
                         {"a", "GIT_REPOSITORY", "u", "GIT_TAG", "v1.2.3"}));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].resolved, "main");
}

TEST(CMakeTrace, BlamesTheCallOfAFunction) {
  const std::string text = "function(fetch name)\n"
                           "  FetchContent_Declare(${name} GIT_REPOSITORY u "
                           "GIT_TAG ${${name}_TAG})\n"
                           "endfunction()\n"
                           "fetch(a)\n";
  const auto one =
      found(text, traced("fetch", 4, 1, {"a"}) +
                      traced("FetchContent_Declare", 2, 2,
                             {"a", "GIT_REPOSITORY", "u", "GIT_TAG", "main"}));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].at.line, 4U);
  EXPECT_EQ(one[0].name, "a");
  EXPECT_FALSE(one[0].advisory);
}

TEST(CMakeTrace, IgnoresWhatStandsOutsideAndRubbish) {
  EXPECT_TRUE(found("", R"({"version": {"major": 1}})"
                        "\n{\n[]\nnull\n{\"cmd\": 7}\n{\"cmd\": \"file\"}\n"
                        R"({"cmd": "file", "args": ["DOWNLOAD", 3]})"
                        "\n"
                        R"({"cmd": "FetchContent_Declare", "frame": -1,
                            "file": "/usr/share/x.cmake", "line": "x",
                            "args": ["a", "GIT_TAG", "main"]})"
                        "\n")
                  .empty());
}

}  // namespace
}  // namespace reproaudit
