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

  /// True if the executions of the body see one and the same \p variable.
  bool isShared(const clang::VarDecl &variable) const;
};

/// The regions that start in \p function, in source order.
std::vector<ParallelRegion>
parallelRegions(const clang::FunctionDecl &function);

/// How many executions of a region touch one object.
enum class Reach {
  Private,     ///< Each execution has its own.
  OwnSlot,     ///< An element chosen by what the execution works on.
  ThreadSlot,  ///< An element chosen by the number of the thread.
  Shared,
};

/// Answers how the body of a region, or a function that it calls, reaches an
/// object.
class Sharing {
public:
  explicit Sharing(const ParallelRegion &region) : region_(&region) {}

  /// The same question inside \p callee, called by \p call from here.
  Sharing inside(const clang::Expr &call,
                 const clang::FunctionDecl &callee) const;

  Reach reach(const clang::Expr &object) const;

  /// OwnSlot or ThreadSlot if no two executions, or threads, compute the same
  /// \p index; Shared if they may.
  Reach owner(const clang::Expr &index) const;

  /// True if a parameter or the object of this function is shared.
  bool seesShared() const;

  const ParallelRegion &region() const { return *region_; }

private:
  Reach reach(const clang::Expr *object, int depth) const;
  Reach reachOfVariable(const clang::VarDecl &variable, int depth) const;
  Reach reachOfPointee(const clang::Expr *pointer, int depth) const;
  Reach reachOfCall(const clang::CallExpr &call, int depth) const;
  Reach element(Reach base, const clang::Expr *index, int depth) const;
  Reach owner(const clang::Expr *index, int depth) const;

  const ParallelRegion *region_;
  llvm::SmallDenseMap<const clang::VarDecl *, Reach, 4> parameters_;
  llvm::SmallDenseMap<const clang::VarDecl *, Reach, 4> owners_;
  Reach this_ = Reach::Shared;
};

}  // namespace reproaudit
