// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What becomes of a sequence that was filled in an unspecified order: sorted
/// before anyone looks, or seen as it is.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Comparators.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <optional>

namespace reproaudit {

/// A call that puts a sequence into an order.
struct Sort {
  const clang::CallExpr *call = nullptr;
  const clang::Expr *sequence =
      nullptr;  ///< The container, or where it begins.
  const clang::Expr *comparator = nullptr;  ///< Null: `<`.
  const clang::Expr *projection = nullptr;
  clang::QualType element;
  bool whole = true;    ///< Not only the first or the nth element.
  bool stable = false;  ///< Equal elements keep their order.
};

/// \p call as a sort: std, std::ranges, qsort, parallel and third-party ones,
/// functions of the project whose name says so and that take a comparator.
std::optional<Sort> sortOf(const clang::CallExpr &call);

/// The calls of each function, by the function that contains them.
struct Caller {
  const clang::CallExpr *call;
  const clang::FunctionDecl *function;
};
using Callers =
    llvm::DenseMap<const clang::FunctionDecl *, llvm::SmallVector<Caller, 2>>;

/// Where an arbitrary order becomes visible.
struct Reveal {
  const clang::Stmt *at = nullptr;  ///< Null: when the function returns.
  bool certain = true;              ///< False: in code that cannot be seen.
};

/// Follows one sequence along every path from the statement that fills it.
class LaterSort {
public:
  /// True if iterating over the sequence by this loop shows no order.
  using Innocent = std::function<bool(const clang::CXXForRangeStmt &loop,
                                      const clang::FunctionDecl &function)>;

  LaterSort(const clang::ASTContext &context, const Callers &callers,
            Innocent innocent)
      : context_(context), callers_(callers), innocent_(std::move(innocent)) {}

  /// The first use of \p sequence (a variable or a member) after \p fill in
  /// \p function that depends on its order; nothing if a sort by a total
  /// order, or the end of its life, comes first on every path. \p uniqueFirst:
  /// its elements are pairs with unique `first`.
  std::optional<Reveal> revealed(const clang::NamedDecl &sequence,
                                 const clang::Stmt &fill,
                                 const clang::FunctionDecl &function,
                                 bool uniqueFirst, unsigned depth = 2) const;

private:
  class Walk;
  std::optional<Reveal> inCallers(const clang::NamedDecl &sequence,
                                  const clang::Stmt *at,
                                  const clang::FunctionDecl &function,
                                  bool uniqueFirst, unsigned depth) const;

  const clang::ASTContext &context_;
  const Callers &callers_;
  Innocent innocent_;
};

}  // namespace reproaudit
