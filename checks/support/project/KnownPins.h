// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the repository pins somewhere is known everywhere: the value to write.
#pragma once

#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace reproaudit {

class KnownPins {
public:
  explicit KnownPins(const Project &project);

  /// Adds to \p finding, which tells of \p weak, where the same thing is pinned
  /// and the edit that writes it here. Nothing if two places disagree.
  void explain(const Dependency &weak, Finding &finding) const;

private:
  struct Pin {
    std::string value;
    Range at;
    auto operator<=>(const Pin &) const = default;
  };

  std::optional<Edit> edit(const Dependency &weak,
                           const std::string &value) const;
  std::optional<Edit> replacement(const Range &where, const std::string &from,
                                  const std::string &to) const;

  const Project &project_;
  std::map<std::string, std::set<Pin>> pins_;
};

}  // namespace reproaudit
