// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The parts of a kernel that matter to the memory of its block: barriers,
/// accesses, and how two accesses relate (may different threads make them, to
/// the same element?).
#pragma once

#include "clang/AST/Expr.h"
#include "clang/AST/Stmt.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallVector.h"

#include <utility>

namespace reproaudit {

/// A shared variable, or a field of one.
using SharedObject =
    std::pair<const clang::VarDecl *, const clang::FieldDecl *>;

struct SharedAccess {
  const clang::Expr *expression = nullptr;
  /// The outermost dimension first.
  llvm::SmallVector<const clang::Expr *, 2> indices;
  /// The tests of the thread around it, outermost first.
  llvm::SmallVector<const clang::IfStmt *, 2> tests;
  bool single = false;  ///< The tests let one thread through.
  bool atomic = false;
  /// All threads of the block work on it together, in a library.
  bool cooperative = false;
};

/// True if \p stmt makes the threads of the block, or of a warp, wait for each
/// other.
bool isBarrier(const clang::Stmt &stmt);

/// True if \p condition looks at which thread this is; variables are followed
/// \p depth times.
bool testsThread(const clang::Expr &condition, int depth = 4);

/// The shared variable that \p root mentions, or null.
const clang::VarDecl *mentionedShared(const clang::Stmt *root);

/// The storage that an algorithm for the whole block, as those of CUB, is
/// given: where it is made in place, or as a variable.
const clang::VarDecl *storageOf(const clang::CallExpr &call);

/// True if \p pointer gives each thread some elements of its own:
/// `shared + 4 * threadIdx.x`.
bool isOwnSlice(const clang::VarDecl &pointer);

/// True if only the thread that made \p one can make \p other: both use its
/// own element, or tests let the same thread through.
bool isSameThread(const SharedAccess &one, const SharedAccess &other,
                  const clang::ASTContext &context);

/// True if the leading index chooses another part of the variable, as in
/// double buffering.
bool areApart(const SharedAccess &one, const SharedAccess &other,
              const clang::ASTContext &context);

/// True if both belong to one step of a tree: under the same test of the
/// thread, which lets only those through whose partners it stops.
bool isTreeStep(const SharedAccess &read, const SharedAccess &write,
                const clang::ASTContext &context);

/// What happened to shared memory since the last barrier.
struct SharedState {
  struct Pending {
    llvm::SmallVector<SharedAccess, 4> reads;
    llvm::SmallVector<SharedAccess, 4> writes;
  };
  llvm::SmallMapVector<SharedObject, Pending, 8> of;
  bool reached = true;  ///< False behind `return`, `break`, `continue`.

  /// Adds \p access unless it is there: paths and rounds come by repeatedly.
  static void add(llvm::SmallVectorImpl<SharedAccess> &accesses,
                  const SharedAccess &access);

  void clear() { of.clear(); }
  /// Nothing comes here after this.
  void leave() {
    of.clear();
    reached = false;
  }
  /// The paths to \p other come together with the paths to here.
  void join(const SharedState &other);
};

}  // namespace reproaudit
