// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The base class of the randomness rules: they judge what a unit does with
/// random numbers as a whole.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/ProgramFacts.h"
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

  /// Exports which generators this unit seeds (`seeds G`), which of its
  /// functions draw from them (`draws G F`) and which other names they go by
  /// (`known as G N`): what functions return and get by reference.
  void exportGenerators(const RandomUse &use);

  /// Adds the flow of \p origin to a finding at \p sink.
  void steps(const Origin &origin, clang::SourceLocation sink);

private:
  const clang::SourceManager *sources_ = nullptr;
  llvm::DenseSet<clang::SourceLocation> seen_;
};

/// The name of \p generator in facts; empty if only this unit knows it.
std::string factName(const RandomUse &use, const Generator &generator);

/// Where to report \p seeding: at the seed, or at the call that relies on a
/// default argument.
clang::SourceLocation placeOf(const Seeding &seeding);

}  // namespace reproaudit
