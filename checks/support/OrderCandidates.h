// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The one walk over a unit that finds everything worth a look for rules about
/// order. Part of UnitOrder.
#pragma once

#include "reproaudit/analysis/LaterSort.h"

#include "clang/AST/ASTContext.h"
#include "llvm/ADT/DenseMap.h"

#include <vector>

namespace reproaudit {

struct OrderCandidates {
  /// A loop, call or construction in the project's own code.
  struct Place {
    const clang::Stmt *stmt;
    const clang::FunctionDecl *function;
  };
  std::vector<Place> places;
  std::vector<const clang::DeclaratorDecl *> heaps;
  Callers callers;
  /// What each iterator variable is somewhere set to the beginning of.
  llvm::DenseMap<const clang::VarDecl *, const clang::Expr *> begins;
};

OrderCandidates orderCandidates(clang::ASTContext &context);

}  // namespace reproaudit
