// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-draw-in-unordered-loop",
    .family = Family::Rng,
    .scope = Scope::Platform,
    .summary = "Random numbers handed out in the order of a hash container",
    .since = "0.1.0",
    .why = R"md(
A loop over a hash container visits the elements in an order that depends on the
standard library and on the history of insertions. Each element may be written
on its own, but which random number it gets is decided by that order.)md",
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
    .limits = "Loops and `std::for_each` over the container itself are seen, "
              "sequences that were copied from it are not.",
});

bool isHashContainer(QualType type) {
  const CXXRecordDecl *record =
      type.isNull() ? nullptr
                    : type.getNonReferenceType()->getAsCXXRecordDecl();
  const IdentifierInfo *name = record ? record->getIdentifier() : nullptr;
  return name && llvm::StringSwitch<bool>(name->getName())
                     .Cases({"unordered_map", "unordered_set"}, true)
                     .Cases({"unordered_multimap", "unordered_multiset"}, true)
                     .Cases({"flat_hash_map", "flat_hash_set"}, true)
                     .Cases({"node_hash_map", "node_hash_set"}, true)
                     .Cases({"unordered_flat_map", "unordered_flat_set"}, true)
                     .Cases({"sparse_hash_map", "dense_hash_map"}, true)
                     .Default(false);
}

/// The hash container whose order the statement \p owner follows, or nullptr.
const Expr *hashContainerOf(const Stmt *owner) {
  const Expr *range = nullptr;
  if (const auto *loop = dyn_cast_or_null<CXXForRangeStmt>(owner))
    range = loop->getRangeInit();
  // for (auto it = map.begin(); ...)
  if (const auto *loop = dyn_cast_or_null<ForStmt>(owner))
    if (const auto *start = dyn_cast_or_null<DeclStmt>(loop->getInit()))
      if (const auto *var = dyn_cast<VarDecl>(*start->decl_begin()))
        if (const Expr *init = var->getInit())
          if (const auto *call =
                  dyn_cast<CXXMemberCallExpr>(init->IgnoreImplicit()))
            range = call->getImplicitObjectArgument();
  return range && isHashContainer(range->getType()) ? range : nullptr;
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

  /// Lambdas that an algorithm calls for each element of a hash container.
  llvm::DenseMap<const Stmt *, const Expr *> bodies_;
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
    if (!call.callee->isInStdNamespace() || call.argumentCount() < 2)
      continue;
    const auto *begin = dyn_cast<CXXMemberCallExpr>(
        call.argument(0)->IgnoreImplicit()->IgnoreParenImpCasts());
    const Expr *container =
        begin ? begin->getImplicitObjectArgument() : nullptr;
    if (!container || !isHashContainer(container->getType()))
      continue;
    for (unsigned i = 1; i < call.argumentCount(); ++i)
      if (const auto *lambda =
              dyn_cast<LambdaExpr>(call.argument(i)->IgnoreImplicit()))
        bodies_[lambda] = container;
  }
}

void DrawInUnorderedLoopCheck::judgeDraw(const RandomUse &use, const Expr *at,
                                         Place place,
                                         const Generator &generator) {
  const UnitIndex &unit = use.unit();
  const Expr *container = nullptr;
  unsigned loop = place.block;
  for (; loop && !container; loop = unit.block(loop).parent) {
    container = hashContainerOf(unit.block(loop).owner);
    if (const auto body = bodies_.find(unit.block(loop).owner);
        body != bodies_.end())
      container = body->second;
    if (container)
      break;
  }
  if (!container)
    return;
  // An engine of the element is seeded for the element.
  for (const UnitIndex::Declared &engine : use.engines())
    if (engine.decl->getCanonicalDecl() == generator.engine &&
        unit.encloses(loop, engine.place.block))
      return;
  if (!isFirstAt(at->getExprLoc()))
    return;
  finding(at->getExprLoc(),
          "the order of a hash container decides which element gets which "
          "random number");
  step(container->getExprLoc(), "this container is visited in hash order");
  cure(container->getExprLoc(),
       "visit the keys in sorted order, or seed an engine from each key");
}

}  // namespace

extern constinit const Rule DrawInUnorderedLoop =
    sourceRule<DrawInUnorderedLoopCheck>(kInfo);

}  // namespace reproaudit::rng
