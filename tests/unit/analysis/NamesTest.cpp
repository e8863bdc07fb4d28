// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Names.h"

#include <gtest/gtest.h>

namespace reproaudit {
namespace {

using Words = llvm::SmallVector<std::string, 4>;

TEST(Names, splitsEveryCommonSpelling) {
  const Words expected = {"log", "info"};
  for (const char *spelling : {"logInfo", "LogInfo", "log_info", "LOG_INFO"})
    EXPECT_EQ(wordsOf(spelling), expected) << spelling;
}

TEST(Names, endsARunOfCapitalsBeforeASmallLetter) {
  EXPECT_EQ(wordsOf("parseJSONText"), (Words{"parse", "json", "text"}));
  EXPECT_EQ(wordsOf("m_minIter_"), (Words{"m", "min", "iter"}));
  EXPECT_EQ(wordsOf("log2Sum"), (Words{"log2", "sum"}));
  EXPECT_TRUE(wordsOf("__").empty());
}

TEST(Names, comparesWholeWordsOnly) {
  EXPECT_TRUE(hasWord("debugLog", {"log"}));
  EXPECT_FALSE(hasWord("catalog", {"log"}));
  EXPECT_FALSE(hasWord("logits", {"log"}));
}

}  // namespace
}  // namespace reproaudit
