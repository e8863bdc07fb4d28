// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which variable or member an lvalue belongs to.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Expr.h"

namespace reproaudit {

/// The variable or member that \p object is or is a part of, for messages;
/// null if it has no name.
const clang::NamedDecl *namedRoot(const clang::Expr *object);

/// The variable that holds \p object or leads to it; null for members of
/// `this` and results of calls.
const clang::VarDecl *rootVariable(const clang::Expr *object);

}  // namespace reproaudit
