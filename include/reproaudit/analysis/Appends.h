// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Calls that put an element behind those that are already there, so that its
/// position tells when it came.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Expr.h"

#include <optional>

namespace reproaudit {

struct Append {
  const clang::Expr *sequence;  ///< The container, stream or file.
  const clang::Expr *value;     ///< What is appended.
};

/// `push_back` and its relatives, `insert` into a sequence, `push` into a
/// queue, `stream << value`, `fprintf(file, ...)`.
std::optional<Append> appendBy(const clang::CallExpr &call);

}  // namespace reproaudit
