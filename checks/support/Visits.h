// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which loops, algorithms and constructions visit a sequence in unspecified
/// order, and what comes of it. Loops are in LoopVisits.cpp, calls in
/// CallVisits.cpp. Part of UnitOrder.
#pragma once

#include "OrderCandidates.h"
#include "Sequences.h"

#include "reproaudit/analysis/LaterSort.h"
#include "reproaudit/analysis/UnitOrder.h"

#include <vector>

namespace reproaudit {

class VisitFinder {
public:
  VisitFinder(clang::ASTContext &context, const Sequences &sequences,
              const OrderCandidates &candidates);

  void look(const OrderCandidates::Place &place);
  std::vector<Visit> take() { return std::move(visits_); }

private:
  /// A `for`, `while` or `do` loop.
  struct Loop {
    const clang::Stmt *stmt;
    const clang::Stmt *init = nullptr;
    const clang::Expr *condition = nullptr;
    const clang::Expr *step = nullptr;
    const clang::Stmt *body = nullptr;

    std::array<const clang::Stmt *, 3> head() const {
      return {init, condition, step};
    }
  };
  void rangeFor(const clang::CXXForRangeStmt &loop,
                const clang::FunctionDecl *function);
  void loop(const Loop &loop, const clang::FunctionDecl *function);
  bool iterators(const Loop &loop, const clang::FunctionDecl *function);
  bool listing(const Loop &loop, const clang::FunctionDecl *function);
  bool draining(const Loop &loop, const clang::FunctionDecl *function);
  void boostForeach(const clang::ForStmt &loop,
                    const clang::FunctionDecl *function);
  const clang::Expr *visitedBy(const clang::VarDecl &iterator,
                               const Loop &loop) const;

  /// A call with a sequence among its arguments.
  struct Algorithm {
    const clang::CallExpr &call;
    llvm::StringRef name;
    unsigned first;  ///< Which argument the sequence is.
    const clang::Expr &sequence;
    Order order;
    const clang::FunctionDecl *function;
  };
  void construction(const clang::CXXConstructExpr &made,
                    const clang::FunctionDecl *function);
  void call(const clang::CallExpr &call, const clang::FunctionDecl *function);
  void algorithm(const Algorithm &algorithm);
  void rangeInto(const Algorithm &algorithm);
  void called(const Algorithm &algorithm, const clang::Expr *callable);
  void folded(const Algorithm &algorithm, const clang::Expr *callable);
  void copied(const Algorithm &algorithm, const clang::Expr *callable);
  void best(const Algorithm &algorithm, const clang::Expr *callable);
  void firstElement(const clang::CallExpr &call,
                    const clang::FunctionDecl *function);

  Iteration iterationOf(const clang::Expr &sequence,
                        const clang::FunctionDecl *function,
                        const clang::Stmt *site, const clang::Stmt *body) const;
  void visit(Order order, const clang::Expr &sequence,
             const Iteration &iteration);
  void add(const Algorithm &algorithm, Effect effect);
  void settle(Visit visit, const clang::FunctionDecl *function,
              bool uniqueFirst);
  bool isInnocent(const clang::Stmt &loop, const Shuffled &shuffled);

  clang::ASTContext &context_;
  const Sequences &sequences_;
  const OrderCandidates &candidates_;
  LaterSort later_;
  std::vector<Visit> visits_;
  unsigned depth_ = 0;
};

}  // namespace reproaudit
