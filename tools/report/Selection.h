// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which findings a writer shows, and in which order.
#pragma once

#include "reproaudit/report/Report.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

/// A finding that is not suppressed, and its fingerprint.
struct Shown {
  const Finding *finding;
  std::string fingerprint;
};

/// The findings of \p report that are not suppressed, by place.
std::vector<Shown> shown(const Report &report);

/// The same, for readers who may stop early: errors before warnings before
/// notes, what differs from run to run before what differs between machines.
std::vector<Shown> byImportance(const Report &report);

/// The enabled rules by name.
std::map<std::string_view, const RuleInfo *> rulesByName(const Report &report);

/// "2 errors, 1 warning, 3 notes", "no findings".
std::string counts(const std::vector<Shown> &findings);

/// What was looked at, and whether all of it could be: "in 3 units and 2
/// project files".
std::string extent(const Report &report);

}  // namespace reproaudit
