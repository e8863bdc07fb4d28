// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Names.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace reproaudit {

using llvm::StringRef;

llvm::SmallVector<std::string, 4> wordsOf(StringRef identifier) {
  llvm::SmallVector<std::string, 4> words;
  bool open = false;
  for (std::size_t i = 0; i < identifier.size(); ++i) {
    const char c = identifier[i];
    if (!llvm::isAlnum(c)) {
      open = false;
      continue;
    }
    // A capital starts a word after a small letter, and before one when it
    // ends a run of capitals: "parseJSONText" is parse, json, text.
    const bool afterSmall = i > 0 && !llvm::isUpper(identifier[i - 1]);
    const bool beforeSmall =
        i + 1 < identifier.size() && llvm::isLower(identifier[i + 1]);
    if (!open || (llvm::isUpper(c) && (afterSmall || beforeSmall)))
      words.emplace_back();
    words.back() += llvm::toLower(c);
    open = true;
  }
  return words;
}

bool hasWord(StringRef identifier, llvm::ArrayRef<llvm::StringLiteral> words) {
  return llvm::any_of(wordsOf(identifier), [&](const std::string &word) {
    return llvm::is_contained(words, StringRef(word));
  });
}

}  // namespace reproaudit
