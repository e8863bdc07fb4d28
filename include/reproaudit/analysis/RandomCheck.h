// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The base class of the randomness rules: they judge what a unit does with
/// random numbers as a whole.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/RandomUse.h"

#include "llvm/ADT/DenseSet.h"

namespace reproaudit {

class RandomCheck : public Check {
public:
  using Check::Check;

  void registerMatchers(clang::ast_matchers::MatchFinder *finder) final;
  void check(const clang::ast_matchers::MatchFinder::MatchResult &result) final;

protected:
  virtual void judge(const RandomUse &use) = 0;

  /// True once for each place of the source text: instantiations of a template
  /// share theirs.
  bool isFirstAt(clang::SourceLocation at);

  /// Adds the flow of \p origin to a finding at \p sink.
  void steps(const Origin &origin, clang::SourceLocation sink);

private:
  const clang::SourceManager *sources_ = nullptr;
  llvm::DenseSet<clang::SourceLocation> seen_;
};

/// Where to report \p seeding: at the seed, or at the call that relies on a
/// default argument.
clang::SourceLocation placeOf(const Seeding &seeding);

}  // namespace reproaudit
