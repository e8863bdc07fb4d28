// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What becomes of a sequence that was filled in an unspecified order: sorted
/// before anyone looks, or seen as it is.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <optional>

namespace reproaudit {

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

/// A sequence in arbitrary order.
struct Shuffled {
  const clang::NamedDecl *sequence;  ///< A variable or a member.
  const clang::Stmt *fill;           ///< Puts it into that order.
  const clang::FunctionDecl *function;
  bool uniqueFirst = false;  ///< Its elements are pairs with unique `first`.
  bool within = false;       ///< Not it but the sequences that it holds.
};

/// Follows one sequence along every path from the statement that fills it.
class LaterSort {
public:
  /// True if visiting \p shuffled by \p loop, which has no range-based syntax
  /// or has it, shows no order.
  using Innocent =
      std::function<bool(const clang::Stmt &loop, const Shuffled &shuffled)>;

  LaterSort(clang::ASTContext &context, const Callers &callers,
            Innocent innocent)
      : context_(context), callers_(callers), innocent_(std::move(innocent)) {}

  /// The first use of the sequence after it is filled that depends on its
  /// order; nothing if a sort by a total order, or the end of its life, comes
  /// first on every path.
  std::optional<Reveal> revealed(const Shuffled &shuffled,
                                 unsigned depth = kDepth) const;

private:
  class Walk;
  /// Callers, callees and copies are followed this deep.
  static constexpr unsigned kDepth = 3;

  std::optional<Reveal> inCallers(const Shuffled &shuffled,
                                  unsigned depth) const;

  clang::ASTContext &context_;
  const Callers &callers_;
  Innocent innocent_;
};

}  // namespace reproaudit
