// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Calls that run what they are given in parallel, by the tables of threads,
/// pools, algorithms and parallel loops. What the user's own helpers run is
/// read from their bodies, see Parallel.cpp.
#pragma once

#include "reproaudit/analysis/Parallel.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/SmallVector.h"

namespace reproaudit {

/// What is called when an expression is: a lambda or a function with a body.
struct Callable {
  const clang::LambdaExpr *lambda = nullptr;
  const clang::FunctionDecl *function = nullptr;

  explicit operator bool() const { return function != nullptr; }
};

/// Looks through `std::ref`, `std::bind`, `std::function`, variables and
/// objects with a call operator.
Callable callableOf(const clang::Expr *expression);

struct Launch {
  ParallelRegion::Kind kind;
  const clang::Expr *callable;
  /// What the callable is called with; a method gets its object first.
  llvm::SmallVector<const clang::Expr *, 4> arguments;
};

/// What \p start runs in parallel if it is the construction of a thread or a
/// call of the tables.
llvm::SmallVector<Launch, 2> launchesOf(const clang::Expr &start);

/// True if a function called \p name runs its callables in parallel:
/// `parallel_for`, `parallelFor`, `ParallelForEach`, ...
bool isParallelLoop(llvm::StringRef name);

}  // namespace reproaudit
