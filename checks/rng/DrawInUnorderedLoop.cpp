// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OrderCheck.h"
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-draw-in-unordered-loop",
    .family = Family::Rng,
    .scope = Scope::Platform,
    .summary = "Random numbers handed out in an unspecified order",
    .since = "0.1.0",
    .why = R"md(
A loop over a hash container visits the elements in an order that depends on the
standard library and on the history of insertions, one over pointer keys follows
the addresses of the run. Each element may be written on its own, but which
random number it gets is decided by that order.)md",
    .bad = R"cpp(
#include <random>
#include <string>
#include <unordered_map>

void initialise(std::unordered_map<std::string, float> &weights,
                std::mt19937 &engine) {
  for (auto &entry : weights)
    entry.second = engine();
})cpp",
    .good = R"cpp(
#include <map>
#include <random>
#include <string>

void initialise(std::map<std::string, float> &weights, std::mt19937 &engine) {
  for (auto &entry : weights)
    entry.second = engine();
})cpp",
    .limits = "Loops and algorithms over the container itself are seen, "
              "sequences that were copied from it are not.",
});

/// A sequence, and what decides the order in which it is visited.
struct Visited {
  const Expr *sequence = nullptr;
  Order order = Order::Specified;
};

/// What \p expr, a sequence or an iterator of it, visits.
Visited visitedBy(const Expr *expr) {
  if (!expr)
    return {};
  expr = expr->IgnoreImplicit()->IgnoreParenImpCasts();
  if (const Order order = orderOf(expr->getType()); order != Order::Specified)
    return {expr, order};
  // The iterators of an ordered container do not tell how it compares.
  const auto *begin = dyn_cast<CXXMemberCallExpr>(expr);
  const Expr *object = begin ? begin->getImplicitObjectArgument() : nullptr;
  return object ? Visited{object, orderOf(object->getType())} : Visited{};
}

/// `it` in `it != end`.
const Expr *comparedIterator(const Expr *condition) {
  if (!condition)
    return nullptr;
  condition = condition->IgnoreImplicit()->IgnoreParens();
  if (const auto *rewritten = dyn_cast<CXXRewrittenBinaryOperator>(condition))
    return rewritten->getDecomposedForm().LHS;
  const auto *op = dyn_cast<CXXOperatorCallExpr>(condition);
  return op && op->getOperator() == OO_ExclaimEqual ? op->getArg(0) : nullptr;
}

Visited visitedByIterator(const Expr *condition) {
  const Expr *iterator = comparedIterator(condition);
  const Visited visited = visitedBy(iterator);
  if (visited.order != Order::Specified || !iterator)
    return visited;
  const auto *name =
      dyn_cast<DeclRefExpr>(iterator->IgnoreImplicit()->IgnoreParenImpCasts());
  const auto *variable = name ? dyn_cast<VarDecl>(name->getDecl()) : nullptr;
  return visitedBy(variable ? variable->getInit() : nullptr);
}

/// What the statement \p owner visits, if it is a loop.
Visited visitedBy(const Stmt *owner) {
  if (const auto *loop = dyn_cast_or_null<CXXForRangeStmt>(owner))
    return visitedBy(loop->getRangeInit());
  if (const auto *loop = dyn_cast_or_null<ForStmt>(owner))
    return visitedByIterator(loop->getCond());
  if (const auto *loop = dyn_cast_or_null<WhileStmt>(owner))
    return visitedByIterator(loop->getCond());
  return {};
}

class DrawInUnorderedLoopCheck final : public RandomCheck {
public:
  DrawInUnorderedLoopCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeDraw(const RandomUse &use, const Expr *at, Place place,
                 const Generator &generator);
  void findAlgorithms(const UnitIndex &unit);

  /// Lambdas that an algorithm calls for each element.
  llvm::DenseMap<const Stmt *, Visited> bodies_;
};

void DrawInUnorderedLoopCheck::judge(const RandomUse &use) {
  bodies_.clear();
  if (use.drawings().empty())
    return;
  findAlgorithms(use.unit());
  for (const Drawing &drawing : use.drawings())
    if (!drawing.entropic)
      judgeDraw(use, drawing.at, drawing.place, drawing.generator);
  for (const FunctionDecl *function : use.unit().functions())
    for (const Call *call : use.callsIn(function))
      if (const auto drawn = use.drawnBy(definitionOf(call->callee));
          !drawn.empty())
        judgeDraw(use, call->expr, call->place, drawn.front());
}

void DrawInUnorderedLoopCheck::findAlgorithms(const UnitIndex &unit) {
  for (const Call &call : unit.calls()) {
    if (!inSystemHeader(unit.context(), call.callee))
      continue;
    Visited visited;
    for (unsigned i = 0; i < call.argumentCount(); ++i) {
      const Expr *argument = call.argument(i)->IgnoreImplicit();
      if (const auto *lambda = dyn_cast<LambdaExpr>(argument))
        bodies_.try_emplace(lambda, visited);
      else if (visited.order == Order::Specified)
        visited = visitedBy(argument);
    }
  }
}

void DrawInUnorderedLoopCheck::judgeDraw(const RandomUse &use, const Expr *at,
                                         Place place,
                                         const Generator &generator) {
  const UnitIndex &unit = use.unit();
  Visited visited;
  unsigned loop = place.block;
  for (; loop != 0; loop = unit.block(loop).parent) {
    const Stmt *owner = unit.block(loop).owner;
    const auto body = bodies_.find(owner);
    visited = body == bodies_.end() ? visitedBy(owner) : body->second;
    if (visited.order != Order::Specified)
      break;
  }
  if (visited.order == Order::Specified)
    return;
  // An engine of the element is seeded for the element.
  for (const UnitIndex::Declared &engine : use.engines())
    if (engine.decl->getCanonicalDecl() == generator.engine &&
        unit.encloses(loop, engine.place.block))
      return;
  if (!isFirstAt(at->getExprLoc()))
    return;
  finding(at->getExprLoc(), "%0 decides which element gets which random number")
      << described(visited.order);
  step(visited.sequence->getExprLoc(), "the elements are visited here");
  cure(visited.sequence->getExprLoc(),
       "visit the keys in sorted order, or seed an engine from each key");
}

}  // namespace

extern constinit const Rule DrawInUnorderedLoop =
    sourceRule<DrawInUnorderedLoopCheck>(kInfo);

}  // namespace reproaudit::rng
