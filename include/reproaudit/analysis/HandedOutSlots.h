// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Places in a shared array that an atomic counter hands out: the elements
/// stand there in the order in which threads arrive.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/ParallelWrites.h"

namespace reproaudit {

/// True if the place of \p write, which is in a region, is the next one that an
/// atomic counter hands out, and what is stored has nothing to do with that
/// number. A number that also chooses the work, as in a queue of tasks, does
/// not count: its result stands where it belongs.
bool takesNextSlot(const ParallelWrite &write);

}  // namespace reproaudit
