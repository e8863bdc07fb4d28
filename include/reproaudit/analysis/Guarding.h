// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Is a use of a library mended by one of its guards, as far as the unit shows?
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/LibraryUse.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace reproaudit {

struct Guarding {
  enum class State : std::uint8_t { None, Partial, Full };
  State state = State::None;
  /// A guard that is there but does not do, and why.
  struct Failure {
    const clang::Expr *at;
    std::string why;
  };
  std::vector<Failure> failures;
  bool isLate = false;  ///< A guard of the process comes after the use.
};

/// Whether a condition on a macro of the unit holds.
using VersionHolds = llvm::function_ref<bool(const catalogue::VersionTest &)>;

Guarding guardingOf(const LibraryUse &use, const catalogue::Entry &entry,
                    const catalogue::Library &library, const LibraryUses &uses,
                    VersionHolds holds);

}  // namespace reproaudit
