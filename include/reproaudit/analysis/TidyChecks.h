// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Our rules in the terms of clang-tidy's `Checks`.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace reproaudit {

/// The names of the source rules that run when nobody asks for others.
std::vector<std::string> defaultRules();

/// The checks that enable \p rules, but for those that \p configured, the
/// `Checks` of a `.clang-tidy`, names with a minus.
std::string tidyChecks(const std::vector<std::string> &rules,
                       llvm::StringRef configured);

}  // namespace reproaudit
