// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The base class of the rules about values from outside: clocks and the
/// environment. They ask where such a value ends up.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/Environment.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "llvm/ADT/DenseSet.h"

namespace reproaudit {

class OutsideCheck : public Check {
public:
  using Check::Check;

  void registerMatchers(clang::ast_matchers::MatchFinder *finder) final;
  void check(const clang::ast_matchers::MatchFinder::MatchResult &result) final;

protected:
  /// Called for each call of the user's code.
  virtual void judge(const clang::CallExpr &call,
                     clang::ASTContext &context) = 0;

  /// True once for each place.
  bool isFirstAt(clang::SourceLocation at) { return seen_.insert(at).second; }

  /// The steps from \p call, where the value is read, to \p arrival.
  void steps(const clang::CallExpr &call, llvm::StringRef whatIsRead,
             const Arrival &arrival);

private:
  llvm::DenseSet<clang::SourceLocation> seen_;
};

/// All ends of the flow from \p value.
llvm::SmallVector<Arrival, 4> arrivalsOf(const OutsideValue &value,
                                         clang::ASTContext &context,
                                         FlowEnd ends = nullptr);

}  // namespace reproaudit
