// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the parallel code of a function writes, and what guards the write.
/// Every rule about parallel code reads this list instead of walking the body.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Objects.h"
#include "reproaudit/analysis/Parallel.h"
#include "reproaudit/analysis/Sharing.h"

namespace reproaudit {

enum class Guard {
  None,
  AtomicObject,  ///< The target is atomic, or swapped in a loop.
  Atomic,        ///< `omp atomic`
  Critical,      ///< `omp critical`
  Lock,          ///< A mutex, by a lock object or by hand.
  Ordered,       ///< `omp ordered`, or each execution waits for its turn.
};

struct ParallelWrite {
  enum class Kind {
    Accumulate,
    Store,
    Append,  ///< `push_back`, `operator<<`: the position is the order.
  };

  Kind kind = Kind::Store;
  const clang::Expr *expression = nullptr;
  const clang::Expr *target = nullptr;
  const clang::Expr *value = nullptr;  ///< What is added, stored or appended.
  clang::QualType rounds;              ///< As in Accumulation.
  Guard guard = Guard::None;
  const clang::Stmt *guardedBy = nullptr;
  Reach reach = Reach::Private;
  bool once = false;  ///< Under `single`, `master` or a test for one thread.

  /// The `omp section` around the write, which one thread runs, or null.
  const clang::Stmt *section = nullptr;

  /// Null if no region of the function contains the write: then something
  /// outside runs the function in parallel, or the guard is for nothing.
  const ParallelRegion *region = nullptr;
  /// The innermost `if` around the write in the same function, or null.
  const clang::IfStmt *branch = nullptr;
  /// The innermost directive in the same function that distributes the rounds
  /// of a loop or makes a task, or null.
  const clang::OMPExecutableDirective *worksharing = nullptr;
  /// True if the target is private to the thread but lives longer than one
  /// iteration of `worksharing`: it holds what this thread happened to do.
  bool outlivesIteration = false;
  /// The call in the body of the region through which the write is reached.
  const clang::Expr *via = nullptr;
};

struct ParallelCode {
  std::vector<ParallelRegion> regions;
  std::vector<ParallelWrite> writes;
};

/// The parallel code of \p function. The reference is good until the next call
/// for another function of the same unit: rules ask in turn, one function
/// after the other, and share the answer.
const ParallelCode &parallelCode(const clang::FunctionDecl &function);

}  // namespace reproaudit
