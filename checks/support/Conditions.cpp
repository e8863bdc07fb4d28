// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Conditions.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

bool isTuple(const Expr *expr) {
  if (const auto *call = dyn_cast<CallExpr>(expr)) {
    const StringRef name = nameOf(call->getDirectCallee());
    return name == "tie" || name.starts_with("make_") ||
           name == "forward_as_tuple";
  }
  return isa<CXXConstructExpr, InitListExpr>(expr);
}

/// Two operands that are compared.
struct Comparison {
  const Expr *left;
  const Expr *right;
  bool isEquality = false;
  bool isNegated = false;  ///< `!=`
};

/// `end()`, and the number of elements with some key: comparing with these asks
/// whether there is such an element.
bool asksForMembership(const Expr *expr) {
  const auto *call = dyn_cast<CallExpr>(bare(expr));
  const StringRef name = call ? nameOf(call->getDirectCallee()) : StringRef();
  return name == "end" || name == "cend" || name == "count";
}

/// A value that is kept for the key elsewhere; several keys can have the same.
bool isLookedUp(const Expr *expr) {
  return anyStmt(expr, [](const Stmt &stmt) {
    const auto *op = dyn_cast<CXXOperatorCallExpr>(&stmt);
    const auto *call = dyn_cast<CXXMemberCallExpr>(&stmt);
    const StringRef name = call ? nameOf(call->getMethodDecl()) : StringRef();
    return isa<ArraySubscriptExpr>(stmt) ||
           (op && op->getOperator() == OO_Subscript) || name == "find" ||
           name == "at";
  });
}

std::optional<Comparison> comparisonOf(const Expr &expr) {
  if (const auto *op = dyn_cast<BinaryOperator>(&expr)) {
    if (op->isComparisonOp())
      return Comparison{op->getLHS(), op->getRHS(), op->isEqualityOp(),
                        op->getOpcode() == BO_NE};
  } else if (const auto *op = dyn_cast<CXXRewrittenBinaryOperator>(&expr)) {
    const auto parts = op->getDecomposedForm();
    return Comparison{parts.LHS, parts.RHS,
                      BinaryOperator::isEqualityOp(op->getOperator()),
                      op->getOperator() == BO_NE};
  } else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(&expr)) {
    const OverloadedOperatorKind op = call->getOperator();
    if (call->isComparisonOp() && call->getNumArgs() == 2)
      return Comparison{call->getArg(0), call->getArg(1),
                        op == OO_EqualEqual || op == OO_ExclaimEqual,
                        op == OO_ExclaimEqual};
  }
  return std::nullopt;
}

}  // namespace

/// Reads one guard.
class Conditions::Judge {
public:
  Judge(const Conditions &conditions, const Frame &frame, const Expr *target,
        unsigned &projections)
      : flow_(conditions.flow_), context_(conditions.context_), frame_(frame),
        target_(target), projections_(projections) {}

  Verdict of(const Expr *expr, bool holds);

private:
  Verdict both(const BinaryOperator &op, bool holds);
  Verdict equality(const Comparison &compared) const;
  Verdict order(const Expr *left, const Expr *right);
  bool isFixed(const Expr *expr) const;

  const Flow &flow_;
  const ASTContext &context_;
  const Frame &frame_;
  const Expr *target_;
  /// How many comparisons looked at parts of the target.
  unsigned &projections_;
};

Verdict Conditions::Judge::of(const Expr *expr, bool holds) {
  expr = bare(expr);
  if (const auto *unary = dyn_cast<UnaryOperator>(expr);
      unary && unary->getOpcode() == UO_LNot)
    return of(unary->getSubExpr(), !holds);
  if (const auto *op = dyn_cast<BinaryOperator>(expr); op && op->isLogicalOp())
    return both(*op, holds);
  if (const std::optional<Comparison> compared = comparisonOf(*expr)) {
    if (!compared->isEquality)
      return order(compared->left, compared->right);
    // Being unequal to something singles nothing out.
    return holds != compared->isNegated ? equality(*compared) : Verdict::Free;
  }
  if (const auto *call = dyn_cast<CallExpr>(expr);
      call != nullptr && call->getNumArgs() >= 2 &&
      call->getType()->isBooleanType()) {
    // A comparator of the project's: `better(candidate, best)`.
    const unsigned n = call->getNumArgs();
    return std::min(order(call->getArg(n - 2), call->getArg(n - 1)),
                    Verdict::Tie);
  }
  const VarDecl *flag = namedVariable(expr);
  // `const bool better = score > best; if (better) ...`
  if (flag != nullptr && flag->getType()->isBooleanType() && flag->hasInit() &&
      ownerOf(*flag, frame_) != nullptr)
    return of(flag->getInit(), holds);
  return Verdict::Free;
}

