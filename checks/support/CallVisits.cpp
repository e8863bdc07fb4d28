// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Visits.h"

#include "Mentions.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Callables.h"
#include "reproaudit/analysis/Comparators.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Types.h"

#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

using Kind = Effect::Kind;

/// What an algorithm does with the sequence that it gets.
enum class Role : std::uint8_t {
  None,
  Call,  ///< Calls a function for each element.
  Fold,
  Copy,
  Best,   ///< Picks the best element.
  First,  ///< Picks the first suitable ones.
  Scan,   ///< Folds, and keeps every step.
  Text,
};

Role roleOf(StringRef name) {
  return llvm::StringSwitch<Role>(name)
      .Cases({"for_each", "for_each_n"}, Role::Call)
      .Cases({"accumulate", "reduce", "transform_reduce", "inner_product"},
             Role::Fold)
      .Cases({"fold_left", "fold_right"}, Role::Fold)
      .Cases({"copy", "copy_if", "transform", "copy_n", "move"}, Role::Copy)
      .Cases({"unique_copy", "to"}, Role::Copy)
      .Cases({"max_element", "min_element", "minmax_element"}, Role::Best)
      .Cases({"find_if", "find_if_not", "next", "sample"}, Role::First)
      .Cases({"partial_sum", "inclusive_scan", "exclusive_scan"}, Role::Scan)
      .Case("adjacent_difference", Role::Scan)
      .Cases({"join", "StrJoin"}, Role::Text)
      .Default(Role::None);
}

/// The last argument that can be called, or null.
const Expr *callableOf(const CallExpr &call, unsigned from) {
  for (unsigned i = call.getNumArgs(); i > from; --i)
    if (const Expr *argument = call.getArg(i - 1);
        !isa<CXXDefaultArgExpr>(argument) && isCallable(argument))
      return argument;
  return nullptr;
}

/// An element of \p target is put there in the order of the visit.
Effect appending(const Stmt &at, const Expr *target) {
  return {.kind = Kind::Append,
          .at = &at,
          .target = target ? namedDecl(target) : nullptr,
          .variable = target ? namedVariable(target) : nullptr};
}

/// The local variable that \p made initialises, or null.
const VarDecl *madeVariable(const CXXConstructExpr &made,
                            const FunctionDecl *function) {
  const VarDecl *target = nullptr;
  anyStmt(function ? function->getBody() : nullptr, [&](const Stmt &stmt) {
    const auto *declaration = dyn_cast<DeclStmt>(&stmt);
    if (!declaration)
      return false;
    for (const Decl *decl : declaration->decls())
      if (const auto *variable = dyn_cast<VarDecl>(decl);
          variable && variable->getInit() &&
          anyStmt(variable->getInit()->IgnoreImplicit(),
                  [&](const Stmt &part) { return &part == &made; }))
        target = variable;
    return target != nullptr;
  });
  return target;
}

}  // namespace

VisitFinder::VisitFinder(ASTContext &context, const Sequences &sequences,
                         const OrderCandidates &candidates)
    : context_(context), sequences_(sequences), candidates_(candidates),
      later_(context, candidates.callers,
             [this](const Stmt &loop, const Shuffled &shuffled) {
               return isInnocent(loop, shuffled);
             }) {}

void VisitFinder::visit(Order order, const Expr &sequence,
                        const Iteration &iteration) {
  Visit visit{order, iteration.site, &sequence, effectsOf(iteration, context_)};
  if (!visit.effects.empty())
    settle(std::move(visit), iteration.function, iteration.uniqueKeys);
}

void VisitFinder::add(const Algorithm &algorithm, Effect effect) {
  settle({algorithm.order,
          &algorithm.call,
          &algorithm.sequence,
          {std::move(effect)}},
         algorithm.function,
         shapeOf(algorithm.sequence.getType()) == Shape::Map);
}

