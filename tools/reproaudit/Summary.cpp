// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Summary.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

namespace reproaudit {

std::string counted(std::size_t number, const char *thing) {
  return llvm::formatv("{0} {1}{2}", number, thing, number == 1 ? "" : "s");
}

void showProgress(std::size_t done, std::size_t all, const std::string &unit) {
  std::fprintf(stderr, "\r\033[K[%zu/%zu] %s%s", done, all, unit.c_str(),
               done == all ? "\r\033[K" : "");
  std::fflush(stderr);
}

void printNotices(const Report &report) {
  for (const Notice &notice : report.notices)
    std::fprintf(stderr, "reproaudit: %s%s%s\n", notice.path.c_str(),
                 notice.path.empty() ? "" : ": ", notice.text.c_str());
}

/// "37 units, 120 files: 3 findings (1 note), 2 suppressed, 1 unit failed, 4 s"
void printSummary(const ScanResult &result, double seconds) {
  const Report &report = result.report;
  std::map<Level, std::size_t> levels;
  std::size_t suppressed = 0;
  for (const Finding &finding : report.findings)
    ++(finding.suppression ? suppressed : levels[finding.level]);
  std::fprintf(
      stderr,
      "reproaudit: %s (%zu cached), %s: %s, %s, %s; %s suppressed%s (%.1f s)\n",
      counted(report.units, "unit").c_str(), result.cachedUnits,
      counted(report.files, "file").c_str(),
      counted(levels[Level::Error], "error").c_str(),
      counted(levels[Level::Warning], "warning").c_str(),
      counted(levels[Level::Note], "note").c_str(),
      std::to_string(suppressed).c_str(),
      report.complete ? "" : "; ANALYSIS INCOMPLETE, see above", seconds);
  if (report.known > 0)
    std::fprintf(stderr, "reproaudit: %s not shown: known already\n",
                 counted(report.known, "finding").c_str());
}

void printStatistics(const ScanResult &result) {
  std::vector<std::pair<double, std::string>> rows;
  double sum = 0;
  for (const auto &[rule, seconds] : result.secondsOfRule) {
    rows.emplace_back(-seconds, rule);
    sum += seconds;
  }
  std::ranges::sort(rows);
  std::fprintf(stderr, "%8s  %6s  rule\n", "seconds", "share");
  const double whole = std::max(result.seconds, 1e-9);
  for (const auto &[seconds, rule] : rows)
    std::fprintf(stderr, "%8.3f  %5.1f%%  %s\n", -seconds,
                 -100 * seconds / whole, rule.c_str());
  std::fprintf(stderr, "%8.3f  %5.1f%%  all rules\n%8.3f  100.0%%  all units\n",
               sum, 100 * sum / whole, result.seconds);
  for (const auto &[why, units] : result.alone)
    std::fprintf(stderr, "%s parsed alone: %s\n",
                 counted(units, "unit").c_str(), why.c_str());
}

}  // namespace reproaudit
