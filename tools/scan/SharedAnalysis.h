// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Analyses units that have headers in common: a process parses the headers and
/// then forks for each unit, which goes on from there.
#pragma once

#include "PreludePlan.h"

#include "reproaudit/scan/Repository.h"
#include "reproaudit/scan/UnitAnalysis.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace reproaudit {

/// Units that were taken, in memory that processes share.
class Claims {
public:
  explicit Claims(std::size_t units);
  ~Claims();
  Claims(const Claims &) = delete;
  Claims &operator=(const Claims &) = delete;

  /// True for the first who asks for \p unit.
  bool take(std::size_t unit) { return !taken_[unit].exchange(true); }
  bool isTaken(std::size_t unit) const { return taken_[unit]; }

private:
  std::size_t size_;
  std::atomic<bool> *taken_;
};

/// Analyses those units below \p roots that nobody has claimed, and sends each
/// result that is complete. Several processes may do this at once, one behind
/// the other: \p worker of \p workers says where this one begins. A unit, and
/// the headers before it, may take \p limit.
struct SharedAnalysis {
  const std::vector<Unit> &units;
  const Repository &repository;
  const UnitOptions &options;
  std::chrono::seconds limit;
  Claims &claims;
  std::function<void(std::size_t unit, const UnitResult &)> send;
  std::size_t worker;
  std::size_t workers;

  void run(const std::vector<Prelude> &roots) const;
};

}  // namespace reproaudit
