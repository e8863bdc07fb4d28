// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the servers that read SARIF want of it beyond the standard.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Report.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace reproaudit {

/// Who will read the log. All but Plain do without embedded files.
enum class SarifProfile : std::uint8_t {
  Plain,
  /// Would open an alert for a suppressed finding, shows 5,000 findings, and
  /// refuses the whole log beyond its limits.
  GitHub,
  GitLab,
  /// Wants to know the pipeline that wrote the log.
  Azure,
};

/// Properties of the pipeline by the names that Azure DevOps has for them, and
/// `id`.
using Pipeline = std::map<std::string, std::string>;

/// How many findings of \p report a reader with \p profile would not show; the
/// least important ones are left out of the log.
std::size_t beyondLimit(const Report &report, SarifProfile profile);

/// \p report as a reader with \p profile can take it.
Report fitted(const Report &report, SarifProfile profile);

}  // namespace reproaudit
