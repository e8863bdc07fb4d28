// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Finds the comments that suppress findings of our rules, and what became of
/// each.
#pragma once

#include "reproaudit/analysis/Directive.h"
#include "reproaudit/analysis/Project.h"
#include "reproaudit/rule/RuleInfo.h"

#include <set>
#include <string>
#include <vector>

namespace reproaudit {

/// What directives are judged by.
struct DirectiveContext {
  const std::vector<const RuleInfo *> &rules;  ///< The enabled ones.
  const std::vector<Finding> &findings;        ///< Suppressed ones included.
  std::set<std::string> sources;  ///< Files that analysed units have read.
  std::string today;              ///< Date of the commit, `YYYY-MM-DD`, or "".
};

/// The directives in the sources and in those project files that declare
/// something, by place.
std::vector<Directive> directivesIn(const Project &project,
                                    const DirectiveContext &context);

}  // namespace reproaudit
