// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Flow.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

StringRef nameOf(const FunctionDecl *function) {
  return function && function->getIdentifier() ? function->getName()
                                               : StringRef();
}

/// Members of which no two objects have the same value, by their name.
bool isIdentity(const NamedDecl &member) {
  static constexpr llvm::StringLiteral kWords[] = {"id", "uid", "index", "idx",
                                                   "uuid"};
  return member.getIdentifier() && hasWord(member.getName(), kWords);
}

bool looksUp(StringRef name) {
  return name == "find" || name == "at" || name == "count";
}

bool grows(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"push_back", "emplace_back", "insert", "emplace"}, true)
      .Cases({"try_emplace", "insert_or_assign", "push"}, true)
      .Default(false);
}

/// Does a method called \p name give access to what its object holds?
bool accesses(StringRef name) {
  return looksUp(name) ||
         llvm::StringSwitch<bool>(name)
             .Cases({"begin", "end", "rbegin", "data", "get", "back", "front"},
                    true)
             .Cases({"emplace", "insert", "try_emplace", "lower_bound"}, true)
             .Cases({"emplace_back", "value", "top"}, true)
             .Default(false);
}

bool isIterator(QualType type) {
  const auto *record =
      type.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
  return record && record->getIdentifier() &&
         record->getName().contains("iter");
}

bool refersElsewhere(QualType type) {
  return type->isReferenceType() || type->isPointerType() || isIterator(type);
}

bool assigns(OverloadedOperatorKind op) {
  switch (op) {
  case OO_Equal:
  case OO_PlusEqual:
  case OO_MinusEqual:
  case OO_StarEqual:
  case OO_SlashEqual:
  case OO_PercentEqual:
  case OO_CaretEqual:
  case OO_AmpEqual:
  case OO_PipeEqual:
  case OO_LessLessEqual:
  case OO_GreaterGreaterEqual:
  case OO_LessLess:
    return true;
  default:
    return false;
  }
}

const VarDecl *variableOf(const ValueDecl *decl) {
  if (const auto *binding = dyn_cast<BindingDecl>(decl))
    return dyn_cast_or_null<VarDecl>(binding->getDecomposedDecl());
  return dyn_cast<VarDecl>(decl);
}

const VarDecl *rootVariable(const Expr *expr) {
  for (expr = bare(expr);;) {
    if (const auto *reference = dyn_cast<DeclRefExpr>(expr))
      return variableOf(reference->getDecl());
    if (const auto *member = dyn_cast<MemberExpr>(expr))
      expr = bare(member->getBase());
    else if (const auto *element = dyn_cast<ArraySubscriptExpr>(expr))
      expr = bare(element->getBase());
    else if (const auto *unary = dyn_cast<UnaryOperator>(expr))
      expr = bare(unary->getSubExpr());
    else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(expr);
             call && call->getNumArgs() > 0)
      expr = bare(call->getArg(0));
    else
      return nullptr;
  }
}

/// The variable to which \p expr gives a new value whatever it was, or null.
const VarDecl *renewedBy(const Expr &expr) {
  const Expr *whole = bare(&expr);
  if (const auto *op = dyn_cast<BinaryOperator>(whole))
    return op->getOpcode() == BO_Assign ? namedVariable(op->getLHS()) : nullptr;
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(whole))
    return op->getOperator() == OO_Equal ? namedVariable(op->getArg(0))
                                         : nullptr;
  const auto *call = dyn_cast<CXXMemberCallExpr>(whole);
  const StringRef name = call ? nameOf(call->getMethodDecl()) : StringRef();
  return name == "clear" || name == "assign" || name == "str"
             ? namedVariable(call->getImplicitObjectArgument())
             : nullptr;
}

}  // namespace

// ---------------------------------------------------------------------------
// Frames

Flow::Flow(const Iteration &iteration, const ASTContext &context)
    : iteration_(iteration), context_(context) {
  open({.body = iteration.body, .function = iteration.function},
       /*maxDepth=*/0);
  if (iteration.accumulator)
    anyStmt(iteration.body, [&](const Stmt &stmt) {
      const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
      if (reference && reference->getDecl() == iteration.accumulator)
        accumulator_ = reference;
      return accumulator_ != nullptr;
    });
  collectScratch();
  collectCarried();
}

