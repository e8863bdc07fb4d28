// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Values inside the body of an iteration: what is the element, what is born in
/// one iteration, and what outlives it. Part of the effect classifier.
#pragma once

#include "Frames.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace reproaudit {

/// What an lvalue is a part of.
struct Place {
  enum class Kind : std::uint8_t {
    Local,    ///< Born in this iteration.
    Element,  ///< Part of the element, or owned by it.
    Outer,    ///< Outlives the iteration.
  };
  Kind kind = Kind::Local;
  const clang::NamedDecl *target = nullptr;  ///< Innermost variable or member.
  const clang::VarDecl *variable = nullptr;  ///< If it is a whole variable.
  bool indexed = false;  ///< The element chooses the slot: `out[f(x)]`.
  bool exact = false;    ///< It does so by its key: no slot is chosen twice.
  bool coarse = false;   ///< By less than its key, as `out[x % n]`.
  bool counted = false;  ///< A counter chooses the slot: `out[n++]`.

  bool isIndexed() const { return indexed; }
  bool isKeyed() const { return indexed && exact; }
};

class Flow {
public:
  /// What the value of an expression depends on.
  enum Source : unsigned { Element = 1, Carried = 2 };

  Flow(const Iteration &iteration, const Frame &root);

  Place resolve(const clang::Expr *expr, const Frame &frame) const;

  /// What an assignment to \p target changes: a local pointer or iterator, not
  /// what it points to.
  Place written(const clang::Expr *target, const Frame &frame) const;
  unsigned depends(const clang::Stmt *stmt, const Frame &frame) const;

  /// Is the value of \p expr another one for every element?
  bool isKey(const clang::Expr *expr, const Frame &frame) const;
  /// The same for a tuple with such a part.
  bool hasKey(const clang::Expr *expr, const Frame &frame) const;

private:
  void collectCarried(const Frame &root);
  void markWritten(const Place &place);

  bool isElement(const clang::ValueDecl *decl) const;
  bool isElementExpr(const clang::Expr *expr) const;
  bool isIndexed(const clang::Expr &sequence) const;
  bool isKeyCall(const clang::CallExpr &call, const Frame &frame) const;
  bool isKeyAndConstant(const clang::Expr *left, const clang::Expr *right,
                        const Frame &frame) const;
  bool isKeyReference(const clang::ValueDecl *decl, const Frame &frame) const;
  Place ofDecl(const clang::ValueDecl *decl, const Frame &frame) const;
  Place ofThis(const Frame &frame) const;
  Place ofCall(const clang::CallExpr &call, const Frame &frame) const;
  Place ofOperator(const clang::CXXOperatorCallExpr &call,
                   const Frame &frame) const;
  bool isCoarse(const clang::Expr &index, const Frame &frame) const;
  Place indexedBy(Place place, const clang::Expr *index,
                  const Frame &frame) const;
  Place dereferenced(const clang::Expr *pointer, const Frame &frame) const;
  unsigned dependsOnDecl(const clang::ValueDecl *decl,
                         const Frame &frame) const;

  const Iteration &iteration_;
  /// Outer variables and members that the body changes, and containers that
  /// it makes longer.
  llvm::DenseSet<const clang::NamedDecl *> carried_;
  llvm::DenseSet<const clang::NamedDecl *> grown_;
  /// Answers of dependsOnDecl for locals; also stops its recursion.
  mutable llvm::DenseMap<const clang::VarDecl *, unsigned> known_;
  mutable llvm::SmallPtrSet<const clang::VarDecl *, 4> resolving_;
};

}  // namespace reproaudit
