// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// How parallel code reaches an object: is it the execution's own, an element
/// that only it touches, or one that all share?
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Parallel.h"

namespace reproaudit {

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
  explicit Sharing(const ParallelRegion &region);

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
  Reach reachOfBase(const clang::Expr &base, int depth) const;
  Reach reachOfPointee(const clang::Expr *pointer, int depth) const;
  Reach reachThrough(const clang::VarDecl &variable, int depth) const;
  Reach reachOfCall(const clang::CallExpr &call, int depth) const;
  Reach element(Reach base, const clang::Expr *index, int depth) const;
  Reach owner(const clang::Expr *index, int depth) const;
  Reach ownerOfVariable(const clang::VarDecl &variable, int depth) const;
  Reach ownerOfResult(const clang::CallExpr &call, int depth) const;

  const ParallelRegion *region_;
  llvm::SmallDenseMap<const clang::VarDecl *, Reach, 4> parameters_;
  llvm::SmallDenseMap<const clang::VarDecl *, Reach, 4> owners_;
  Reach this_ = Reach::Shared;
};

}  // namespace reproaudit