/// A variable outside the loop that every iteration starts anew and nobody
/// reads afterwards is as good as one inside.
void Flow::collectScratch() {
  const auto *block = dyn_cast<CompoundStmt>(iteration_.body);
  if (!block)
    return;
  Frame &root = *frames_.front();
  for (const Stmt *stmt : block->body()) {
    const auto *expr = dyn_cast<Expr>(stmt);
    const VarDecl *variable = expr ? renewedBy(*expr) : nullptr;
    const auto isFirstMention = [&] {
      return stmt == *llvm::find_if(block->body(), [&](const Stmt *before) {
               return mentions(before, *variable);
             });
    };
    if (variable && !isElement(variable) && isFirstMention() &&
        isDeadAfter(*variable))
      root.locals.try_emplace(variable);
  }
  for (auto &[variable, sources] : root.locals)
    sources = {};
  collectLocals(root);
}

const Frame *Flow::open(Frame frame, unsigned maxDepth) {
  frame.depth = frame.caller ? frame.caller->depth + 1 : 0;
  if (!frame.body || frame.depth > maxDepth)
    return nullptr;
  frames_.push_back(std::make_unique<Frame>(std::move(frame)));
  collectLocals(*frames_.back());
  return frames_.back().get();
}

void Flow::collectLocals(Frame &frame) const {
  anyStmt(frame.body, [&](const Stmt &stmt) {
    if (const auto *declaration = dyn_cast<DeclStmt>(&stmt))
      for (const Decl *decl : declaration->decls())
        if (const auto *variable = dyn_cast<VarDecl>(decl);
            variable && variable->hasLocalStorage()) {
          auto &sources = frame.locals[variable];
          if (variable->getInit())
            sources.push_back(variable->getInit());
        }
    return false;
  });
  if (!frame.locals.empty())
    anyStmt(frame.body, [&](const Stmt &stmt) {
      collectInfluences(frame, stmt);
      return false;
    });
}

/// Adds what \p stmt puts into a local variable.
void Flow::collectInfluences(Frame &frame, const Stmt &stmt) const {
  const auto influence = [&](const Expr *target,
                             ArrayRef<const Expr *> sources) {
    const VarDecl *variable = target ? rootVariable(target) : nullptr;
    const auto local =
        variable ? frame.locals.find(variable) : frame.locals.end();
    if (local != frame.locals.end())
      for (const Expr *source : sources)
        local->second.push_back(source);
  };
  if (const auto *op = dyn_cast<BinaryOperator>(&stmt)) {
    if (op->isAssignmentOp())
      influence(op->getLHS(), op->getRHS());
  } else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&stmt)) {
    if (assigns(op->getOperator()) && op->getNumArgs() == 2)
      influence(op->getArg(0), op->getArg(1));
  } else if (const auto *call = dyn_cast<CallExpr>(&stmt)) {
    if (const auto *method = dyn_cast<CXXMemberCallExpr>(&stmt);
        method && method->getMethodDecl() &&
        !method->getMethodDecl()->isConst())
      influence(method->getImplicitObjectArgument(),
                {call->getArgs(), call->getNumArgs()});
    const FunctionDecl *callee = call->getDirectCallee();
    for (unsigned i = 0;
         callee && i < call->getNumArgs() && i < callee->getNumParams(); ++i) {
      const QualType type = callee->getParamDecl(i)->getType();
      if (refersElsewhere(type) && !type->getPointeeType().isNull() &&
          !type->getPointeeType().isConstQualified())
        for (const Expr *other : call->arguments())
          if (other != call->getArg(i))
            influence(call->getArg(i), other);
    }
  }
}

