// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a loop or lambda body does that the order of the iterations decides.
///
/// Everything that outlives one iteration is judged: writes keyed by the
/// element, constants and exact folds commute and are no effect; what is left
/// is listed by kind. Functions, methods and lambdas of the unit that the body
/// calls are looked into with their arguments; others are not guessed about,
/// unless their name says that they write.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <vector>

namespace reproaudit {

/// One thing that comes out differently when the elements come in another
/// order.
struct Effect {
  enum class Kind : std::uint8_t {
    FloatFold,     ///< A sum or product that rounds.
    OrderedFold,   ///< A fold that does not commute: a polynomial hash.
    Append,        ///< Elements stand in `target` in the order of their visit.
    Output,        ///< Written to a stream, file or text.
    Number,        ///< Elements are numbered in the order of their visit.
    Overwrite,     ///< The last element visited wins.
    TieBreak,      ///< Of equally good elements, the first visited wins.
    FirstElement,  ///< The first (suitable) element visited wins.
    Selection,     ///< Only the first so many elements reach `target`.
    Draw,      ///< Elements take random numbers in the order of their visit.
    HandOver,  ///< Passed to code of another unit that seems to write.
  };
  Kind kind;
  const clang::Stmt *at;                     ///< The write.
  const clang::NamedDecl *target = nullptr;  ///< What is written, if named.
  const clang::VarDecl *variable = nullptr;  ///< Its variable, if it is one.
  bool certain = true;  ///< False: harmless unless ties or readers exist.
  /// Append: not `target` itself is filled but a sequence in it, `target[i]`.
  bool within = false;
  /// Append: where the order is first seen, if that is elsewhere.
  const clang::Stmt *reader = nullptr;
  /// The calls that lead from the body to the write, outermost first.
  llvm::SmallVector<const clang::CallExpr *, 2> calls = {};
};

/// Code that runs once for each element of a sequence.
struct Iteration {
  const clang::FunctionDecl *function = nullptr;  ///< Around it.
  const clang::Stmt *site = nullptr;              ///< The loop, or the call.
  const clang::Stmt *body = nullptr;
  bool isLoop = true;  ///< `return` and `break` end it.
  /// Variables that are the element, or an iterator to it.
  llvm::SmallVector<const clang::ValueDecl *, 2> elements = {};
  /// The sequence, if its elements are read by their index.
  const clang::NamedDecl *indexed = nullptr;
  /// In `accumulate(first, last, init, f)`, the first parameter of f: every
  /// `return` of the body assigns to it.
  const clang::ParmVarDecl *accumulator = nullptr;
  bool uniqueKeys = false;  ///< No two elements have the same key.
  bool elementIsKey =
      false;  ///< The element is the key: a set, a view of keys.
};

std::vector<Effect> effectsOf(const Iteration &iteration,
                              clang::ASTContext &context);

}  // namespace reproaudit