/// Drops what a later sort puts right, keeps the rest.
void VisitFinder::settle(Visit visit, const FunctionDecl *function,
                         bool uniqueFirst) {
  if (function && function->getBody() &&
      hasOneElement(*visit.sequence, *visit.site, *function, context_))
    return;
  std::erase_if(visit.effects, [&](Effect &effect) {
    if (effect.kind != Kind::Append || !effect.target || !function)
      return false;
    const std::optional<Reveal> reveal = later_.revealed(
        {effect.target, visit.site, function, uniqueFirst, effect.within});
    if (!reveal)
      return true;
    effect.reader = reveal->at;
    effect.certain &= reveal->certain;
    return false;
  });
  if (!visit.effects.empty())
    visits_.push_back(std::move(visit));
}

/// `std::vector<Key> keys(set.begin(), set.end());`
void VisitFinder::construction(const CXXConstructExpr &made,
                               const FunctionDecl *function) {
  if (shapeOf(made.getType()) != Shape::Sequence)
    return;
  const Expr *sequence = begunBy(made.getArg(0));
  if (!sequence)
    sequence = made.getArg(0);  // A directory iterator.
  const Order order = sequences_.orderOf(sequence);
  if (order == Order::Specified)
    return;
  const VarDecl *target = madeVariable(made, function);
  settle({order,
          &made,
          sequence,
          {{.kind = Kind::Append,
            .at = &made,
            .target = target,
            .variable = target}}},
         function, shapeOf(sequence->getType()) == Shape::Map);
}

void VisitFinder::call(const CallExpr &call, const FunctionDecl *function) {
  firstElement(call, function);
  StringRef name = nameOf(call.getDirectCallee());
  unsigned offset = 0;
  // std::ranges algorithms are objects: their name is that of the object.
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call)) {
    const auto *object = op->getOperator() == OO_Call
                             ? dyn_cast<DeclRefExpr>(bare(call.getArg(0)))
                             : nullptr;
    if (!object || !object->getDecl()->getIdentifier())
      return;
    name = object->getDecl()->getName();
    offset = 1;
  }
  if (name.empty())
    return;
  for (unsigned i = offset; i < call.getNumArgs() && i < offset + 4; ++i) {
    const Expr *argument = call.getArg(i);
    if (isa<CXXDefaultArgExpr>(argument))
      break;
    const Expr *sequence = begunBy(argument);
    if (!sequence)
      sequence = argument;
    const Order order = sequences_.orderOf(sequence);
    if (order == Order::Specified)
      continue;
    const Algorithm found{call, name, i, *sequence, order, function};
    return isa<CXXMemberCallExpr>(call) ? rangeInto(found) : algorithm(found);
  }
}

/// `v.insert(v.end(), s.begin(), s.end())`, `v.assign(s.begin(), s.end())`.
void VisitFinder::rangeInto(const Algorithm &algorithm) {
  const auto &method = cast<CXXMemberCallExpr>(algorithm.call);
  const Expr *object = method.getImplicitObjectArgument();
  const bool puts = llvm::StringSwitch<bool>(algorithm.name)
                        .Cases({"insert", "assign", "append"}, true)
                        .Cases({"append_range", "assign_range"}, true)
                        .Default(false);
  if (puts && object && shapeOf(object->getType()) == Shape::Sequence)
    add(algorithm, appending(algorithm.call, object));
}

void VisitFinder::called(const Algorithm &algorithm, const Expr *callable) {
  const FunctionDecl *body = callable ? ownFunctionBehind(callable) : nullptr;
  if (!body || body->getNumParams() == 0)
    return;
  Iteration iteration = iterationOf(algorithm.sequence, algorithm.function,
                                    &algorithm.call, body->getBody());
  iteration.isLoop = false;
  iteration.elements.push_back(body->getParamDecl(0));
  visit(algorithm.order, algorithm.sequence, iteration);
}

/// `accumulate(first, last, init[, f])` and its kind.
void VisitFinder::folded(const Algorithm &algorithm, const Expr *callable) {
  const FunctionDecl *body = callable ? ownFunctionBehind(callable) : nullptr;
  if (body && body->getNumParams() == 2) {
    Iteration iteration = iterationOf(algorithm.sequence, algorithm.function,
                                      &algorithm.call, body->getBody());
    iteration.isLoop = false;
    iteration.accumulator = body->getParamDecl(0);
    iteration.elements.push_back(body->getParamDecl(1));
    visit(algorithm.order, algorithm.sequence, iteration);
  } else if (!roundingType(algorithm.call.getType()).isNull()) {
    add(algorithm, {.kind = Kind::FloatFold, .at = &algorithm.call});
  }
}

