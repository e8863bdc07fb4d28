// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "reproaudit/rerun/Report.h"

#include <map>
#include <vector>

namespace reproaudit {

/// Where the program asked for what a factor can change: stacks, by factor.
using ReachedPlaces = std::map<Factor, std::vector<std::vector<SourcePlace>>>;

/// What the runs behind \p report say about findings of `scan`.
std::vector<TriagedFinding> triage(const std::vector<Finding> &findings,
                                   const RerunReport &report,
                                   const ReachedPlaces &reached);

}  // namespace reproaudit
