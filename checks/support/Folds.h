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
  kNone = 0,
  kAdd = 1,
  kMul = 2,
  kXor = 4,
  kOr = 8,
  kAnd = 16,
  kMinMax = 32,
  kMixed = 64  ///< An operator that does not commute.
};

unsigned familyOf(clang::BinaryOperatorKind op);

/// How `target = value` folds the old target into the new one.
struct FoldPath {
  unsigned families = kNone;  ///< Between the root of the value and target.
  unsigned occurrences = 0;   ///< Of target in the value.
};
FoldPath foldPath(const clang::Expr *value, const clang::Expr &target,
                  const clang::ASTContext &context);

}  // namespace reproaudit
