// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The walk behind effectsOf: statements and writes are in Effects.cpp, calls
/// in CallEffects.cpp.
#pragma once

#include "Conditions.h"
#include "Flow.h"
#include "Folds.h"
#include "Frames.h"

#include "reproaudit/analysis/Effects.h"

#include <vector>

namespace reproaudit {

class EffectClassifier {
public:
  EffectClassifier(const Iteration &iteration, clang::ASTContext &context)
      : iteration_(iteration), context_(context), frames_(iteration, context),
        flow_(iteration, frames_.root()), conditions_(flow_, context) {}

  std::vector<Effect> run();

private:
  using Kind = Effect::Kind;

  // Statements, with the conditions around them.
  void walk(const clang::Stmt *stmt, const Frame &frame);
  void walkBlock(const clang::CompoundStmt &block, const Frame &frame);
  void walkGuarded(const clang::Expr *condition, const Frame &frame,
                   std::initializer_list<const clang::Stmt *> parts);
  void walkChildren(const clang::Stmt &stmt, const Frame &frame);
  void walkNested(const clang::Stmt &stmt, const Frame &frame);
  void expression(const clang::Expr &expr, const Frame &frame);
  void returned(const clang::ReturnStmt &stmt, const Frame &frame);
  void left(const clang::BreakStmt &stmt);

  // Writes.
  void assigned(const clang::Expr &target, const clang::Expr *value,
                const clang::Expr &at, const Frame &frame);
  void folded(const clang::Expr &target, unsigned families,
              const clang::Expr *value, const clang::Expr &at,
              const Frame &frame);
  void keep(const clang::Stmt &at, const Place &place);
  void foldedFloat(const Place &place, unsigned families,
                   const clang::Expr &value, clang::QualType rounds,
                   const clang::Expr &at, const Frame &frame);
  void foldedInteger(const Place &place, unsigned families, unsigned uses,
                     const clang::Expr &at, const Frame &frame);
  void stored(const Place &place, const clang::Expr &target,
              const clang::Expr *value, const clang::Expr &at,
              const Frame &frame);

  // Calls.
  bool call(const clang::CallExpr &call, const Frame &frame);
  bool operatorCall(const clang::CXXOperatorCallExpr &call, const Frame &frame);
  bool shift(const clang::CallExpr &written, const Frame &frame);
  bool draws(const clang::CallExpr &call, const Frame &frame);
  void libraryCall(const clang::CallExpr &call,
                   const clang::FunctionDecl &callee, const Frame &frame);
  void methodCall(const clang::CXXMemberCallExpr &call, llvm::StringRef name,
                  const Frame &frame);
  bool containerCall(const clang::CallExpr &call, llvm::StringRef name,
                     const clang::Expr &container, const Frame &frame);
  void fileCall(const clang::CallExpr &call, llvm::StringRef name,
                const Frame &frame);
  void unknownCall(const clang::CallExpr &call,
                   const clang::FunctionDecl &callee, const Frame &frame);
  bool enterCallee(const clang::CallExpr &call, const Frame &frame);
  void enterLambdas(const clang::CallExpr &call, const Frame &frame);
  bool argumentsDepend(const clang::CallExpr &call, unsigned first,
                       const Frame &frame) const;
  /// \p object, if the order of what is put into it can be seen later.
  std::optional<Place> shared(const clang::Expr &object,
                              const Frame &frame) const;

  void add(Kind kind, const clang::Stmt &at, const Place &place,
           const Frame &frame, bool certain = true);
  bool isScratch(const Effect &effect) const;
  bool isOnlyFolded(const clang::VarDecl &variable) const;
  bool isReplacedInBody(const Place &place) const;
  bool isRestored(const clang::NamedDecl &member) const;

  const Iteration &iteration_;
  clang::ASTContext &context_;
  Frames frames_;
  Flow flow_;
  Conditions conditions_;
  std::vector<Effect> effects_;
  /// What was applied to an outer integer so far.
  struct Fold {
    unsigned families = OperatorFamily::None;
    bool usesElement = false;
  };
  llvm::DenseMap<const clang::NamedDecl *, Fold> folds_;
  bool breaks_ = false;
  /// Puts elements by their keys where their order does not matter, unless not
  /// all of them get there.
  const clang::Stmt *kept_ = nullptr;
  Place keptIn_;
  bool keepsSome_ = false;
  /// Ends the loop after some number of elements.
  const clang::Stmt *limit_ = nullptr;
  unsigned nested_ = 0;
  /// This many statements are looked at.
  unsigned budget_ = 20'000;
};

}  // namespace reproaudit
