// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Visits.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Objects.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// How many loops over a filled sequence are followed inside one another.
constexpr unsigned kDepth = 2;

/// Does \p stmt move the iterator \p variable: `++it`, `it += n`, `it = ...`?
bool moves(const Stmt *stmt, const VarDecl &variable) {
  return anyStmt(stmt, [&](const Stmt &part) {
    const auto *op = dyn_cast<CXXOperatorCallExpr>(&part);
    return op && op->getNumArgs() > 0 &&
           namedVariable(op->getArg(0)) == &variable &&
           (op->getOperator() == OO_PlusPlus || op->isAssignmentOp());
  });
}

/// The call of readdir or the like in \p stmt, or null.
const CallExpr *listingIn(const Stmt *stmt) {
  const CallExpr *listing = nullptr;
  anyStmt(stmt, [&](const Stmt &part) {
    const auto *call = dyn_cast<CallExpr>(&part);
    const StringRef name = call ? nameOf(call->getDirectCallee()) : StringRef();
    if (name.starts_with("readdir") || name == "FindNextFileA")
      listing = call;
    return listing != nullptr;
  });
  return listing;
}

/// The container that \p condition asks whether it is empty, or null.
const Expr *askedIfEmpty(const Expr *condition) {
  const Expr *container = nullptr;
  anyStmt(condition, [&](const Stmt &part) {
    const auto *call = dyn_cast<CXXMemberCallExpr>(&part);
    const StringRef name = call ? nameOf(call->getMethodDecl()) : StringRef();
    if (name == "empty" || name == "size")
      container = call->getImplicitObjectArgument();
    return container != nullptr;
  });
  return container;
}

/// The variable that the block \p body makes from `container.begin()`, or null.
const VarDecl *firstTaken(const Stmt *body, const Expr &container,
                          const ASTContext &context) {
  const auto isBegin = [&](const Stmt &part) {
    const auto *call = dyn_cast<CXXMemberCallExpr>(&part);
    const StringRef name = call ? nameOf(call->getMethodDecl()) : StringRef();
    return (name == "begin" || name == "cbegin") &&
           sameObject(*call->getImplicitObjectArgument(), container, context);
  };
  const auto *block = dyn_cast_or_null<CompoundStmt>(body);
  if (!block)
    return nullptr;
  for (const Stmt *stmt : block->body())
    if (const auto *declaration = dyn_cast<DeclStmt>(stmt);
        declaration && declaration->isSingleDecl())
      if (const auto *variable =
              dyn_cast<VarDecl>(declaration->getSingleDecl());
          variable && anyStmt(variable->getInit(), isBegin))
        return variable;
  return nullptr;
}

/// The variable that \p stmt sets to the value of \p call, or null.
const VarDecl *setTo(const Stmt *stmt, const CallExpr &call) {
  const VarDecl *found = nullptr;
  anyStmt(stmt, [&](const Stmt &part) {
    if (const auto *op = dyn_cast<BinaryOperator>(&part)) {
      if (op->getOpcode() == BO_Assign && bare(op->getRHS()) == &call)
        found = namedVariable(op->getLHS());
    } else if (const auto *declaration = dyn_cast<DeclStmt>(&part)) {
      for (const Decl *decl : declaration->decls())
        if (const auto *variable = dyn_cast<VarDecl>(decl);
            variable && variable->getInit() &&
            bare(variable->getInit()) == &call)
          found = variable;
    }
    return found != nullptr;
  });
  return found;
}

}  // namespace

Iteration VisitFinder::iterationOf(const Expr &sequence,
                                   const FunctionDecl *function,
                                   const Stmt *site, const Stmt *body) const {
  const Shape shape = shapeOf(sequence.getType());
  const bool keys = isKeysView(sequence.getType());
  return {.function = function,
          .site = site,
          .body = body,
          .uniqueKeys = shape == Shape::Set || shape == Shape::Map || keys ||
                        sequences_.orderOf(&sequence) == Order::Directory,
          .elementIsKey = shape == Shape::Set || keys || shape == Shape::Other};
}

