// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which accesses of a kernel to the memory of its block lack a barrier
/// between them.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"

#include <vector>

namespace reproaudit {

/// Two accesses to one shared variable, in this order, by different threads
/// and without a barrier between them.
struct MissingBarrier {
  const clang::VarDecl *variable = nullptr;
  const clang::Expr *first = nullptr;
  const clang::Expr *second = nullptr;
  bool isReuse = false;  ///< A write while others may still read.
};

/// At most one for each shared variable of \p kernel; device functions that it
/// calls are looked into. Paths are not told apart: where a branch contains a
/// barrier, it is taken to be passed.
std::vector<MissingBarrier> missingBarriers(const clang::FunctionDecl &kernel);

}  // namespace reproaudit
