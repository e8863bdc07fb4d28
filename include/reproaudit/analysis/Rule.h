// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The registry: every rule with its description and the way to run it.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/Directive.h"
#include "reproaudit/report/Fact.h"
#include "reproaudit/report/Finding.h"

#include <span>
#include <string_view>

namespace reproaudit {

class Project;

/// A rule is its description plus one way to run it: a source rule makes a
/// check for each translation unit, a project rule reads the repository once. A
/// source rule may also judge what all units together know.
struct Rule {
  const RuleInfo *info;
  std::unique_ptr<clang::tidy::ClangTidyCheck> (*makeCheck)(
      llvm::StringRef name, clang::tidy::ClangTidyContext *context);
  std::vector<Finding> (*checkProject)(const Project &project);
  /// Gets the facts that the rule's own checks exported, sorted and unique.
  std::vector<Finding> (*link)(std::span<const Fact> facts) = nullptr;
  /// Judges the comments that suppress findings, once all findings are known.
  std::vector<Finding> (*checkDirectives)(std::span<const Directive>) = nullptr;
};

template <class CheckT>
constexpr Rule
sourceRule(const RuleInfo &info,
           std::vector<Finding> (*link)(std::span<const Fact>) = nullptr) {
  return {&info,
          [](llvm::StringRef name, clang::tidy::ClangTidyContext *context)
              -> std::unique_ptr<clang::tidy::ClangTidyCheck> {
            return std::make_unique<CheckT>(name, context);
          },
          nullptr, link};
}

constexpr Rule projectRule(const RuleInfo &info,
                           std::vector<Finding> (*check)(const Project &)) {
  return {&info, nullptr, check};
}

constexpr Rule
directiveRule(const RuleInfo &info,
              std::vector<Finding> (*check)(std::span<const Directive>)) {
  return {&info, nullptr, nullptr, nullptr, check};
}

/// Every rule, in the order of checks/Rules.def.
std::span<const Rule *const> allRules();

/// The rule called \p name, or nullptr.
const Rule *findRule(std::string_view name);

}  // namespace reproaudit
