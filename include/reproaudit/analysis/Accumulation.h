// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which expression adds something to a variable, and whether the order of
/// such additions can be seen in the result.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <optional>

namespace reproaudit {

/// `target = target <op> value`, however it is written.
struct Accumulation {
  const clang::Expr *update = nullptr;  ///< The whole expression.
  const clang::Expr *target = nullptr;  ///< What is added to.
  const clang::Expr *value = nullptr;   ///< What is added; null for `++`.
  clang::QualType rounds;  ///< The type that rounds; null if adding is exact.
};

/// \p update as an accumulation: `x += e`, `x = x + e`, `x = fma(a, b, x)`,
/// `++x`, for built-in types and for classes that overload these operators.
std::optional<Accumulation> accumulation(const clang::Expr &update,
                                         const clang::ASTContext &context);

/// The floating-point type in which a sum of \p type rounds: itself for `float`
/// or `__half`, the element for `std::complex<float>`, `Matrix<double, ...>`,
/// `float2` or a struct with a floating member. Null for types that add
/// exactly, and for types that are not known yet.
clang::QualType roundingType(clang::QualType type);

/// True if sums of such values are the same in any order although the type
/// rounds: small integers, flags, rounded values.
bool addsExactly(const clang::Expr *value, const clang::ASTContext &context);

/// True if \p value measures time, so that it repeats in no order at all and
/// is not a result.
bool measuresTime(const clang::Expr *value);

/// True if \p left and \p right name the same object by the same expression.
bool sameObject(const clang::Expr &left, const clang::Expr &right,
                const clang::ASTContext &context);

/// The expression that gives \p expression its value: without parentheses,
/// casts, temporaries and constructor calls that only copy.
const clang::Expr *bare(const clang::Expr *expression);

/// What \p lambda runs: of a generic lambda, the first instantiation.
const clang::FunctionDecl *callOperator(const clang::LambdaExpr &lambda);

/// True if \p wanted holds for \p root or a statement below it. Looks into
/// lambdas.
bool anyStmt(const clang::Stmt *root,
             llvm::function_ref<bool(const clang::Stmt &)> wanted);

/// The variable that \p expression names, or null.
const clang::VarDecl *namedVariable(const clang::Expr *expression);

}  // namespace reproaudit