void Flow::collectCarried() {
  if (iteration_.accumulator)
    carried_.insert(iteration_.accumulator);
  const auto changed = [&](const Expr *target) {
    const Place place = written(target, root());
    if (place.kind == Place::Kind::Outer && place.target)
      (place.indexed ? grown_ : carried_).insert(place.target);
  };
  anyStmt(iteration_.body, [&](const Stmt &stmt) {
    if (const auto *op = dyn_cast<BinaryOperator>(&stmt)) {
      if (op->isAssignmentOp())
        changed(op->getLHS());
    } else if (const auto *unary = dyn_cast<UnaryOperator>(&stmt)) {
      if (unary->isIncrementDecrementOp())
        changed(unary->getSubExpr());
    } else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&stmt)) {
      if (assigns(op->getOperator()) || op->getOperator() == OO_PlusPlus)
        changed(op->getArg(0));
    } else if (const auto *call = dyn_cast<CXXMemberCallExpr>(&stmt)) {
      const Expr *object = call->getImplicitObjectArgument();
      if (object && grows(nameOf(call->getMethodDecl()))) {
        const Place place = resolve(object, root());
        if (place.kind == Place::Kind::Outer && place.target)
          grown_.insert(place.target);
      }
    }
    return false;
  });
  known_.clear();
}

const Frame *Flow::enter(const CallExpr &call, const Frame &frame,
                         unsigned maxDepth) {
  const FunctionDecl *callee = call.getDirectCallee();
  const FunctionDecl *definition = nullptr;
  if (!callee || !callee->hasBody(definition) || !definition->getBody() ||
      context_.getSourceManager().isInSystemHeader(definition->getLocation()))
    return nullptr;
  for (const Frame *outer = &frame; outer; outer = outer->caller)
    if (outer->function == definition)
      return nullptr;
  Frame inner{.body = definition->getBody(),
              .function = definition,
              .caller = &frame,
              .call = &call};
  const auto *method = dyn_cast<CXXMethodDecl>(definition);
  unsigned first = 0;
  if (const auto *member = dyn_cast<CXXMemberCallExpr>(&call)) {
    inner.object = member->getImplicitObjectArgument();
  } else if (isa<CXXOperatorCallExpr>(call) && method && !method->isStatic()) {
    inner.object = call.getArg(0);
    first = 1;
  }
  inner.sharesThis = method && method->getParent()->isLambda();
  for (unsigned i = 0;
       i < definition->getNumParams() && first + i < call.getNumArgs(); ++i)
    inner.arguments[definition->getParamDecl(i)] = call.getArg(first + i);
  return open(std::move(inner), maxDepth);
}

const Frame *Flow::enter(const LambdaExpr &lambda, const CallExpr &call,
                         const Frame &frame, unsigned maxDepth) {
  const CXXMethodDecl *method = lambda.getCallOperator();
  if (!method || method->isDependentContext())
    return nullptr;
  Frame inner{.body = lambda.getBody(),
              .function = method,
              .caller = &frame,
              .call = &call,
              .sharesThis = true};
  const Frame *opened = open(std::move(inner), maxDepth);
  if (!opened)
    return nullptr;
  // Its parameters come from the other arguments of the call.
  for (const ParmVarDecl *parameter : method->parameters())
    for (const Expr *argument : call.arguments())
      if (bare(argument) != &lambda)
        frames_.back()->locals[parameter].push_back(argument);
  return opened;
}

const Frame *Flow::ownerOf(const VarDecl &variable, const Frame &frame) const {
  for (const Frame *outer = &frame; outer; outer = outer->caller)
    if (outer->locals.contains(&variable))
      return outer;
  return nullptr;
}

const Frame *Flow::binderOf(const VarDecl &parameter,
                            const Frame &frame) const {
  for (const Frame *outer = &frame; outer; outer = outer->caller)
    if (outer->arguments.contains(&parameter))
      return outer;
  return nullptr;
}

bool Flow::isLocal(const VarDecl &variable, const Frame &frame) const {
  return ownerOf(variable, frame) != nullptr;
}

bool Flow::mentions(const Stmt *stmt, const VarDecl &variable) const {
  return anyStmt(stmt, [&](const Stmt &part) {
    const auto *reference = dyn_cast<DeclRefExpr>(&part);
    return reference && reference->getDecl() == &variable;
  });
}

