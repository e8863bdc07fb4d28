// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a comparator takes from each of the two elements that it compares.
/// Part of Comparators.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/SmallVector.h"

#include <string>

namespace reproaudit {

/// The two things that a comparator's body compares.
struct Operands {
  const clang::ValueDecl *left = nullptr;  ///< Null: `*this`.
  const clang::ValueDecl *right = nullptr;

  bool isOperand(const clang::Expr &expr) const;
};

/// Which of the operands \p stmt uses, through local variables as well: 1 the
/// left, 2 the right one.
unsigned usedOperands(const clang::Stmt *stmt, const Operands &operands);

/// The key that \p expr takes from an operand: as written, with `_` for the
/// operand and for local variables what they were initialised with.
std::string keyOf(const clang::Expr *expr, const Operands &operands,
                  const clang::ASTContext &context);

/// The parts of `std::tie(a.x, a.y)`, `std::pair{a.x, a.y}`; else \p expr.
llvm::SmallVector<const clang::Expr *, 4> partsOf(const clang::Expr *expr);

/// Does \p key end in a name whose owners rarely share it: `_.id`, `_->name()`?
bool isIdentifying(llvm::StringRef key);

}  // namespace reproaudit
