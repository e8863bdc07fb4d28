// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "reproaudit/rerun/Audit.h"

#include <map>
#include <optional>

namespace reproaudit {

/// Runs the target under interventions and compares with the pinned reference.
/// Knows what it has already tried.
class Trial {
public:
  Trial(Sandbox &sandbox, const AuditOptions &options)
      : sandbox_(sandbox), options_(options),
        end_(Clock::now() +
             std::chrono::duration_cast<Clock::duration>(options.budget)) {}

  Observation natural() { return run({.pinned = false}); }
  void setReference() { reference_ = run({}); }
  const Observation &reference() const { return reference_; }

  /// What \p intervention changes about the output; empty: nothing.
  std::vector<Difference> perturbed(const Intervention &intervention);

  /// A run that tells about its course.
  Observation probed(const Intervention &intervention, const Probe &probe) {
    return run(intervention, probe);
  }

  bool tracesValues() const { return sandbox_.tracesValues(); }

  /// Whether libm took the same code path in the last run as in the reference.
  bool sameDispatch() const { return dispatch_ == reference_.dispatch; }

  std::optional<SiteRecord> site(std::uint64_t id) const;
  /// Sites of \p factor that any run has reported, by id.
  std::map<std::uint64_t, SiteRecord> sitesOf(Factor factor) const;
  /// Whether the last runs came by one of \p sites.
  bool reachedAny(const std::vector<std::uint64_t> &sites) const;

  bool budgetSpent() const { return Clock::now() > end_; }
  unsigned runs() const { return runs_; }

private:
  using Clock = std::chrono::steady_clock;
  Observation run(const Intervention &intervention, const Probe &probe = {});

  Sandbox &sandbox_;
  const AuditOptions &options_;
  Clock::time_point end_;
  Observation reference_;
  std::map<std::uint64_t, SiteRecord> sites_;
  std::string dispatch_;  ///< Of the last run.
  unsigned runs_ = 0;
};

}  // namespace reproaudit
