// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the clauses and loops of an OpenMP directive say.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/StmtOpenMP.h"
#include "llvm/ADT/SmallVector.h"

namespace reproaudit {

/// True if \p directive is told to use one thread, by `num_threads(1)` or by a
/// condition that is never true.
bool isSerial(const clang::OMPExecutableDirective &directive,
              const clang::ASTContext &context);

struct PrivateVariable {
  const clang::VarDecl *variable;
  bool reduced;  ///< Combined with the others at the end.
};

/// The variables of which the clauses of \p directive give every thread its
/// own.
llvm::SmallVector<PrivateVariable, 8>
privateVariables(const clang::OMPExecutableDirective &directive);

/// The loop that is all there is in \p directive and that every thread runs
/// as a whole, because `for` is missing and the loop does not divide itself by
/// the number of the thread; or null.
const clang::Stmt *
undividedLoop(const clang::OMPExecutableDirective &directive);

/// True if the code of \p directive asks which thread runs it, or divides its
/// work by directives inside.
bool asksForTheThread(const clang::OMPExecutableDirective &directive);

/// The clause by which threads take the next rounds when they are idle, or as
/// the environment says; null if the rounds are dealt out beforehand.
const clang::OMPScheduleClause *
dynamicSchedule(const clang::OMPExecutableDirective &directive);

/// The variables of the loops whose rounds \p directive distributes.
llvm::SmallVector<const clang::VarDecl *, 2>
distributedVariables(const clang::OMPExecutableDirective &directive);

}  // namespace reproaudit
