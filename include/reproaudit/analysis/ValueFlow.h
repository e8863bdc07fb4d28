// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where a value ends up: forward through the local variables of a function,
/// and one call deep through functions of the unit.
///
/// The opposite direction ("where does this seed come from?") is SeedOrigin.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Sinks.h"

#include "llvm/ADT/SmallVector.h"

namespace reproaudit {

/// One end of a flow.
struct Arrival {
  Destination destination;
  /// Variables that the value went through, first one first.
  llvm::SmallVector<const clang::VarDecl *, 2> through;
};

/// Says true at an expression where the value is of no more interest: for a
/// clock, where the difference of two times is taken.
using FlowEnd = llvm::function_ref<bool(const clang::Expr &)>;

/// All ends of the flow from \p source, in source order.
llvm::SmallVector<Arrival, 4> arrivalsOf(const clang::Expr &source,
                                         clang::ASTContext &context,
                                         FlowEnd ends = nullptr);

/// All ends of the flow from \p variable, which something else has filled.
llvm::SmallVector<Arrival, 4> arrivalsOf(const clang::VarDecl &variable,
                                         clang::ASTContext &context,
                                         FlowEnd ends = nullptr);

/// True if the value ends up in logs and on the screen, and nowhere else.
bool isOnlyShown(llvm::ArrayRef<Arrival> arrivals);

/// The function, method or lambda around \p statement; nullptr outside of all.
const clang::FunctionDecl *functionAround(const clang::Stmt &statement,
                                          clang::ASTContext &context);

/// Every mention of \p variable in the function that declares it, lambdas
/// included.
llvm::SmallVector<const clang::DeclRefExpr *, 8>
mentionsOf(const clang::VarDecl &variable);

}  // namespace reproaudit
