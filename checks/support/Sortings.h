// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which sorts and heaps leave the order of some elements open. Part of
/// UnitOrder.
#pragma once

#include "OrderCandidates.h"

#include "reproaudit/analysis/UnitOrder.h"

#include <vector>

namespace reproaudit {

/// In the order of the candidates, sorts before heaps; one for each heap.
std::vector<Sorting> sortingsOf(const OrderCandidates &candidates,
                                clang::ASTContext &context);

}  // namespace reproaudit
