// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Findings that a project has accepted for now, so that only new ones count.
///
/// The file has one line of JSON for its header and one for each finding,
/// sorted and without line numbers: edits elsewhere do not touch it, and two
/// branches that accept different findings merge.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Finding.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reproaudit {

/// One accepted finding. The place is for people and for choosing among equals;
/// `hash` decides.
struct BaselineEntry {
  std::string path;
  std::string rule;
  std::string function;
  std::string hash;    ///< contextHash() of the finding.
  std::string reason;  ///< Why it was accepted; written by people, kept.

  auto operator<=>(const BaselineEntry &) const = default;
};

struct Baseline {
  std::string version;                 ///< Of the reproaudit that wrote it.
  std::vector<BaselineEntry> entries;  ///< Sorted; equal ones count each.

  bool operator==(const Baseline &) const = default;
};

/// What became of a baseline.
struct BaselineMatch {
  /// For each finding its entry, or nullptr if the finding is new. Suppressed
  /// findings have none, and take none.
  std::vector<const BaselineEntry *> entryOf;
  std::vector<BaselineEntry> stale;  ///< Entries whose finding is gone.
};

/// Finds the entry of each of \p findings. An entry covers one finding: first
/// those in the same file, then those that moved to another file, then those
/// whose function got another name.
BaselineMatch match(const Baseline &baseline,
                    const std::vector<Finding> &findings);

/// A baseline that accepts every finding that is not suppressed.
Baseline createBaseline(const std::vector<Finding> &findings);

/// \p baseline brought to where its findings are now, without stale entries.
/// New findings are added only if \p acceptNew.
Baseline updateBaseline(const Baseline &baseline,
                        const std::vector<Finding> &findings, bool acceptNew);

/// \p baseline without stale entries, otherwise as it is.
Baseline pruneBaseline(const Baseline &baseline,
                       const std::vector<Finding> &findings);

/// The text of the file.
std::string writeBaseline(const Baseline &baseline);

/// The baseline in \p text, or one sentence that says which line is wrong.
std::variant<Baseline, std::string> readBaseline(std::string_view text);

}  // namespace reproaudit