// ---------------------------------------------------------------------------
// Places

bool Flow::isElement(const ValueDecl *decl) const {
  if (llvm::is_contained(iteration_.elements, decl))
    return true;
  const auto *binding = dyn_cast<BindingDecl>(decl);
  return binding &&
         llvm::is_contained(iteration_.elements, binding->getDecomposedDecl());
}

Place Flow::ofDecl(const ValueDecl *decl, const Frame &frame) const {
  if (isElement(decl))
    return {.kind = Place::Kind::Element};
  const VarDecl *variable = variableOf(decl);
  if (!variable)
    return {};
  if (const Frame *binder = binderOf(*variable, frame))
    return refersElsewhere(variable->getType())
               ? resolve(binder->arguments.lookup(variable), *binder->caller)
               : Place{};
  if (const Frame *owner = ownerOf(*variable, frame)) {
    if (!refersElsewhere(variable->getType()))
      return {};
    // Pointers that walk a list are assigned from each other.
    if (!resolving_.insert(variable).second)
      return {};
    Place found;
    for (const Expr *source : owner->locals.lookup(variable))
      if (found = resolve(source, *owner); found.kind != Place::Kind::Local)
        break;
    resolving_.erase(variable);
    return found.kind == Place::Kind::Local ? Place{} : found;
  }
  return {.kind = Place::Kind::Outer, .target = decl, .variable = variable};
}

Place Flow::ofThis(const Frame &frame) const {
  if (frame.sharesThis && frame.caller)
    return ofThis(*frame.caller);
  if (frame.object)
    return resolve(frame.object, *frame.caller);
  return {.kind = Place::Kind::Outer};
}

Place Flow::indexedBy(Place place, const Expr *index,
                      const Frame &frame) const {
  if (place.kind != Place::Kind::Outer || !index)
    return place;
  const unsigned uses = depends(index, frame);
  if (uses & kElement) {
    place.exact |= isKey(index, frame);
    place.indexed = true;
  }
  place.counted |= (uses & kCarried) != 0;
  place.variable = nullptr;
  return place;
}

Place Flow::dereferenced(const Expr *pointer, const Frame &frame) const {
  Place place = resolve(pointer, frame);
  if (place.kind == Place::Kind::Outer)
    place.counted |= (depends(pointer, frame) & kCarried) != 0;
  place.variable = nullptr;
  return place;
}

Place Flow::ofCall(const CallExpr &call, const Frame &frame) const {
  const FunctionDecl *callee = call.getDirectCallee();
  const StringRef name = nameOf(callee);
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call)) {
    const OverloadedOperatorKind kind = op->getOperator();
    if (kind == OO_Subscript && op->getNumArgs() == 2)
      return indexedBy(resolve(op->getArg(0), frame), op->getArg(1), frame);
    if (kind == OO_Star || kind == OO_Arrow)
      return dereferenced(op->getArg(0), frame);
    if (kind == OO_Call && op->getNumArgs() > 1) {  // matrix(i, j)
      Place place = resolve(op->getArg(0), frame);
      for (unsigned i = 1; i < op->getNumArgs(); ++i)
        place = indexedBy(place, op->getArg(i), frame);
      return call.isLValue() ? place : Place{};
    }
    return op->getNumArgs() > 0 && (assigns(kind) || kind == OO_PlusPlus)
               ? resolve(op->getArg(0), frame)
               : Place{};
  }
  const bool refers = call.isLValue() || call.getType()->isPointerType();
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call)) {
    const Expr *object = method->getImplicitObjectArgument();
    if (!object || (!refers && !accesses(name)))
      return {};
    Place place = resolve(object, frame);
    for (const Expr *argument : call.arguments())
      place = indexedBy(place, argument, frame);
    place.variable = nullptr;
    return place;
  }
  if ((name == "move" || name == "forward" || name == "get" ||
       name == "addressof" || name == "ref" || name == "begin") &&
      call.getNumArgs() > 0)
    return resolve(call.getArg(0), frame);
  if (!refers || !callee)
    return {};
  Place place{.kind = Place::Kind::Outer, .target = callee};
  for (const Expr *argument : call.arguments())
    place = indexedBy(place, argument, frame);
  return place;
}

