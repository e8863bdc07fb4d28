// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Every place of a translation unit where the order of elements matters: one
/// walk over the user's code, shared by all rules about order.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Comparators.h"
#include "reproaudit/analysis/Effects.h"
#include "reproaudit/analysis/Sorts.h"
#include "reproaudit/analysis/Types.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <vector>

namespace reproaudit {

/// A sequence in unspecified order is visited, and something comes of it.
struct Visit {
  Order order = Order::Specified;
  const clang::Stmt *site = nullptr;      ///< The loop, or the call.
  const clang::Expr *sequence = nullptr;  ///< What is visited.
  std::vector<Effect> effects = {};       ///< At least one.

  /// The first effect that satisfies \p wanted, certain ones before others.
  const Effect *
  mostCertain(llvm::function_ref<bool(const Effect &)> wanted) const;
};

/// A sort, or a heap, and what it compares: a part of the elements, or their
/// addresses.
struct Sorting {
  Sort sort;
  clang::SourceLocation at;
  const clang::NamedDecl *target = nullptr;  ///< The sequence, if it is named.
  bool isHeap = false;
  /// Nothing but duplicates and membership is asked of the sorted sequence.
  bool onlyGroups = false;
  Comparison comparison = {};
};

struct UnitOrder {
  std::vector<Visit> visits;
  std::vector<Sorting> sortings;
};

/// Everything about order in the unit \p context, with the user's class
/// templates \p extra counted as hash containers. The answer is kept until
/// forgetUnitOrder(), so that rules share it.
const UnitOrder &orderOfUnit(clang::ASTContext &context,
                             const std::vector<llvm::StringRef> &extra);
void forgetUnitOrder();

}  // namespace reproaudit
