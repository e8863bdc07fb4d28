// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The flags that the calls of CMake code set.
#pragma once

#include "CMake.h"
#include "reproaudit/analysis/Dependency.h"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace reproaudit {

class CMakeSettings {
public:
  /// \p call has at least one argument.
  void read(const cmake::Call &call);

  /// Moves what was found to \p out; \p machine knows which guards are off.
  void finish(const cmake::Machine &machine, Inventory &out);

private:
  void add(const cmake::Call &call, SettingKind kind, const std::string &flag,
           std::string program, unsigned line);
  void flags(const cmake::Call &call);
  /// CMAKE_CUDA_ARCHITECTURES native: code for the card that builds.
  void architectures(const cmake::Call &call);

  using Place = std::pair<Range, std::string>;
  std::map<Place, Setting> settings_;
  std::map<Place, std::set<std::string>> guards_;
};

}  // namespace reproaudit