Place Flow::resolve(const Expr *expr, const Frame &frame) const {
  expr = bare(expr);
  if (const auto *reference = dyn_cast<DeclRefExpr>(expr))
    return ofDecl(reference->getDecl(), frame);
  if (isa<CXXThisExpr>(expr))
    return ofThis(frame);
  if (const auto *member = dyn_cast<MemberExpr>(expr)) {
    Place place = resolve(member->getBase(), frame);
    if (isa<VarDecl>(member->getMemberDecl()))
      place = {.kind = Place::Kind::Outer};
    place.target = member->getMemberDecl();
    place.variable = nullptr;
    return place;
  }
  if (const auto *element = dyn_cast<ArraySubscriptExpr>(expr))
    return indexedBy(resolve(element->getBase(), frame), element->getIdx(),
                     frame);
  if (const auto *unary = dyn_cast<UnaryOperator>(expr))
    return unary->getOpcode() == UO_Deref
               ? dereferenced(unary->getSubExpr(), frame)
               : resolve(unary->getSubExpr(), frame);
  if (const auto *op = dyn_cast<BinaryOperator>(expr)) {
    if (op->getOpcode() == BO_Comma)
      return resolve(op->getRHS(), frame);
    if (op->isAssignmentOp())
      return resolve(op->getLHS(), frame);
    if (op->isAdditiveOp() && op->getType()->isPointerType())
      return indexedBy(resolve(op->getLHS(), frame), op->getRHS(), frame);
    return {};
  }
  if (const auto *choice = dyn_cast<ConditionalOperator>(expr)) {
    const Place place = resolve(choice->getTrueExpr(), frame);
    return place.kind != Place::Kind::Local
               ? place
               : resolve(choice->getFalseExpr(), frame);
  }
  if (const auto *call = dyn_cast<CallExpr>(expr))
    return ofCall(*call, frame);
  return {};
}

Place Flow::written(const Expr *target, const Frame &frame) const {
  const VarDecl *variable = namedVariable(target);
  if (variable && !variable->getType()->isReferenceType() &&
      (ownerOf(*variable, frame) || binderOf(*variable, frame)))
    return {};
  return resolve(target, frame);
}

// ---------------------------------------------------------------------------
// Values

unsigned Flow::dependsOnDecl(const ValueDecl *decl, const Frame &frame) const {
  if (isElement(decl))
    return kElement;
  const VarDecl *variable = variableOf(decl);
  if (!variable)
    return 0;
  if (const Frame *binder = binderOf(*variable, frame))
    return depends(binder->arguments.lookup(variable), *binder->caller);
  if (const Frame *owner = ownerOf(*variable, frame)) {
    const auto [known, isNew] = known_.try_emplace(variable, 0);
    if (!isNew)
      return known->second;
    unsigned uses = 0;
    for (const Expr *source : owner->locals.lookup(variable))
      uses |= depends(source, *owner);
    known_[variable] = uses;
    return uses;
  }
  return carried_.contains(decl) ? kCarried : 0;
}

unsigned Flow::depends(const Stmt *stmt, const Frame &frame) const {
  if (!stmt || isa<UnaryExprOrTypeTraitExpr>(stmt))
    return 0;
  if (const auto *reference = dyn_cast<DeclRefExpr>(stmt))
    return dependsOnDecl(reference->getDecl(), frame);
  if (isa<CXXThisExpr>(stmt))
    return frame.object ? depends(frame.object, *frame.caller) : 0;
  unsigned uses = 0;
  if (const auto *member = dyn_cast<MemberExpr>(stmt)) {
    const Place place = resolve(member, frame);
    if (place.kind == Place::Kind::Outer && carried_.contains(place.target))
      uses |= kCarried;
  } else if (const auto *call = dyn_cast<CXXMemberCallExpr>(stmt)) {
    const Expr *object = call->getImplicitObjectArgument();
    if (object && nameOf(call->getMethodDecl()) == "size") {
      const Place place = resolve(object, frame);
      if (place.kind == Place::Kind::Outer && grown_.contains(place.target))
        uses |= kCarried;
    }
  }
  for (const Stmt *child : stmt->children())
    uses |= depends(child, frame);
  return uses;
}

