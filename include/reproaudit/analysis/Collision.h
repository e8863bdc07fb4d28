// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Do the executions of a region meet in the same element of an array?
///
/// An element is chosen by indices. Each is traced to what differs between the
/// executions: the variable of the parallel loop is each execution's own, what
/// is looked up with it is data and may coincide, and an inner loop that every
/// execution runs takes the same values in all of them.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Parallel.h"

namespace reproaudit {

/// What an index is made of, the most telling last.
enum class Origin {
  Common,  ///< All executions compute the same values.
  Data,    ///< Looked up: several executions may find the same value.
  Part,    ///< A remainder, quotient or bit field of something that differs.
  Own,     ///< Differs between executions, or nothing is known.
};

/// How the element that \p target names is chosen in \p region, which must
/// reach it as shared: by the indices, pointers and references on the way.
Origin elementOrigin(const ParallelRegion &region, const clang::Expr &target);

/// A read in \p region of an element next to the one that \p written names, as
/// `a[i - 1]` for `a[i]` where `i` is the variable of the parallel loop; null
/// if there is none.
const clang::Expr *neighbourRead(const ParallelRegion &region,
                                 const clang::Expr &written);

/// A read in \p region of an element of the array that \p written belongs to,
/// chosen by what is the execution's own; null if there is none.
const clang::Expr *ownRead(const ParallelRegion &region,
                           const clang::Expr &written);

}  // namespace reproaudit
