// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The words of an identifier: what a project's own names say about a purpose
/// that no type tells.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace reproaudit {

/// The words of \p identifier in lower case: `logInfo`, `log_info`,
/// `LOG_INFO` and `LogInfo` all give {log, info}. Digits belong to the word
/// before them.
llvm::SmallVector<std::string, 4> wordsOf(llvm::StringRef identifier);

/// Does \p identifier hold one of \p words as a whole word?
bool hasWord(llvm::StringRef identifier,
             llvm::ArrayRef<llvm::StringLiteral> words);

}  // namespace reproaudit
