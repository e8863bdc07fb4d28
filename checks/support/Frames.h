// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The body of an iteration and the bodies of the functions that it calls, with
/// what their names stand for. Part of the effect classifier.
#pragma once

#include "reproaudit/analysis/Effects.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/DenseMap.h"

#include <memory>
#include <vector>

namespace reproaudit {

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

class Frames {
public:
  Frames(const Iteration &iteration, clang::ASTContext &context);

  const Frame &root() const { return *frames_.front(); }

  /// The frame of the function that \p call calls from \p frame, or null if
  /// its body is unknown, foreign or too deep. A recursive call of the
  /// function around the iteration is entered once.
  const Frame *enter(const clang::CallExpr &call, const Frame &frame);

  /// The frame of \p lambda, which \p call from \p frame is given to call.
  const Frame *enter(const clang::LambdaExpr &lambda,
                     const clang::CallExpr &call, const Frame &frame);

private:
  const Frame *open(Frame frame);
  bool isTooDeep(const clang::FunctionDecl &function, const Frame &frame) const;
  void collectScratch();

  const Iteration &iteration_;
  clang::ASTContext &context_;
  std::vector<std::unique_ptr<Frame>> frames_;
};

/// The frame, \p frame or a caller's, in whose body \p variable is declared.
const Frame *ownerOf(const clang::VarDecl &variable, const Frame &frame);

/// The frame whose caller passes an argument as \p parameter.
const Frame *binderOf(const clang::VarDecl &parameter, const Frame &frame);

/// A reference, pointer or iterator: assigning to it changes nothing else.
bool refersElsewhere(clang::QualType type);

/// `=`, `+=` and their kind.
bool assigns(clang::OverloadedOperatorKind op);

/// The variable, or the whole of a structured binding, that \p decl is.
const clang::VarDecl *variableOf(const clang::ValueDecl *decl);

/// Does \p stmt name \p variable?
bool mentions(const clang::Stmt *stmt, const clang::VarDecl &variable);

}  // namespace reproaudit
