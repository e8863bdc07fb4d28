// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Effects.h"

#include "EffectClassifier.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Paths.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Does \p stmt leave the rest of its block?
bool leaves(const Stmt *stmt) {
  if (const auto *block = dyn_cast_or_null<CompoundStmt>(stmt))
    stmt = block->body_empty() ? nullptr : block->body_back();
  return isa_and_nonnull<ContinueStmt, ReturnStmt, BreakStmt>(stmt);
}

}  // namespace

// ---------------------------------------------------------------------------
// Statements

void EffectClassifier::walkBlock(const CompoundStmt &block,
                                 const Frame &frame) {
  const std::size_t before = conditions_.size();
  for (const Stmt *stmt : block.body()) {
    walk(stmt, frame);
    // `if (worse) continue;` guards what follows.
    if (const auto *branch = dyn_cast<IfStmt>(stmt);
        branch && leaves(branch->getThen()))
      conditions_.push({branch->getCond(), &frame, /*holds=*/false});
  }
  conditions_.truncate(before);
}

/// The first of \p parts runs if \p condition holds, the second if not.
void EffectClassifier::walkGuarded(const Expr *condition, const Frame &frame,
                                   std::initializer_list<const Stmt *> parts) {
  walk(condition, frame);
  const std::size_t before = conditions_.size();
  conditions_.push({condition, &frame});
  for (const Stmt *part : parts) {
    walk(part, frame);
    conditions_.negateLast();
  }
  conditions_.truncate(before);
}

void EffectClassifier::walkChildren(const Stmt &stmt, const Frame &frame) {
  for (const Stmt *child : stmt.children())
    walk(child, frame);
}

void EffectClassifier::walkNested(const Stmt &stmt, const Frame &frame) {
  ++nested_;
  walkChildren(stmt, frame);
  --nested_;
}

void EffectClassifier::walk(const Stmt *stmt, const Frame &frame) {
  if (!stmt || budget_ == 0 || isa<LambdaExpr, UnaryExprOrTypeTraitExpr>(stmt))
    return;
  --budget_;
  if (isInDiagnosticMacro(stmt->getBeginLoc(), context_))
    return;
  if (const auto *block = dyn_cast<CompoundStmt>(stmt))
    return walkBlock(*block, frame);
  if (const auto *branch = dyn_cast<IfStmt>(stmt)) {
    walk(branch->getInit(), frame);
    walk(branch->getConditionVariableDeclStmt(), frame);
    return walkGuarded(branch->getCond(), frame,
                       {branch->getThen(), branch->getElse()});
  }
  if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt, SwitchStmt>(stmt))
    return walkNested(*stmt, frame);
  if (const auto *expr = dyn_cast<Expr>(stmt))
    return expression(*expr, frame);
  if (const auto *result = dyn_cast<ReturnStmt>(stmt))
    returned(*result, frame);
  else if (const auto *end = dyn_cast<BreakStmt>(stmt))
    left(*end);
  walkChildren(*stmt, frame);
}

void EffectClassifier::expression(const Expr &expr, const Frame &frame) {
  if (const auto *choice = dyn_cast<ConditionalOperator>(&expr))
    return walkGuarded(choice->getCond(), frame,
                       {choice->getTrueExpr(), choice->getFalseExpr()});
  if (const auto *op = dyn_cast<BinaryOperator>(&expr)) {
    if (op->isLogicalOp())
      return walkGuarded(op->getLHS(), frame, {op->getRHS()});
    if (op->getOpcode() == BO_Assign)
      assigned(*op->getLHS(), op->getRHS(), *op, frame);
    else if (op->isCompoundAssignmentOp())
      folded(*op->getLHS(), familyOf(op->getOpcode()), op->getRHS(), *op,
             frame);
  } else if (const auto *unary = dyn_cast<UnaryOperator>(&expr)) {
    if (unary->isIncrementDecrementOp())
      folded(*unary->getSubExpr(), OperatorFamily::Add, nullptr, *unary, frame);
  } else if (const auto *made = dyn_cast<CallExpr>(&expr)) {
    if (call(*made, frame))
      return;
  }
  walkChildren(expr, frame);
}

void EffectClassifier::left(const BreakStmt &stmt) {
  if (nested_ > 0 || !iteration_.isLoop || conditions_.areUnique())
    return;
  breaks_ = true;
  if (conditions_.areCounted())
    limit_ = &stmt;
}

void EffectClassifier::returned(const ReturnStmt &stmt, const Frame &frame) {
  const Expr *value = stmt.getRetValue();
  if (!value || frame.caller)
    return;
  if (iteration_.accumulator) {
    // The body assigns what it returns to its first parameter.
    anyStmt(iteration_.body, [&](const Stmt &part) {
      const auto *target = dyn_cast<DeclRefExpr>(&part);
      if (!target || target->getDecl() != iteration_.accumulator)
        return false;
      assigned(*target, value, *value, frame);
      return true;
    });
    return;
  }
  if (iteration_.isLoop && (flow_.depends(value, frame) & Flow::Element) != 0 &&
      !conditions_.areUnique())
    add(Kind::FirstElement, stmt, {}, frame, /*certain=*/false);
}

