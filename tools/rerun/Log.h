// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the preload library has to tell; tools/perturb/Site.cpp and Trail.cpp
/// say how it is written.
#pragma once

#include "Environment.h"
#include "reproaudit/rerun/Run.h"

#include <filesystem>
#include <vector>

namespace reproaudit {

/// Where a run keeps its trail.
inline std::filesystem::path trailOf(const RunPaths &paths) {
  return paths.log.string() + "-trail";
}

/// Adds what the log at \p path says to \p observation.
void readLog(const std::filesystem::path &path, Observation &observation);

/// The trail of a run; empty if it kept none.
Trail readTrail(const std::filesystem::path &path);

/// What REPROAUDIT_TRACE has written to \p path.
std::vector<TracedValue> readValues(const std::filesystem::path &path);

}  // namespace reproaudit
