// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// "Did you mean ...?"
///
/// Layer 3.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <ranges>
#include <string>

namespace reproaudit {

/// The one of \p candidates that is least unlike \p word, the first of equals;
/// "" if none shares anything with it.
template <std::ranges::input_range Candidates>
std::string nearestTo(llvm::StringRef word, const Candidates &candidates) {
  std::string best;
  unsigned least = static_cast<unsigned>(word.size());
  for (const llvm::StringRef candidate : candidates) {
    const unsigned distance = word.edit_distance(candidate);
    if (distance < least) {
      least = distance;
      best = candidate.str();
    }
  }
  return best;
}

}  // namespace reproaudit