// ---------------------------------------------------------------------------
// Writes

void EffectClassifier::assigned(const Expr &target, const Expr *value,
                                const Expr &at, const Frame &frame) {
  const FoldPath path = foldPath(value, target, context_);
  if (path.occurrences > 0 && !isa<ConditionalOperator>(bare(value)))
    return folded(target,
                  path.occurrences > 1 ? path.families | OperatorFamily::Mixed
                                       : path.families,
                  value, at, frame);
  stored(flow_.written(&target, frame), target, value, at, frame);
}

void EffectClassifier::folded(const Expr &target, unsigned families,
                              const Expr *value, const Expr &at,
                              const Frame &frame) {
  const Place place = flow_.written(&target, frame);
  const unsigned uses = value ? flow_.depends(value, frame) : 0;
  if (place.kind == Place::Kind::Element || place.isKeyed()) {
    // Only this element is touched, but with what others left behind.
    if ((uses & Flow::Carried) != 0 && place.kind == Place::Kind::Element)
      add(Kind::Number, at, place, frame);
    return;
  }
  if (place.kind == Place::Kind::Local || conditions_.areUnique())
    return;
  const QualType type = target.getType().getNonReferenceType();
  if (isText(type)) {
    if ((uses & Flow::Element) != 0)
      add(Kind::Output, at, place, frame);
  } else if (const QualType rounds = roundingType(type); !rounds.isNull()) {
    if (value && families != OperatorFamily::MinMax &&
        (uses & Flow::Element) != 0)
      foldedFloat(place, families, *value, rounds, at, frame);
  } else if (type->isIntegralOrEnumerationType()) {
    // `h ^= v + (h << 6)` uses what it changes.
    const auto *op = dyn_cast<BinaryOperator>(&at);
    if (value != nullptr && op != nullptr && op->isCompoundAssignmentOp() &&
        foldPath(value, target, context_).occurrences > 0)
      families |= OperatorFamily::Mixed;
    foldedInteger(place, families, uses, at, frame);
  }
}

void EffectClassifier::foldedFloat(const Place &place, unsigned families,
                                   const Expr &value, QualType rounds,
                                   const Expr &at, const Frame &frame) {
  const std::optional<Accumulation> sum = accumulation(at, context_);
  const Expr &added = sum && sum->value ? *sum->value : value;
  // A double holds every count that a program can reach.
  const bool counts =
      context_.hasSameUnqualifiedType(rounds, context_.DoubleTy) &&
      families == OperatorFamily::Add &&
      bare(&added)->getType()->isIntegralOrEnumerationType();
  if (!counts && !addsExactly(&added, context_) && !measuresTime(&added))
    add(Kind::FloatFold, at, place, frame);
}

void EffectClassifier::foldedInteger(const Place &place, unsigned families,
                                     unsigned uses, const Expr &at,
                                     const Frame &frame) {
  const bool usesElement = (uses & Flow::Element) != 0;
  if (usesElement && (families & OperatorFamily::Mixed) != 0)
    return add(Kind::OrderedFold, at, place, frame);
  if ((families & OperatorFamily::MinMax) != 0)
    return;
  // `h ^= x; h *= prime;`: each commutes with itself, not with the other.
  Fold &known = folds_[place.target];
  known.families |= families;
  known.usesElement |= usesElement;
  if (llvm::popcount(known.families) > 1 && known.usesElement)
    add(Kind::OrderedFold, at, place, frame);
}

void EffectClassifier::stored(const Place &place, const Expr &target,
                              const Expr *value, const Expr &at,
                              const Frame &frame) {
  const unsigned uses = flow_.depends(value, frame);
  if (place.kind == Place::Kind::Local || conditions_.areUnique())
    return;
  if (place.kind == Place::Kind::Element ||
      (place.isIndexed() && (place.isKeyed() || !place.coarse))) {
    if ((uses & Flow::Carried) != 0 &&
        bare(value)->getType()->isIntegralOrEnumerationType())
      add(Kind::Number, at, place, frame);
    else if (place.kind == Place::Kind::Outer)
      keep(at, place);
    return;
  }
  if ((uses & Flow::Element) == 0)
    return;
  if (place.counted)
    return add(Kind::Append, at, place, frame);
  const std::size_t before = conditions_.size();
  if (const auto *choice = dyn_cast<ConditionalOperator>(bare(value)))
    conditions_.push({choice->getCond(), &frame});
  const Verdict verdict = conditions_.verdict(&target);
  conditions_.truncate(before);
  switch (verdict) {
  case Verdict::Unique:
  case Verdict::Ordered:
  case Verdict::Exact:
    return;
  case Verdict::Tie:
    return add(Kind::TieBreak, at, place, frame, /*certain=*/false);
  case Verdict::Search:
    return add(Kind::FirstElement, at, place, frame, /*certain=*/false);
  case Verdict::Free:
    return add(Kind::Overwrite, at, place, frame);
  }
}

