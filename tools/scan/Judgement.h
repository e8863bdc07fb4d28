// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the rules say about one state of the sources, from what the units gave
/// to what is reported.
#pragma once

#include "ScanTarget.h"

#include "reproaudit/analysis/Project.h"
#include "reproaudit/report/Finding.h"
#include "reproaudit/scan/Scan.h"

#include <filesystem>
#include <vector>

namespace reproaudit {

struct Judgement {
  std::vector<Finding> findings;
  std::vector<Notice> notices;
  std::vector<Fact> facts;  ///< Sorted, for link().
  bool complete = true;
};

/// Takes the findings and facts of \p results, one for each of \p units. A
/// configuration that does not parse takes nothing away if another one of the
/// same source does.
void judgeUnits(const std::vector<Unit> &units,
                const std::vector<UnitResult> &results, Judgement &judgement);

/// The program-wide pass: each of \p rules that links gets its own facts.
void link(Judgement &judgement, const std::vector<const RuleInfo *> &rules);

/// Adds what the project rules find.
void judgeProject(const Project &project, const ScanOptions &options,
                  Judgement &judgement);

/// Adds what the rules say about the comments that suppress findings; what the
/// others found must be there.
void judgeDirectives(const Project &project, const Repository &repository,
                     const std::vector<UnitResult> &results,
                     const ScanOptions &options, Judgement &judgement);

/// Leaves one finding for each rule and place, whatever number of units, sides
/// and instantiations see it; the smallest message stands for all. Settings
/// below \p root give them their levels.
void sortAndMerge(Judgement &judgement, const PathFilter &filter,
                  const ScanOptions &options,
                  const std::filesystem::path &root);

}  // namespace reproaudit
