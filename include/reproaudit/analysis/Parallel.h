// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which code runs in parallel, and what its executions share.
///
/// A region is a body that is executed several times at once, or beside the
/// code that started it: an OpenMP region, a callable given to a thread, to
/// `std::async`, to a pool, to an algorithm with a parallel policy, to TBB's
/// and similar loops, or to a function of the unit that does one of these.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtOpenMP.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <vector>

namespace reproaudit {

struct ParallelRegion {
  enum class Kind { OpenMP, Thread, Task, Algorithm };

  Kind kind = Kind::OpenMP;
  const clang::Stmt *start = nullptr;  ///< The directive or the launching call.
  const clang::Stmt *body = nullptr;   ///< What runs in parallel.
  const clang::OMPExecutableDirective *directive = nullptr;
  /// `directive` and those below it that belong to the same threads.
  std::vector<const clang::OMPExecutableDirective *> directives;
  const clang::LambdaExpr *lambda = nullptr;
  const clang::FunctionDecl *callable = nullptr;  ///< Null for OpenMP.
  const clang::Expr *object = nullptr;  ///< That a method was started with.

  /// False if one execution at a time is in flight, as for a single thread
  /// that is started beside the main one.
  bool repeated = true;

  /// Variables that differ between executions, such as the loop variable.
  llvm::SmallPtrSet<const clang::VarDecl *, 4> indices;
  /// Variables of which every execution has its own.
  llvm::SmallPtrSet<const clang::VarDecl *, 8> privates;
  /// Variables of a `reduction` clause.
  llvm::SmallPtrSet<const clang::VarDecl *, 4> reduced;
  /// What a pointer or reference parameter of the callable refers to.
  llvm::SmallDenseMap<const clang::VarDecl *, const clang::Expr *, 2> arguments;
  /// The functions and lambdas around the region, the outermost first.
  std::vector<const clang::FunctionDecl *> enclosing;

  /// True if \p variable is a local one of a function around the region.
  bool surrounds(const clang::VarDecl &variable) const;

  /// True if the executions of the body see one and the same \p variable.
  bool isShared(const clang::VarDecl &variable) const;
};

/// True if whoever starts \p later has waited for \p earlier: a join, wait or
/// get stands between the two.
bool isJoinedBefore(const ParallelRegion &earlier, const ParallelRegion &later);

/// The regions that start in \p function, in source order.
std::vector<ParallelRegion>
parallelRegions(const clang::FunctionDecl &function);

}  // namespace reproaudit
