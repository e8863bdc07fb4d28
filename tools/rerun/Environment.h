// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The environment block of a run, and what the preload library is told.
#pragma once

#include "Binary.h"
#include "reproaudit/rerun/Run.h"

#include <filesystem>
#include <string>
#include <vector>

namespace reproaudit {

/// Files that runs refer to; their paths are the same in every run.
struct RunPaths {
  std::filesystem::path library;  ///< The preload library.
  std::filesystem::path config;   ///< What it is to do.
  std::filesystem::path log;      ///< What it has to tell.
  std::filesystem::path trace;    ///< What REPROAUDIT_TRACE records.
  std::filesystem::path home;     ///< A home directory that is not the user's.
  std::filesystem::path locales;  ///< Holds kLocaleName.
};

/// A locale with a decimal comma, compiled by the sandbox.
inline constexpr const char *kLocaleName = "xx_XX";

/// Threads that OpenMP and BLAS have in a pinned run. Two partial sums commute,
/// so that a reduction over them shows the factor `threads` and not `sched`.
inline constexpr unsigned kPinnedThreads = 2;

/// The variables of a run. All runs get the same number of variables and bytes:
/// they lie on the stack, above everything the program puts there.
std::vector<std::string> environmentOf(const Intervention &intervention,
                                       const Probe &probe,
                                       const std::vector<std::string> &own,
                                       const RunPaths &paths,
                                       const std::string &directory);

/// The text of RunPaths::config.
std::string configurationOf(const Intervention &intervention,
                            const Probe &probe, const RunPaths &paths,
                            const Binary &binary, unsigned processors,
                            bool realtime);

/// This process's variables, sorted.
std::vector<std::string> ownEnvironment();

}  // namespace reproaudit
