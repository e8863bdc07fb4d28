// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Expressions that stand for a sequence, and what decides the order of its
/// elements. Part of UnitOrder.
#pragma once

#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/DenseMap.h"

namespace reproaudit {

/// X of `X.begin()`, `std::begin(X)`, or null.
const clang::Expr *begunBy(const clang::Expr *expr);

/// A view of the first parts of pairs, `map | std::views::keys`.
bool isKeysView(clang::QualType type);

/// Orders of sequences, with the comparators of ordered containers looked at.
class Sequences {
public:
  Sequences(const clang::ASTContext &context,
            llvm::ArrayRef<llvm::StringRef> extra)
      : context_(context), extra_(extra) {}

  Order orderOf(clang::QualType type) const;
  Order orderOf(const clang::Expr *sequence) const {
    return sequence ? orderOf(sequence->getType()) : Order::Specified;
  }

private:
  const clang::ASTContext &context_;
  llvm::ArrayRef<llvm::StringRef> extra_;
  mutable llvm::DenseMap<const clang::Type *, Order> known_;
};

/// Is it checked before \p site, in an `if` around it or by an assertion, that
/// \p sequence has one element at most?
bool hasOneElement(const clang::Expr &sequence, const clang::Stmt &site,
                   const clang::FunctionDecl &function,
                   const clang::ASTContext &context);

}  // namespace reproaudit