Verdict Conditions::Judge::both(const BinaryOperator &op, bool holds) {
  const Verdict left = of(op.getLHS(), holds);
  const Verdict right = of(op.getRHS(), holds);
  // `a && b` is both when it holds, `a || b` when it does not. In the other
  // case, one of them may single out what it likes if the other lets
  // everything through.
  const bool isEither = (op.getOpcode() == BO_LOr) == holds;
  const Verdict weaker = std::min(left, right);
  const Verdict stronger = std::max(left, right);
  if (isEither && weaker == Verdict::Free &&
      (stronger == Verdict::Search || stronger == Verdict::Unique))
    return Verdict::Free;
  return stronger;
}

/// The same for all iterations, and in all rounds of a loop inside one.
bool Conditions::Judge::isFixed(const Expr *expr) const {
  return flow_.depends(expr, frame_) == 0 &&
         !anyStmt(expr, [&](const Stmt &part) {
           const auto *reference = dyn_cast<DeclRefExpr>(&part);
           const auto *variable =
               reference ? dyn_cast<VarDecl>(reference->getDecl()) : nullptr;
           return variable && ownerOf(*variable, frame_) &&
                  (variable->isCXXForRangeDecl() ||
                   !variable->getType().isConstQualified());
         });
}

Verdict Conditions::Judge::equality(const Comparison &compared) const {
  const auto [left, right] = std::pair(compared.left, compared.right);
  const unsigned uses =
      flow_.depends(left, frame_) | flow_.depends(right, frame_);
  if ((uses & Flow::Element) == 0 || asksForMembership(left) ||
      asksForMembership(right))
    return Verdict::Free;
  const auto singlesOut = [&](const Expr *key, const Expr *wanted) {
    return flow_.hasKey(key, frame_) && !isLookedUp(key) && isFixed(wanted);
  };
  return singlesOut(left, right) || singlesOut(right, left) ? Verdict::Unique
                                                            : Verdict::Search;
}

Verdict Conditions::Judge::order(const Expr *left, const Expr *right) {
  const unsigned uses =
      flow_.depends(left, frame_) | flow_.depends(right, frame_);
  const bool asksTheTarget =
      target_ && (sameObject(*left, *target_, context_) ||
                  sameObject(*right, *target_, context_));
  if ((uses & Flow::Element) == 0 ||
      ((uses & Flow::Carried) == 0 && !asksTheTarget))
    return Verdict::Free;
  if (flow_.hasKey(left, frame_) || flow_.hasKey(right, frame_))
    return Verdict::Ordered;
  for (const Expr *side : {bare(left), bare(right)}) {
    if (!target_)
      continue;
    const bool isWhole = sameObject(*side, *target_, context_);
    const bool isInside = anyStmt(side, [&](const Stmt &part) {
      const auto *expr = dyn_cast<Expr>(&part);
      return expr && sameObject(*expr, *target_, context_);
    });
    if (isWhole || (isInside && isTuple(side)))
      return Verdict::Exact;
    projections_ += isInside ? 1 : 0;
  }
  return projections_ > 1 ? Verdict::Exact : Verdict::Tie;
}

bool Conditions::areCounted() const {
  return llvm::any_of(guards_, [&](const Guard &guard) {
    return guard.condition && flow_.depends(guard.condition, *guard.frame) ==
                                  static_cast<unsigned>(Flow::Carried);
  });
}

Verdict Conditions::verdict(const Expr *target) const {
  Verdict best = Verdict::Free;
  unsigned projections = 0;
  for (const Guard &guard : guards_)
    if (guard.condition)
      best = std::max(best, Judge(*this, *guard.frame, target, projections)
                                .of(guard.condition, guard.holds));
  return best;
}

}  // namespace reproaudit
