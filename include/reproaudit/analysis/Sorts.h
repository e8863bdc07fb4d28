// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Calls that put a sequence into an order, whichever library they come from.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ExprCXX.h"

#include <cstdint>
#include <optional>

namespace reproaudit {

struct Sort {
  enum class Kind : std::uint8_t {
    Whole,  ///< The whole sequence is sorted.
    First,  ///< Only its first elements: partial_sort.
    Nth,    ///< Only the nth element is at its place: nth_element.
    Heap,   ///< Only the best element is.
    Best,   ///< Nothing moves: max_element.
  };
  const clang::CallExpr *call = nullptr;
  /// The container, or where it begins.
  const clang::Expr *sequence = nullptr;
  const clang::Expr *comparator = nullptr;  ///< Null: `<`.
  const clang::Expr *projection = nullptr;
  clang::QualType element = {};  ///< Null: a sort of the project's own.
  Kind kind = Kind::Whole;
  bool stable = false;  ///< Equal elements keep their order.
};

/// \p call as a sort: std, std::ranges, qsort, parallel and third-party ones,
/// functions of the project whose name says so.
std::optional<Sort> sortOf(const clang::CallExpr &call);

/// `v` of `v.begin()`, `std::data(v)`, `&v[0]`, `v.end() - 1`; \p position
/// itself if it is no position in a container.
const clang::Expr *containerOf(const clang::Expr *position);

/// Does \p made hand a sequence to a class of the project that sorts it, by
/// its name: a sorter, a quick select, a heap?
bool sortsItsArgument(const clang::CXXConstructExpr &made);

}  // namespace reproaudit
