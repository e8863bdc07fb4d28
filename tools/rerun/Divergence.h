// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "Symbols.h"
#include "Trial.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reproaudit {

/// Finds where a run that differs in one intervention parts from the reference:
/// who prints the first different byte, which heap block is the first to hold
/// something else, and which statement stored it.
class DivergenceSearch {
public:
  DivergenceSearch(Trial &trial, Symbols &symbols)
      : trial_(trial), symbols_(symbols) {}

  /// In at most twelve runs. \p first is what \p intervention changes.
  FirstDivergence find(const Intervention &intervention,
                       const Difference &first);

private:
  using Pair = std::pair<Trail, Trail>;
  /// What the first differing word of a block is.
  struct Candidate {
    Cell cell;
    std::uint64_t site;
    std::uint32_t a, b;
  };

  Trail ask(const Intervention &intervention, const Probe &probe);
  Pair askBoth(const Intervention &intervention, const Probe &probe);
  void findValue(const Intervention &intervention, FirstDivergence &result);
  void findPrint(const Difference &first, FirstDivergence &result);
  std::vector<Candidate> findBlocks(const Intervention &intervention,
                                    Probe &probe);
  bool findStore(const Intervention &intervention, Probe probe,
                 const std::vector<Candidate> &candidates,
                 FirstDivergence &result);
  std::optional<SourcePlace> placeOf(const std::vector<Frame> &stack);

  Trial &trial_;
  Symbols &symbols_;
};

}  // namespace reproaudit