/// The loop variable, or `*it` of an iterator.
bool Flow::isElementExpr(const Expr *expr) const {
  expr = bare(expr);
  if (const auto *reference = dyn_cast<DeclRefExpr>(expr))
    return llvm::is_contained(iteration_.elements, reference->getDecl());
  if (const auto *unary = dyn_cast<UnaryOperator>(expr))
    return unary->getOpcode() == UO_Deref && isElementExpr(unary->getSubExpr());
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(expr))
    return (op->getOperator() == OO_Star || op->getOperator() == OO_Arrow) &&
           isElementExpr(op->getArg(0));
  return false;
}

bool Flow::isKeyReference(const ValueDecl *decl, const Frame &frame) const {
  if (const auto *binding = dyn_cast<BindingDecl>(decl);
      binding && isElement(binding)) {
    const auto *whole =
        dyn_cast<DecompositionDecl>(binding->getDecomposedDecl());
    return !iteration_.elementIsKey && whole &&
           whole->bindings().front() == binding;
  }
  if (isElement(decl))
    return iteration_.elementIsKey;
  const VarDecl *variable = variableOf(decl);
  if (!variable)
    return false;
  if (const Frame *binder = binderOf(*variable, frame))
    return isKey(binder->arguments.lookup(variable), *binder->caller);
  const Frame *owner = ownerOf(*variable, frame);
  if (!owner || isa<BindingDecl>(decl))
    return false;
  const auto sources = owner->locals.lookup(variable);
  return sources.size() == 1 && isKey(sources.front(), *owner);
}

bool Flow::isKeyCall(const CallExpr &call, const Frame &frame) const {
  const FunctionDecl *callee = call.getDirectCallee();
  const StringRef name = nameOf(callee);
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call)) {
    if (op->getOperator() == OO_Star || op->getOperator() == OO_Arrow)
      return isKey(op->getArg(0), frame);
    return op->getOperator() == OO_Subscript &&
           isKey(op->getArg(op->getNumArgs() - 1), frame);
  }
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call)) {
    if (looksUp(name) && call.getNumArgs() > 0)
      return isKey(call.getArg(0), frame);
    return callee && (isIdentity(*callee) || name == "get") &&
           isKey(method->getImplicitObjectArgument(), frame);
  }
  if (name == "get" && call.getNumArgs() == 1 && callee &&
      callee->getTemplateSpecializationArgs() &&
      isElementExpr(call.getArg(0))) {
    const TemplateArgument &index =
        callee->getTemplateSpecializationArgs()->get(0);
    return index.getKind() == TemplateArgument::Integral &&
           index.getAsIntegral().isZero();
  }
  return (name == "move" || name == "to_string") && call.getNumArgs() == 1 &&
         isKey(call.getArg(0), frame);
}

bool Flow::isKey(const Expr *expr, const Frame &frame) const {
  if (!iteration_.uniqueKeys || !expr)
    return false;
  expr = bare(expr);
  if (isElementExpr(expr))
    return iteration_.elementIsKey;
  if (const auto *reference = dyn_cast<DeclRefExpr>(expr))
    return isKeyReference(reference->getDecl(), frame);
  if (const auto *member = dyn_cast<MemberExpr>(expr)) {
    const NamedDecl &decl = *member->getMemberDecl();
    if (isElementExpr(member->getBase()))
      return (!iteration_.elementIsKey && decl.getIdentifier() &&
              decl.getName() == "first") ||
             isIdentity(decl);
    return decl.getIdentifier() &&
           (decl.getName() == "second" || isIdentity(decl)) &&
           isKey(member->getBase(), frame);
  }
  if (const auto *element = dyn_cast<ArraySubscriptExpr>(expr))
    return isKey(element->getIdx(), frame);
  if (const auto *unary = dyn_cast<UnaryOperator>(expr))
    return isKey(unary->getSubExpr(), frame);
  if (const auto *op = dyn_cast<BinaryOperator>(expr)) {
    if (!op->isAdditiveOp() && op->getOpcode() != BO_Mul)
      return false;
    return (isKey(op->getLHS(), frame) && !depends(op->getRHS(), frame)) ||
           (isKey(op->getRHS(), frame) && !depends(op->getLHS(), frame));
  }
  if (const auto *call = dyn_cast<CallExpr>(expr))
    return isKeyCall(*call, frame);
  return false;
}

