// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Memory that a variable starts with, and what a function does to it first.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"

namespace reproaudit {

/// What leaves the memory of \p variable without values: `malloc`, `new T[n]`,
/// `torch::empty`; "" if it has values, or if nobody knows.
llvm::StringRef garbageIn(const clang::VarDecl &variable);

/// The first `+=` and the like on \p variable or one of its elements, unless
/// something before it in the text may have filled the memory.
const clang::Expr *
firstAccumulationBeforeAnyWrite(const clang::VarDecl &variable,
                                clang::ASTContext &context);

}  // namespace reproaudit
