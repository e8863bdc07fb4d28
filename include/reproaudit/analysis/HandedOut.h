// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Numbers that an atomic counter hands out, each to one execution only.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"

namespace reproaudit {

/// True for `next++` and `next.fetch_add(1)` on an atomic counter.
bool isHandedOut(const clang::Expr &value);

/// True if its initialiser or \p body gives \p variable such a number, by an
/// assignment or by `omp atomic capture`.
bool isHandedOut(const clang::VarDecl &variable, const clang::Stmt *body);

}  // namespace reproaudit