/// Would \p loop over a sequence in arbitrary order show that order?
bool VisitFinder::isInnocent(const Stmt &loop, const Shuffled &shuffled) {
  if (depth_ >= kDepth)
    return false;
  Iteration iteration{.function = shuffled.function,
                      .site = &loop,
                      .uniqueKeys = true,
                      .elementIsKey = true};
  if (const auto *range = dyn_cast<CXXForRangeStmt>(&loop)) {
    iteration.body = range->getBody();
    iteration.elements = {range->getLoopVariable()};
  } else {
    iteration.body = cast<ForStmt>(loop).getBody();
    iteration.indexed = shuffled.sequence;
  }
  ++depth_;
  const bool innocent =
      llvm::all_of(effectsOf(iteration, context_), [&](const Effect &effect) {
        return effect.kind == Effect::Kind::Append && effect.target &&
               !later_.revealed({effect.target, &loop, shuffled.function});
      });
  --depth_;
  return innocent;
}

void VisitFinder::rangeFor(const CXXForRangeStmt &loop,
                           const FunctionDecl *function) {
  const Expr *range = loop.getRangeInit();
  if (!range || !loop.getLoopVariable())
    return;
  Order order = sequences_.orderOf(range);
  if (order == Order::Specified && loop.getBeginStmt()) {
    // A class of the project that hands out hash iterators.
    const auto *begin = dyn_cast<VarDecl>(loop.getBeginStmt()->getSingleDecl());
    order = sequences_.orderOf(begin->getType());
  }
  if (order == Order::Specified)
    return;
  Iteration iteration = iterationOf(*range, function, &loop, loop.getBody());
  iteration.elements.push_back(loop.getLoopVariable());
  visit(order, *range, iteration);
}

void VisitFinder::loop(const Loop &loop, const FunctionDecl *function) {
  if (iterators(loop, function) || listing(loop, function) ||
      draining(loop, function))
    return;
  if (const auto *spelled = dyn_cast<ForStmt>(loop.stmt))
    boostForeach(*spelled, function);
}

/// The sequence that \p loop visits by \p iterator, or null.
const Expr *VisitFinder::visitedBy(const VarDecl &iterator,
                                   const Loop &loop) const {
  if (const Expr *sequence = candidates_.begins.lookup(&iterator))
    return sequence;
  // Where it comes from is not known, but its type may say enough.
  const bool isMoved =
      sequences_.orderOf(iterator.getType()) != Order::Specified &&
      (moves(loop.step, iterator) || moves(loop.condition, iterator) ||
       moves(loop.body, iterator));
  return isMoved ? iterator.getInit() : nullptr;
}

/// `for (it = x.begin(); it != x.end(); ++it)`, in all its spellings.
bool VisitFinder::iterators(const Loop &loop, const FunctionDecl *function) {
  llvm::SmallVector<const VarDecl *, 4> variables;
  for (const Stmt *part : loop.head())
    anyStmt(part, [&](const Stmt &stmt) {
      if (const auto *declaration = dyn_cast<DeclStmt>(&stmt)) {
        for (const Decl *decl : declaration->decls())
          if (const auto *variable = dyn_cast<VarDecl>(decl))
            variables.push_back(variable);
      } else if (const auto *reference = dyn_cast<DeclRefExpr>(&stmt)) {
        if (const auto *variable = dyn_cast<VarDecl>(reference->getDecl()))
          variables.push_back(variable);
      }
      return false;
    });
  for (const VarDecl *iterator : variables) {
    const Expr *sequence = visitedBy(*iterator, loop);
    if (!sequence)
      continue;
    Order order = sequences_.orderOf(sequence);
    if (order == Order::Specified)
      order = sequences_.orderOf(iterator->getType());
    if (order == Order::Specified)
      continue;
    Iteration iteration =
        iterationOf(*sequence, function, loop.stmt, loop.body);
    iteration.elements.push_back(iterator);
    visit(order, *sequence, iteration);
    return true;
  }
  return false;
}

