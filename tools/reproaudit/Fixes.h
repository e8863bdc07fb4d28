// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// `--fix`, `--unsafe-fixes` and `--diff`: changes of the sources that remove
/// findings.
#pragma once

#include "reproaudit/report/Report.h"

#include <expected>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace reproaudit {

/// Fixes that can be applied together.
struct FixPlan {
  std::vector<Edit> edits;
  std::set<std::size_t> fixed;  ///< Indices of the findings they remove.
  std::size_t conflicting = 0;  ///< Fixes left for the next run: they overlap.
};

/// The first fix of each finding that is not suppressed, if it is safe or
/// \p unsafeToo; of fixes that overlap the first.
FixPlan planFixes(const std::vector<Finding> &findings, bool unsafeToo,
                  const SourceTexts &texts);

/// Writes the changed files below \p root; the error is one sentence, and the
/// files before it in the alphabet are changed.
std::expected<void, std::string> applyFixes(const FixPlan &plan,
                                            const std::filesystem::path &root,
                                            const SourceTexts &texts);

}  // namespace reproaudit
