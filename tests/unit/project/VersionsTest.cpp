// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Versions.h"

#include <gtest/gtest.h>

namespace reproaudit {
namespace {

TEST(CompareVersions, OrdersNumbersAndPreReleases) {
  const char *const sorted[] = {
      "1.9",          "1.10a1",    "1.10rc1", "1.10", "1.10.1",
      "1.10.1.post1", "1.11.dev0", "1.11",    "2",    "99999999999999999999"};
  for (std::size_t i = 0; i < std::size(sorted); ++i)
    for (std::size_t k = 0; k < std::size(sorted); ++k)
      EXPECT_EQ(compareVersions(sorted[i], sorted[k]) < 0, i < k)
          << sorted[i] << " " << sorted[k];
  EXPECT_EQ(compareVersions("1.10", "1.10.0"), 0);
  EXPECT_EQ(compareVersions("v1.2", "1.2"), 0);
  EXPECT_EQ(compareVersions("1.2+cu121", "1.2"), 0);
}

TEST(Satisfies, KnowsTheOperatorsOfAllTools) {
  struct Case {
    const char *version;
    const char *specifier;
    bool expected;
  };
  for (const auto &[version, specifier, expected] : {
           Case{"1.26.4", "", true},        {"1.26.4", "*", true},
           {"1.26.4", ">=1.26", true},      {"1.26.4", ">= 1.26, <2", true},
           {"2.0.0", ">=1.26,<2", false},   {"1.26.4", ">=1.26 <2", true},
           {"1.26.4", "==1.26.4", true},    {"1.26.4", "==1.26.3", false},
           {"1.26.4", "==1.26.*", true},    {"1.27.0", "==1.26.*", false},
           {"1.26.4", "!=1.26.4", false},   {"1.26.4", "~=1.26.2", true},
           {"1.27.0", "~=1.26.2", false},   {"1.27.0", "~=1.26", true},
           {"1.4.1", "^1.2.0", true},       {"2.0.0", "^1.2.0", false},
           {"0.2.9", "^0.2.3", true},       {"0.3.0", "^0.2.3", false},
           {"1.2.9", "~1.2.3", true},       {"1.3.0", "~1.2.3", false},
           {"1.9.9", "1.x", true},          {"10.0.0", "^9.1", false},
           {"3.0.0", "^1.0 || ^3.0", true}, {"1.2.3", "npm:other@^5", true},
           {"1.2.3", "1.0 - 2.0", true},
       })
    EXPECT_EQ(satisfies(version, specifier), expected)
        << version << " " << specifier;
}

TEST(Satisfies, SurvivesRubbish) {
  for (const char *text : {"", "=", "^", "||", ",", ">=", "~", "^^^", "....",
                           "==*", "99999999999999999999999999"})
    for (const char *other : {"", "1", "^9999999999999999999", "~x.y"}) {
      satisfies(text, other);
      satisfies(other, text);
    }
}

}  // namespace
}  // namespace reproaudit