/// To `back_inserter(v)`, `inserter(s, s.end())`, `v.begin()`, a stream.
void VisitFinder::copied(const Algorithm &algorithm, const Expr *callable) {
  called(algorithm, callable);
  const Expr *output = nullptr;
  for (const Expr *argument : algorithm.call.arguments()) {
    const Expr *inner = bare(argument);
    const auto *inserter = dyn_cast<CallExpr>(inner);
    if (inserter != nullptr && inserter->getNumArgs() > 0 &&
        nameOf(inserter->getDirectCallee()).ends_with("inserter"))
      output = inserter->getArg(0);
    else if (const Expr *begun = begunBy(inner);
             begun && sequences_.orderOf(begun) == Order::Specified)
      output = begun;
    else if (const auto *record = inner->getType()->getAsCXXRecordDecl();
             record != nullptr && record->getIdentifier() != nullptr &&
             record->getName().starts_with("ostream"))
      return add(algorithm, {.kind = Kind::Output, .at = &algorithm.call});
  }
  if (output && shapeOf(output->getType()) == Shape::Sequence)
    add(algorithm, appending(algorithm.call, output));
}

void VisitFinder::best(const Algorithm &algorithm, const Expr *callable) {
  const QualType element = firstArgument(algorithm.sequence.getType());
  const Shape shape = shapeOf(algorithm.sequence.getType());
  if (!callable && shape != Shape::Other)
    return;  // Whole elements, and those are unique or equal.
  if (callable != nullptr &&
      compares(callable, nullptr, element, context_, shape == Shape::Map)
              .totality == Totality::Total)
    return;
  add(algorithm,
      {.kind = Kind::TieBreak, .at = &algorithm.call, .certain = false});
}

void VisitFinder::algorithm(const Algorithm &algorithm) {
  if (algorithm.first > 2)
    return;
  const Expr *callable = callableOf(algorithm.call, algorithm.first + 1);
  switch (roleOf(algorithm.name)) {
  case Role::None:
    return;
  case Role::Call:
    return called(algorithm, callable);
  case Role::Fold:
    return folded(algorithm, callable);
  case Role::Copy:
    return copied(algorithm, callable);
  case Role::Best:
    return best(algorithm, callable);
  case Role::First:
    return add(
        algorithm,
        {.kind = Kind::FirstElement, .at = &algorithm.call, .certain = false});
  case Role::Scan:
    return add(algorithm, {.kind = Kind::OrderedFold, .at = &algorithm.call});
  case Role::Text:
    return add(algorithm, {.kind = Kind::Output, .at = &algorithm.call});
  }
}

/// `*x.begin()`, `x.begin()->second`: whichever comes first.
void VisitFinder::firstElement(const CallExpr &call,
                               const FunctionDecl *function) {
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&call);
  if (!op || (op->getOperator() != OO_Star && op->getOperator() != OO_Arrow))
    return;
  const Expr *sequence = begunBy(op->getArg(0));
  const Order order = sequences_.orderOf(sequence);
  if (order == Order::Specified || !function || !function->getBody() ||
      isInDiagnosticMacro(call.getBeginLoc(), context_))
    return;
  // A worklist takes any element.
  const bool isErased = anyStmt(function->getBody(), [&](const Stmt &stmt) {
    const auto *method = dyn_cast<CXXMemberCallExpr>(&stmt);
    return method && nameOf(method->getMethodDecl()) == "erase" &&
           sameObject(*method->getImplicitObjectArgument(), *sequence,
                      context_);
  });
  if (!isErased)
    settle({order,
            &call,
            sequence,
            {{.kind = Kind::FirstElement, .at = &call, .certain = false}}},
           function, /*uniqueFirst=*/false);
}

}  // namespace reproaudit
