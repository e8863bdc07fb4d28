// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// From return addresses to places in the source.
#pragma once

#include "reproaudit/rerun/Report.h"
#include "reproaudit/rerun/Run.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

namespace reproaudit {

class Symbols {
public:
  /// Paths below \p root are shown relative to it.
  explicit Symbols(std::filesystem::path root);
  ~Symbols();

  /// The calls of \p stack that lie in code of the project, innermost first,
  /// inlined ones included; empty without debug information.
  std::vector<SourcePlace> placesOf(std::span<const Frame> stack);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reproaudit
