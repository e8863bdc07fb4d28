// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/SarifProfile.h"

#include "Concat.h"
#include "Selection.h"

#include <algorithm>

namespace reproaudit {
namespace {

/// GitHub's limits: results that it shows, steps of a flow that it keeps.
constexpr std::size_t kMaxResults = 5000;
constexpr std::size_t kMaxSteps = 1000;

}  // namespace

std::size_t beyondLimit(const Report &report, SarifProfile profile) {
  const std::size_t count = shown(report).size();
  return profile == SarifProfile::GitHub && count > kMaxResults
             ? count - kMaxResults
             : 0;
}

Report fitted(const Report &report, SarifProfile profile) {
  Report result = report;
  if (profile != SarifProfile::GitHub)
    return result;
  std::vector<Shown> kept = byImportance(report);
  if (const std::size_t missing = beyondLimit(report, profile); missing > 0) {
    kept.resize(kMaxResults);
    result.notices.push_back(
        {.level = Level::Warning,
         .id = "too-many-findings",
         .text = concat(missing,
                        " less important findings are left out: "
                        "GitHub shows ",
                        kMaxResults)});
  }
  result.findings.clear();
  for (const Shown &each : kept)
    result.findings.push_back(*each.finding);
  std::ranges::sort(result.findings);
  // The finding itself is the last step.
  for (Finding &finding : result.findings)
    if (finding.flow.size() >= kMaxSteps)
      finding.flow.erase(finding.flow.begin(),
                         finding.flow.end() - (kMaxSteps - 1));
  return result;
}

}  // namespace reproaudit
