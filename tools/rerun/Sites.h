// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "Symbols.h"
#include "Triage.h"
#include "Trial.h"

#include <optional>
#include <vector>

namespace reproaudit {

/// Finds the call sites at which a guilty factor counts, by perturbing only
/// some of them.
class SiteSearch {
public:
  SiteSearch(Trial &trial, const std::filesystem::path &root)
      : trial_(trial), symbols_(root) {}

  /// Adds the causes behind \p result, and what was cleared, to \p report.
  void explain(const FactorResult &result, RerunReport &report);

  /// Every place where the program asked for something, by factor.
  ReachedPlaces reached();

private:
  using Ids = std::vector<std::uint64_t>;
  /// What a group of sites was found to change.
  struct Guilty {
    std::uint64_t id;
    std::uint64_t seed;
    Difference first;
  };

  std::optional<Guilty> perturb(const Ids &sites);
  void narrow(const Ids &sites, std::vector<Guilty> &guilty);
  std::vector<std::vector<std::uint64_t>> seedGroups(std::uint64_t known) const;
  bool bisect(const FactorResult &result, RerunReport &report);
  void addReached(const Cause &cause, RerunReport &report);
  void name(Cause &cause, const SiteRecord &site);

  Trial &trial_;
  Symbols symbols_;
  Factor factor_{};
  std::vector<std::uint64_t> seeds_;  ///< That change the output.
};

}  // namespace reproaudit
