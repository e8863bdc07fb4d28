// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a unit knows that only the whole program can judge: "draws from rand",
/// "seeds rand". Units export facts; after all units a rule's `link` turns them
/// into findings.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Finding.h"

#include <string>

namespace reproaudit {

struct Fact {
  std::string name;     ///< What holds, in the words of the rule: `draws`.
  std::string subject;  ///< Of what: `rand()`, or a name of programName().
  std::string object;   ///< Whom else it concerns, or what messages need; "".
  Finding finding;      ///< Rule and place, and steps as its flow; a rule that
                        ///< links completes a copy of it.

  auto operator<=>(const Fact &) const = default;
};

void to_json(nlohmann::ordered_json &json, const Fact &fact);
void from_json(const nlohmann::ordered_json &json, Fact &fact);

}  // namespace reproaudit
