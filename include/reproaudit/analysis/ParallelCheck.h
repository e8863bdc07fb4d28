// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The base of rules that judge parallel code function by function.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/ParallelWrites.h"

#include "llvm/ADT/DenseSet.h"

namespace reproaudit {

class ParallelCheck : public Check {
public:
  using Check::Check;

  void registerMatchers(clang::ast_matchers::MatchFinder *finder) final;
  void check(const clang::ast_matchers::MatchFinder::MatchResult &result) final;

protected:
  /// Judges one function outside system headers: a definition, a template or
  /// an instantiation. Lambdas come with the function around them.
  virtual void judge(const clang::FunctionDecl &function,
                     const ParallelCode &code) = 0;

  /// True the first time that \p place is reported: a template is judged at
  /// every instantiation, a helper from every caller.
  bool isNew(clang::SourceLocation place) {
    return reported_.insert(place).second;
  }

  using Check::finding;
  /// Opens a finding about \p region: a note if an option that asks for
  /// determinism switches the region off, which explain() then shows.
  clang::DiagnosticBuilder finding(clang::SourceLocation at,
                                   llvm::StringRef message,
                                   const ParallelRegion *region);

  /// Shows the option that switches \p region off, if there is one.
  void explain(const ParallelRegion &region);
  /// Shows through which call and where \p write runs in parallel.
  void explain(const ParallelWrite &write);

private:
  llvm::DenseSet<clang::SourceLocation> reported_;
};

/// True if \p write adds values whose sum rounds and is a result.
bool addsInexactly(const ParallelWrite &write,
                   const clang::ASTContext &context);

/// True if \p write adds to a sum that one thread has for itself: a slot chosen
/// by its number, or a variable that it keeps from one iteration to the next.
bool isThreadPartial(const ParallelWrite &write);

/// What hands the work around \p write to whichever thread is idle: a dynamic
/// schedule, a task, a pool or a parallel loop of a library. Invalid if the
/// work is dealt out beforehand.
clang::SourceLocation dealtToIdleThreads(const ParallelWrite &write);

/// True if \p write is a floating sum that several executions contribute to,
/// so that the order in which they arrive is visible in the bits.
bool isArrivalOrderedSum(const ParallelWrite &write,
                         const clang::ASTContext &context);

}  // namespace reproaudit
