// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which function runs when a lambda, functor, function pointer or
/// std::function is called.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Expr.h"
#include "clang/AST/Type.h"

namespace reproaudit {

/// The `operator()` of the class \p type, or null. Of a generic lambda it is
/// an instantiation if there is one, else the pattern.
const clang::FunctionDecl *callOperator(clang::QualType type);

/// The function behind \p callable, or null. A variable of type std::function
/// stands for what it was initialised with.
const clang::FunctionDecl *functionBehind(const clang::Expr *callable);

/// The same, but null unless it is code that can be looked into: with a body,
/// in the project, and no longer a template.
const clang::FunctionDecl *ownFunctionBehind(const clang::Expr *callable);

/// Can \p expr be called?
bool isCallable(const clang::Expr *expr);

}  // namespace reproaudit
