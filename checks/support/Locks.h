// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where a lock is taken and given back: lock objects of every library, calls,
/// and loops that spin on an atomic flag.
#pragma once

#include "clang/AST/Stmt.h"

namespace reproaudit {

enum class LockAction { None, Take, Release };

/// What the statement \p stmt of a block does to a lock; an object that takes
/// one holds it to the end of the block.
LockAction lockAction(const clang::Stmt &stmt);

}  // namespace reproaudit
