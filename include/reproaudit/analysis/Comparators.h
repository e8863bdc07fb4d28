// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a comparison of two elements looks at, and whether that settles which
/// of two different elements comes first.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"

#include <cstdint>
#include <string>

namespace reproaudit {

enum class Totality : std::uint8_t {
  Total,    ///< Only equal elements tie, or a second key breaks the ties.
  Partial,  ///< Different elements tie: `key` is all that is looked at.
  Address,  ///< The addresses of objects decide.
  Unknown,
};

struct Comparison {
  Totality totality = Totality::Unknown;
  std::string key =
      {};  ///< Partial: as written, `_` is the element: `_.first`.
  bool floating = false;  ///< Partial: the key is a floating-point number.
  bool lookedUp = false;  ///< Partial: the key is kept elsewhere: `score[_]`.
  /// The function that compares, if its body was read.
  const clang::FunctionDecl *function = nullptr;
};

/// How \p element values compare under the callable \p comparator, which may
/// be null (`<`), after \p projection, which may be null. With
/// \p uniqueFirst, no two elements have the same `first`.
Comparison compares(const clang::Expr *comparator,
                    const clang::Expr *projection, clang::QualType element,
                    const clang::ASTContext &context, bool uniqueFirst = false);

/// The same for a comparator that is known by its type.
Comparison compares(clang::QualType comparator, clang::QualType element,
                    const clang::ASTContext &context);

}  // namespace reproaudit