/// Elements that are put where their keys say: all of them, or as many as a
/// limit lets through.
void EffectClassifier::keep(const Stmt &at, const Place &place) {
  if (kept_)
    return;
  kept_ = &at;
  keptIn_ = place;
  keepsSome_ = conditions_.areCounted();
}

// ---------------------------------------------------------------------------

void EffectClassifier::add(Kind kind, const Stmt &at, const Place &place,
                           const Frame &frame, bool certain) {
  for (const Effect &known : effects_)
    if (known.kind == kind && known.target == place.target &&
        (place.target || known.at == &at))
      return;
  Effect effect{kind,           &at,     place.target,
                place.variable, certain, place.isIndexed()};
  for (const Frame *inner = &frame; inner->caller; inner = inner->caller)
    effect.calls.insert(effect.calls.begin(), inner->call);
  effects_.push_back(std::move(effect));
}

/// Does nothing in the body but its own accumulation use \p variable?
bool EffectClassifier::isOnlyFolded(const VarDecl &variable) const {
  const std::function<bool(const Stmt *)> reads = [&](const Stmt *stmt) {
    if (!stmt || isInDiagnosticMacro(stmt->getBeginLoc(), context_))
      return false;
    const auto *expr = dyn_cast<Expr>(stmt);
    if (const auto sum = expr ? accumulation(*expr, context_) : std::nullopt;
        sum && namedVariable(sum->target) == &variable)
      return reads(sum->value);
    if (const auto *made = dyn_cast<CallExpr>(stmt);
        made && useOfCall(*made) == Use::Diagnostic)
      return false;
    const auto *reference = dyn_cast<DeclRefExpr>(stmt);
    return (reference && reference->getDecl() == &variable) ||
           llvm::any_of(stmt->children(), reads);
  };
  return !reads(iteration_.body);
}

/// Is \p member put back afterwards: `const auto t = s.t; ...; s.t = t;`?
bool EffectClassifier::isRestored(const NamedDecl &member) const {
  const SourceManager &sources = context_.getSourceManager();
  return anyStmt(iteration_.function->getBody(), [&](const Stmt &stmt) {
    const auto *op = dyn_cast<BinaryOperator>(&stmt);
    const auto *target = op && op->getOpcode() == BO_Assign
                             ? dyn_cast<MemberExpr>(bare(op->getLHS()))
                             : nullptr;
    const VarDecl *saved = target ? namedVariable(op->getRHS()) : nullptr;
    return saved && saved->getInit() && target->getMemberDecl() == &member &&
           sameObject(*saved->getInit(), *target, context_) &&
           sources.isBeforeInTranslationUnit(iteration_.site->getEndLoc(),
                                             op->getBeginLoc());
  });
}

/// What nobody reads afterwards was only a scratch variable.
bool EffectClassifier::isScratch(const Effect &effect) const {
  const bool isFold =
      effect.kind == Kind::FloatFold || effect.kind == Kind::OrderedFold;
  const bool isChoice = effect.kind == Kind::Overwrite ||
                        effect.kind == Kind::TieBreak ||
                        effect.kind == Kind::FirstElement;
  if ((!isFold && !isChoice) || !iteration_.site || !iteration_.function)
    return false;
  if (!effect.variable)
    return isChoice && isa_and_nonnull<FieldDecl>(effect.target) &&
           isRestored(*effect.target);
  return (isChoice || isOnlyFolded(*effect.variable)) &&
         isDeadAfter(*effect.variable, *iteration_.site, *iteration_.function,
                     context_);
}

/// Does the body take elements out again? Then better ones replace others.
bool EffectClassifier::isReplacedInBody(const Place &place) const {
  return anyStmt(iteration_.body, [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CXXMemberCallExpr>(&stmt);
    const StringRef name = call ? nameOf(call->getMethodDecl()) : StringRef();
    return (name == "pop" || name == "erase" || name == "extract") &&
           flow_.resolve(call->getImplicitObjectArgument(), frames_.root())
                   .target == place.target;
  });
}

std::vector<Effect> EffectClassifier::run() {
  walk(iteration_.body, frames_.root());
  for (Effect &effect : effects_)
    if (effect.kind == Kind::Overwrite && breaks_) {
      effect.kind = Kind::FirstElement;
      effect.certain = false;
    }
  if (kept_ && (limit_ || keepsSome_) && !isReplacedInBody(keptIn_))
    add(Kind::Selection, *kept_, keptIn_, frames_.root());
  // An exact sum, but of the first elements only.
  else if (limit_ && llvm::any_of(folds_, [](const auto &fold) {
             return fold.second.usesElement;
           }))
    add(Kind::FirstElement, *limit_, {}, frames_.root(), /*certain=*/false);
  std::erase_if(effects_,
                [&](const Effect &effect) { return isScratch(effect); });
  return std::move(effects_);
}

std::vector<Effect> effectsOf(const Iteration &iteration, ASTContext &context) {
  return EffectClassifier(iteration, context).run();
}

}  // namespace reproaudit
