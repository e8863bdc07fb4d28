// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Names inside the body of an iteration: what is the element, what is born in
/// one iteration, and what outlives it. Part of the effect classifier.
#pragma once

#include "reproaudit/analysis/Effects.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <memory>
#include <vector>

namespace reproaudit {

/// The body of the iteration, or of a function that it calls, with what its
/// parameters stand for.
struct Frame {
  const clang::Stmt *body = nullptr;
  const clang::FunctionDecl *function = nullptr;
  const Frame *caller = nullptr;
  const clang::CallExpr *call = nullptr;
  const clang::Expr *object = nullptr;  ///< `*this`, in the caller.
  bool sharesThis = false;              ///< A lambda: `this` is the caller's.
  unsigned depth = 0;
  llvm::DenseMap<const clang::VarDecl *, const clang::Expr *> arguments{};
  /// Variables declared in the body, with everything that flows into them.
  llvm::DenseMap<const clang::VarDecl *,
                 llvm::SmallVector<const clang::Expr *, 2>>
      locals{};
};

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
  bool counted = false;  ///< A counter chooses the slot: `out[n++]`.

  bool isIndexed() const { return indexed; }
  bool isKeyed() const { return indexed && exact; }
};

class Flow {
public:
  /// What the value of an expression depends on.
  enum Source : unsigned { kElement = 1, kCarried = 2 };

  Flow(const Iteration &iteration, const clang::ASTContext &context);

  const Frame &root() const { return *frames_.front(); }
  const clang::DeclRefExpr *accumulator() const { return accumulator_; }

  Place resolve(const clang::Expr *expr, const Frame &frame) const;

  /// What an assignment to \p target changes: a local pointer or iterator, not
  /// what it points to.
  Place written(const clang::Expr *target, const Frame &frame) const;
  unsigned depends(const clang::Stmt *stmt, const Frame &frame) const;

  /// Is the value of \p expr another one for every element?
  bool isKey(const clang::Expr *expr, const Frame &frame) const;
  bool hasKey(const clang::Expr *expr, const Frame &frame) const;

  bool isLocal(const clang::VarDecl &variable, const Frame &frame) const;
  bool mentions(const clang::Stmt *stmt, const clang::VarDecl &variable) const;

  /// Does nothing but diagnostics read \p variable after the iteration?
  bool isDeadAfter(const clang::VarDecl &variable) const;

  /// The frame of the function that \p call calls from \p frame, or null if
  /// its body is unknown, foreign or too deep.
  const Frame *enter(const clang::CallExpr &call, const Frame &frame,
                     unsigned maxDepth);
  const Frame *enter(const clang::LambdaExpr &lambda,
                     const clang::CallExpr &call, const Frame &frame,
                     unsigned maxDepth);

private:
  const Frame *open(Frame frame, unsigned maxDepth);
  void collectLocals(Frame &frame) const;
  void collectInfluences(Frame &frame, const clang::Stmt &stmt) const;
  void collectScratch();
  void collectCarried();

  bool isElement(const clang::ValueDecl *decl) const;
  bool isElementExpr(const clang::Expr *expr) const;
  bool isKeyCall(const clang::CallExpr &call, const Frame &frame) const;
  bool isKeyReference(const clang::ValueDecl *decl, const Frame &frame) const;
  Place ofDecl(const clang::ValueDecl *decl, const Frame &frame) const;
  Place ofThis(const Frame &frame) const;
  Place ofCall(const clang::CallExpr &call, const Frame &frame) const;
  Place indexedBy(Place place, const clang::Expr *index,
                  const Frame &frame) const;
  Place dereferenced(const clang::Expr *pointer, const Frame &frame) const;
  unsigned dependsOnDecl(const clang::ValueDecl *decl,
                         const Frame &frame) const;
  const Frame *ownerOf(const clang::VarDecl &variable,
                       const Frame &frame) const;
  const Frame *binderOf(const clang::VarDecl &parameter,
                        const Frame &frame) const;

  const Iteration &iteration_;
  const clang::ASTContext &context_;
  std::vector<std::unique_ptr<Frame>> frames_;
  const clang::DeclRefExpr *accumulator_ = nullptr;
  /// Outer variables and members that the body changes, and containers that
  /// it makes longer.
  llvm::DenseSet<const clang::NamedDecl *> carried_;
  llvm::DenseSet<const clang::NamedDecl *> grown_;
  /// Answers of dependsOnDecl for locals; also stops its recursion.
  mutable llvm::DenseMap<const clang::VarDecl *, unsigned> known_;
  mutable llvm::SmallPtrSet<const clang::VarDecl *, 4> resolving_;
};

}  // namespace reproaudit
