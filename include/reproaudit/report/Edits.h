// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Fixes as changes of text: applied, or shown as a patch.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Finding.h"
#include "reproaudit/report/Report.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

/// \p text after \p edits, which are all in one file; nullopt if two of them
/// overlap or one lies outside. Equal edits count once.
std::optional<std::string> applyEdits(std::string_view text,
                                      std::vector<Edit> edits);

/// What \p edits change, in any number of files, as a unified diff that `patch
/// -p1` and `git apply` understand; "" if they cannot be applied.
std::string unifiedDiff(const std::vector<Edit> &edits,
                        const SourceTexts &texts);

}  // namespace reproaudit