/// `while ((entry = readdir(directory)) != nullptr)`
bool VisitFinder::listing(const Loop &loop, const FunctionDecl *function) {
  for (const Stmt *part : loop.head()) {
    const CallExpr *call = listingIn(part);
    const VarDecl *entry = call ? setTo(part, *call) : nullptr;
    if (!entry)
      continue;
    visit(Order::Directory, *call,
          {.function = function,
           .site = loop.stmt,
           .body = loop.body,
           .elements = {entry},
           .uniqueKeys = true,
           .elementIsKey = true});
    return true;
  }
  return false;
}

/// `while (!open.empty()) { auto next = *open.begin(); ... }`
bool VisitFinder::draining(const Loop &loop, const FunctionDecl *function) {
  const Expr *container = askedIfEmpty(loop.condition);
  const Order order =
      container ? sequences_.orderOf(container) : Order::Specified;
  const VarDecl *taken = order != Order::Specified
                             ? firstTaken(loop.body, *container, context_)
                             : nullptr;
  if (!taken)
    return false;
  Iteration iteration = iterationOf(*container, function, loop.stmt, loop.body);
  iteration.elements.push_back(taken);
  visit(order, *container, iteration);
  return true;
}

/// BOOST_FOREACH(element, container) is `for (element =
/// deref<container>(...);`.
void VisitFinder::boostForeach(const ForStmt &loop,
                               const FunctionDecl *function) {
  if (!loop.getBeginLoc().isMacroID())
    return;
  const VarDecl *element = nullptr;
  const Expr *from = nullptr;
  if (const auto *declaration = dyn_cast_or_null<DeclStmt>(loop.getInit())) {
    if (declaration->isSingleDecl())
      element = dyn_cast<VarDecl>(declaration->getSingleDecl());
    from = element ? element->getInit() : nullptr;
  } else if (const auto *op =
                 dyn_cast_or_null<BinaryOperator>(loop.getInit())) {
    element = namedVariable(op->getLHS());
    from = op->getRHS();
  }
  const auto *deref = from ? dyn_cast<CallExpr>(bare(from)) : nullptr;
  const FunctionDecl *callee = deref ? deref->getDirectCallee() : nullptr;
  if (nameOf(callee) != "deref" || !callee->getTemplateSpecializationArgs() ||
      deref->getNumArgs() == 0)
    return;
  const TemplateArgument &type =
      callee->getTemplateSpecializationArgs()->get(0);
  if (type.getKind() != TemplateArgument::Type)
    return;
  const Order order = sequences_.orderOf(type.getAsType());
  if (order == Order::Specified)
    return;
  Iteration iteration = iterationOf(*deref, function, &loop, loop.getBody());
  iteration.elements.push_back(element);
  visit(order, *deref, iteration);
}

void VisitFinder::look(const OrderCandidates::Place &place) {
  const Stmt *stmt = place.stmt;
  const FunctionDecl *function = place.function;
  if (const auto *range = dyn_cast<CXXForRangeStmt>(stmt))
    rangeFor(*range, function);
  else if (const auto *spelled = dyn_cast<ForStmt>(stmt))
    loop({.stmt = spelled,
          .init = spelled->getInit(),
          .condition = spelled->getCond(),
          .step = spelled->getInc(),
          .body = spelled->getBody()},
         function);
  else if (const auto *whilst = dyn_cast<WhileStmt>(stmt))
    loop({.stmt = whilst,
          .init = whilst->getConditionVariableDeclStmt(),
          .condition = whilst->getCond(),
          .body = whilst->getBody()},
         function);
  else if (const auto *until = dyn_cast<DoStmt>(stmt))
    loop({.stmt = until,
          .condition = until->getCond(),
          .body = until->getBody()},
         function);
  else if (const auto *made = dyn_cast<CXXConstructExpr>(stmt))
    construction(*made, function);
  else if (const auto *called = dyn_cast<CallExpr>(stmt))
    call(*called, function);
}

}  // namespace reproaudit
