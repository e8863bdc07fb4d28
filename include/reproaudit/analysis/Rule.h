// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The registry: every rule with its description and the way to run it.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/report/Finding.h"

#include <span>
#include <string_view>

namespace reproaudit {

class Project;

/// A rule is its description plus one way to run it: a source rule makes a
/// check for each translation unit, a project rule reads the repository once.
struct Rule {
  const RuleInfo *info;
  std::unique_ptr<clang::tidy::ClangTidyCheck> (*makeCheck)(
      llvm::StringRef name, clang::tidy::ClangTidyContext *context);
  std::vector<Finding> (*checkProject)(const Project &project);
};

template <class CheckT> constexpr Rule sourceRule(const RuleInfo &info) {
  return {&info,
          [](llvm::StringRef name, clang::tidy::ClangTidyContext *context)
              -> std::unique_ptr<clang::tidy::ClangTidyCheck> {
            return std::make_unique<CheckT>(name, context);
          },
          nullptr};
}

constexpr Rule projectRule(const RuleInfo &info,
                           std::vector<Finding> (*check)(const Project &)) {
  return {&info, nullptr, check};
}

/// Every rule, in the order of checks/Rules.def.
std::span<const Rule *const> allRules();

/// The rule called \p name, or nullptr.
const Rule *findRule(std::string_view name);

}  // namespace reproaudit