/// The key itself, or a tuple that it is a part of.
bool Flow::hasKey(const Expr *expr, const Frame &frame) const {
  expr = bare(expr);
  if (isKey(expr, frame))
    return true;
  const auto *call = dyn_cast<CallExpr>(expr);
  const StringRef name = call ? nameOf(call->getDirectCallee()) : StringRef();
  const bool isTuple = name == "tie" || name == "make_pair" ||
                       name == "make_tuple" || isa<InitListExpr>(expr) ||
                       isa<CXXConstructExpr>(expr);
  return isTuple && llvm::any_of(expr->children(), [&](const Stmt *part) {
           return isKey(dyn_cast_or_null<Expr>(part), frame);
         });
}

// ---------------------------------------------------------------------------

namespace {

/// Does a statement below \p stmt, outside \p skipped and outside logging and
/// assertions, satisfy \p wanted?
bool anyResult(const Stmt *stmt, const Stmt *skipped, const ASTContext &context,
               llvm::function_ref<bool(const Stmt &)> wanted) {
  if (!stmt || stmt == skipped)
    return false;
  if (wanted(*stmt))
    return true;
  if (const auto *call = dyn_cast<CallExpr>(stmt)) {
    const FunctionDecl *callee = call->getDirectCallee();
    if (isInDiagnosticMacro(call->getBeginLoc(), context) ||
        (callee && isDiagnosticFunction(*callee)) ||
        useOfCall(*call) == Use::Diagnostic)
      return false;
    if (const auto *op = dyn_cast<CXXOperatorCallExpr>(call);
        op && op->getOperator() == OO_LessLess &&
        useOfStream(*op->getArg(0)) == Use::Diagnostic)
      return false;
  }
  if (const auto *lambda = dyn_cast<LambdaExpr>(stmt))
    return anyResult(lambda->getBody(), skipped, context, wanted);
  return llvm::any_of(stmt->children(), [&](const Stmt *child) {
    return anyResult(child, skipped, context, wanted);
  });
}

bool isLoop(const Stmt &stmt) {
  return isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(stmt);
}

}  // namespace

bool Flow::isDeadAfter(const VarDecl &variable) const {
  const Stmt *function =
      iteration_.function ? iteration_.function->getBody() : nullptr;
  if (!function || !iteration_.site || !variable.hasLocalStorage() ||
      variable.getType()->isReferenceType() ||
      variable.getType()->isPointerType() ||
      variable.getDeclContext() != iteration_.function)
    return false;
  const SourceManager &sources = context_.getSourceManager();
  const SourceLocation end = iteration_.site->getEndLoc();
  // In an outer loop, what stands before the site also runs after it.
  bool inLoop = false;
  anyStmt(function, [&](const Stmt &stmt) {
    inLoop |=
        &stmt != iteration_.site && isLoop(stmt) &&
        sources.isPointWithin(end, stmt.getBeginLoc(), stmt.getEndLoc()) &&
        !sources.isPointWithin(variable.getLocation(), stmt.getBeginLoc(),
                               stmt.getEndLoc());
    return false;
  });
  return !anyResult(function, iteration_.site, context_, [&](const Stmt &stmt) {
    const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
    return reference && reference->getDecl() == &variable &&
           (inLoop ||
            sources.isBeforeInTranslationUnit(end, reference->getLocation()));
  });
}

}  // namespace reproaudit
