// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The subcommands of reproaudit-dev. Each returns the exit code.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace reproaudit::dev {

/// Writes docs/rules and the rule table of README.md below \p root. With
/// \p checkOnly nothing is written and a difference is a failure.
int docs(llvm::StringRef root, bool checkOnly);

/// Writes the examples of every rule to \p folder, one folder per example,
/// and prints a JSON array that says which rule each of them is about.
int examples(llvm::StringRef folder);

/// Starts the rule \p name of \p family below \p root: source, fixture and
/// the line in Rules.def.
int newRule(llvm::StringRef root, llvm::StringRef family, llvm::StringRef name);

/// Writes \p text to \p path and creates its folder. False after telling why
/// on stderr.
bool write(llvm::StringRef path, llvm::StringRef text);

}  // namespace reproaudit::dev
