// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What runs of the program showed, as `reproaudit rerun --output json` tells
/// it: which perturbation changed which output, by how much, and which findings
/// of a scan that confirms.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

struct FactorEvidence {
  std::string name;
  std::string state;   ///< `differs`, `same` or `not-applicable`.
  std::string reason;  ///< One sentence, lower-case.
  unsigned differing = 0;
  unsigned runs = 0;
};

struct ArtifactEvidence {
  std::string name;
  std::vector<std::string> factors;  ///< Those that changed it.
  std::optional<double> relative;    ///< The largest relative difference.
  std::string where, a, b;           ///< The worst difference.
};

/// A finding of a scan whose effect was seen.
struct ConfirmedFinding {
  std::string rule;
  std::string path;  ///< Relative to the repository.
  unsigned line = 0;
  std::string evidence;  ///< One sentence, lower-case.
};

struct Evidence {
  unsigned runs = 0;
  std::string natural;  ///< What ordinary runs showed, a sentence.
  std::vector<FactorEvidence> factors;
  std::vector<ArtifactEvidence> artifacts;
  std::vector<ConfirmedFinding> confirmed;
};

/// The evidence in \p json, or one sentence that says what is wrong with it.
std::expected<Evidence, std::string> readEvidence(std::string_view json);

}  // namespace reproaudit
