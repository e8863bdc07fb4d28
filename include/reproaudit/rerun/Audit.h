// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The audit of a program: run it, change one thing at a time, say what counts.
///
/// Layer 3.
#pragma once

#include "reproaudit/rerun/Report.h"
#include "reproaudit/rerun/Sandbox.h"

#include <filesystem>
#include <string>
#include <vector>

namespace reproaudit {

struct AuditOptions {
  unsigned runs = 3;                          ///< Ordinary runs.
  std::vector<Factor> factors;                ///< Only these; empty: all.
  RepeatLevel level = RepeatLevel::Portable;  ///< Less is a divergence.
  std::vector<std::string>
      outputs;  ///< Globs: only these artifacts; empty: all.
  CompareOptions compare;
  std::chrono::duration<double> budget{120};
  std::vector<Finding> findings;     ///< Of `scan`, to be confirmed or not.
  std::vector<Intervention> replay;  ///< Only these runs, if any.
};

/// Audits \p target. \p library is the preload library.
RerunReport audit(const Target &target, const AuditOptions &options,
                  const std::filesystem::path &library);

}  // namespace reproaudit
