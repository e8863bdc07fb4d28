// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// SARIF logs of reproaudit as reports again: to convert them, to merge the
/// shards of a scan, to look up findings.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Report.h"

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reproaudit {

struct SarifLog {
  Report report;
  std::map<std::string, std::string> texts;  ///< Embedded files, by path.
};

/// The log in \p text, or one sentence that says why it cannot be read. Writing
/// what was read gives the same log. \p findRule knows the rules by name; those
/// that it does not know are left out of Report::rules.
std::variant<SarifLog, std::string>
readSarif(std::string_view text,
          const RuleInfo *(*findRule)(std::string_view name));

/// All of \p reports as one: findings and notices that several have count once.
Report merged(const std::vector<Report> &reports);

}  // namespace reproaudit
