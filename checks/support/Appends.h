// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Calls that put an element behind those that are already there, so that its
/// position tells when it came.
#pragma once

#include "clang/AST/Expr.h"

#include <optional>

namespace reproaudit {

struct Append {
  const clang::Expr *sequence;  ///< The container or stream.
  const clang::Expr *value;     ///< What is appended.
};

/// `push_back` and its relatives, `insert` into a sequence, `stream << value`.
std::optional<Append> appendBy(const clang::CallExpr &call);

}  // namespace reproaudit
