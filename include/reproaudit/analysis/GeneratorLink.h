// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the facts of RandomCheck::exportGenerators say once those of all units
/// are there: who seeds and who draws from which generator of the program.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/ProgramFacts.h"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace reproaudit {

/// True if some unit seeds, or draws from, \p generator, under any of its
/// names.
bool isSeeded(std::span<const Fact> facts, std::string_view generator);
bool isDrawn(std::span<const Fact> facts, std::string_view generator);

/// True if \p generator has a default seed and no unit gives it another one.
bool isUnseeded(std::span<const Fact> facts, std::string_view generator);

/// What messages call \p generator: `rand()`, `'engine'`.
std::string displayName(std::string_view generator);

/// The functions that draw from generators which no unit seeds.
class UnseededDraws {
public:
  explicit UnseededDraws(std::span<const Fact> facts);

  /// The fact `draws G F` where F is \p drawer, or a function of that class.
  const Fact *by(std::string_view drawer) const;

private:
  std::map<std::string_view, const Fact *> draws_;
};

}  // namespace reproaudit
