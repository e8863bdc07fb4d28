// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Atomic operations under all their names: `std::atomic`, `atomic_ref` and
/// their CUDA twins, compiler builtins, C11 `_Atomic`, CUDA and HIP functions,
/// and compare-and-swap loops that build another operation.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Expr.h"

#include <optional>

namespace reproaudit {

struct AtomicAccess {
  enum class Op { Add, Exchange, CompareExchange, MinMax, Other };

  Op op = Op::Other;
  const clang::Expr *access = nullptr;  ///< The call or the operator.
  const clang::Expr *target = nullptr;  ///< The object, or a pointer to it.
  const clang::Expr *value = nullptr;   ///< Added or stored; null for `++`.
  clang::QualType element;              ///< Of the object; may be dependent.
};

/// \p expression as one atomic operation. A call of an unresolved name counts
/// if the name is one of CUDA's: its `element` is then dependent.
std::optional<AtomicAccess> atomicAccess(const clang::Expr &expression);

/// What a compare-and-swap loop makes of the bits that it found.
struct SwapLoop {
  clang::QualType rounds;              ///< The floating type in which it adds.
  const clang::Expr *value = nullptr;  ///< The sum that is swapped in.
};

/// The addition that \p swap performs when it is repeated in \p loop, if the
/// value swapped in is a floating sum, difference or product of the old one.
std::optional<SwapLoop> floatingSwap(const AtomicAccess &swap,
                                     const clang::Stmt &loop);

/// The floating element type of inline PTX that adds atomically (`red`, `atom`,
/// `cp.reduce`, `multimem`), as spelt; empty for other assembly.
llvm::StringRef floatingReduction(llvm::StringRef assembly);

/// True if \p expression is a whole statement, so that its value is dropped.
bool isValueUnused(const clang::Expr &expression, clang::ASTContext &context);

}  // namespace reproaudit
