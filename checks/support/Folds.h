// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which operators stand between an expression and a variable in it, and
/// whether they commute. Part of the effect classifier.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"

namespace reproaudit {

/// Families of operators, as bits; within one, the order of operands is free.
enum OperatorFamily : unsigned {
  None = 0,
  Add = 1,
  Mul = 2,
  Xor = 4,
  Or = 8,
  And = 16,
  MinMax = 32,
  Mixed = 64  ///< An operator that does not commute.
};

unsigned familyOf(clang::BinaryOperatorKind op);

/// How `target = value` folds the old target into the new one.
struct FoldPath {
  unsigned families =
      OperatorFamily::None;  ///< Between the root of the value and target.
  unsigned occurrences = 0;  ///< Of target in the value.
};
FoldPath foldPath(const clang::Expr *value, const clang::Expr &target,
                  const clang::ASTContext &context);

}  // namespace reproaudit
