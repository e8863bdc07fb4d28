// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where a statement names a variable or member, and what takes it there. Part
/// of LaterSort.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace reproaudit {

struct Mention {
  /// The innermost call, construction or statement around it, seen through
  /// casts, copies, `std::move` and `begin()`; null if nothing takes it.
  const clang::Stmt *around = nullptr;
  bool isRange = false;   ///< An iterator into it was taken.
  bool isObject = false;  ///< It is the object of the method call `around`.
};

void forEachMention(const clang::Stmt &root, const clang::NamedDecl &wanted,
                    llvm::function_ref<void(const Mention &)> visit);

/// The variable or member that \p expr names as a whole, or null.
const clang::NamedDecl *namedDecl(const clang::Expr *expr);

}  // namespace reproaudit
