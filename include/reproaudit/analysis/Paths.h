// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What runs after a statement: every path through its function's control-flow
/// graph, until whoever asks has seen enough.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/Stmt.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <optional>

namespace reproaudit {

struct PathVisitor {
  /// Is asked about each statement in turn; false ends the path.
  llvm::function_ref<bool(const clang::Stmt &)> goesOn;
  /// May \p condition be \p value? False leaves that branch out. May be null.
  llvm::function_ref<bool(const clang::Expr &condition, bool value)> mayBe =
      nullptr;
};

/// Visits what runs in \p function after \p from, or all of it if \p from is
/// null. Statements inside \p from are left out, also when a loop around it
/// leads back. True if a path reaches the end of the function; nothing if the
/// function is too strange for a graph.
std::optional<bool> followPaths(const clang::FunctionDecl &function,
                                const clang::Stmt *from,
                                clang::ASTContext &context,
                                const PathVisitor &visitor);

/// Is the value that \p variable has after \p from never used again: nobody
/// but diagnostics reads it before it is set anew?
bool isDeadAfter(const clang::VarDecl &variable, const clang::Stmt &from,
                 const clang::FunctionDecl &function,
                 clang::ASTContext &context);

}  // namespace reproaudit
