// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Flow.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Types.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Members of which no two objects have the same value, by their name.
bool isIdentity(const NamedDecl &member) {
  static constexpr llvm::StringLiteral kWords[] = {"id", "uid", "index", "idx",
                                                   "uuid"};
  return member.getIdentifier() != nullptr && hasWord(member.getName(), kWords);
}

bool looksUp(StringRef name) { return name == "find" || name == "at"; }

bool grows(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"push_back", "emplace_back", "insert", "emplace"}, true)
      .Cases({"try_emplace", "insert_or_assign", "push"}, true)
      .Default(false);
}

/// Does a new index make \p container longer? That of a sequence does not.
bool mayGrow(const NamedDecl &container) {
  const auto *value = dyn_cast<ValueDecl>(&container);
  const Shape shape = value ? shapeOf(value->getType()) : Shape::Other;
  return shape == Shape::Map || shape == Shape::MultiMap || shape == Shape::Set;
}

/// What \p stmt assigns to or steps, or null.
const Expr *assignedBy(const Stmt &stmt) {
  if (const auto *op = dyn_cast<BinaryOperator>(&stmt))
    return op->isAssignmentOp() ? op->getLHS() : nullptr;
  if (const auto *unary = dyn_cast<UnaryOperator>(&stmt))
    return unary->isIncrementDecrementOp() ? unary->getSubExpr() : nullptr;
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&stmt);
  return op && (assigns(op->getOperator()) || op->getOperator() == OO_PlusPlus)
             ? op->getArg(0)
             : nullptr;
}

/// The object to which \p stmt adds an element, or null.
const Expr *grownBy(const Stmt &stmt) {
  const auto *call = dyn_cast<CXXMemberCallExpr>(&stmt);
  return call && grows(nameOf(call->getMethodDecl()))
             ? call->getImplicitObjectArgument()
             : nullptr;
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

}  // namespace

Flow::Flow(const Iteration &iteration, const Frame &root)
    : iteration_(iteration) {
  collectCarried(root);
}

void Flow::markWritten(const Place &place) {
  if (place.kind != Place::Kind::Outer || !place.target)
    return;
  if (!place.indexed)
    carried_.insert(place.target);
  else if (mayGrow(*place.target))
    grown_.insert(place.target);
}

void Flow::collectCarried(const Frame &root) {
  if (iteration_.accumulator)
    carried_.insert(iteration_.accumulator);
  anyStmt(iteration_.body, [&](const Stmt &stmt) {
    if (const Expr *target = assignedBy(stmt)) {
      markWritten(written(target, root));
    } else if (const Expr *object = grownBy(stmt)) {
      const Place place = resolve(object, root);
      if (place.kind == Place::Kind::Outer && place.target)
        grown_.insert(place.target);
    }
    return false;
  });
  known_.clear();
}

// ---------------------------------------------------------------------------
// Places

bool Flow::isElement(const ValueDecl *decl) const {
  if (llvm::is_contained(iteration_.elements, decl))
    return true;
  const auto *binding = dyn_cast<BindingDecl>(decl);
  return binding != nullptr &&
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

/// Do different elements share the value of \p index: a remainder, a quotient,
/// a length?
bool Flow::isCoarse(const Expr &index, const Frame &frame) const {
  return anyStmt(&index, [&](const Stmt &stmt) {
    if (const auto *op = dyn_cast<BinaryOperator>(&stmt))
      return op->getOpcode() == BO_Rem || op->getOpcode() == BO_Div ||
             op->getOpcode() == BO_Shr || op->getOpcode() == BO_And;
    if (const auto *reference = dyn_cast<DeclRefExpr>(&stmt)) {
      const VarDecl *variable = variableOf(reference->getDecl());
      const Frame *owner = variable ? ownerOf(*variable, frame) : nullptr;
      return owner && variable->getInit() && variable->getInit() != &index &&
             isCoarse(*variable->getInit(), *owner);
    }
    const auto *call = dyn_cast<CXXMemberCallExpr>(&stmt);
    const StringRef name = call ? nameOf(call->getMethodDecl()) : StringRef();
    return name == "size" || name == "length";
  });
}

Place Flow::indexedBy(Place place, const Expr *index,
                      const Frame &frame) const {
  if (place.kind != Place::Kind::Outer || !index)
    return place;
  const unsigned uses = depends(index, frame);
  if ((uses & Element) != 0) {
    place.exact |= isKey(index, frame);
    place.coarse |= isCoarse(*index, frame);
    place.indexed = true;
  }
  place.counted |= (uses & Carried) != 0;
  place.variable = nullptr;
  return place;
}

Place Flow::dereferenced(const Expr *pointer, const Frame &frame) const {
  Place place = resolve(pointer, frame);
  if (place.kind == Place::Kind::Outer)
    place.counted |= (depends(pointer, frame) & Carried) != 0;
  place.variable = nullptr;
  return place;
}

Place Flow::ofOperator(const CXXOperatorCallExpr &call,
                       const Frame &frame) const {
  const OverloadedOperatorKind kind = call.getOperator();
  if (kind == OO_Subscript && call.getNumArgs() == 2)
    return isIndexed(*call.getArg(0))
               ? Place{.kind = Place::Kind::Element}
               : indexedBy(resolve(call.getArg(0), frame), call.getArg(1),
                           frame);
  if (kind == OO_Star || kind == OO_Arrow)
    return dereferenced(call.getArg(0), frame);
  if (kind == OO_Call && call.getNumArgs() > 1) {  // matrix(i, j)
    Place place = resolve(call.getArg(0), frame);
    for (unsigned i = 1; i < call.getNumArgs(); ++i)
      place = indexedBy(place, call.getArg(i), frame);
    return call.isLValue() ? place : Place{};
  }
  return call.getNumArgs() > 0 && (assigns(kind) || kind == OO_PlusPlus)
             ? resolve(call.getArg(0), frame)
             : Place{};
}

Place Flow::ofCall(const CallExpr &call, const Frame &frame) const {
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call))
    return ofOperator(*op, frame);
  const FunctionDecl *callee = call.getDirectCallee();
  const StringRef name = nameOf(callee);
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
    return isIndexed(*element->getBase())
               ? Place{.kind = Place::Kind::Element}
               : indexedBy(resolve(element->getBase(), frame),
                           element->getIdx(), frame);
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
  if (variable != nullptr && !variable->getType()->isReferenceType() &&
      (ownerOf(*variable, frame) != nullptr ||
       binderOf(*variable, frame) != nullptr))
    return {};
  return resolve(target, frame);
}

// ---------------------------------------------------------------------------
// Values

unsigned Flow::dependsOnDecl(const ValueDecl *decl, const Frame &frame) const {
  if (isElement(decl))
    return Element;
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
  return carried_.contains(decl) ? Carried : 0;
}

unsigned Flow::depends(const Stmt *stmt, const Frame &frame) const {
  if (!stmt || isa<UnaryExprOrTypeTraitExpr>(stmt))
    return 0;
  if (const auto *reference = dyn_cast<DeclRefExpr>(stmt))
    return dependsOnDecl(reference->getDecl(), frame);
  if (isa<CXXThisExpr>(stmt))
    return frame.object ? depends(frame.object, *frame.caller) : 0;
  unsigned uses = 0;
  if (const auto *expr = dyn_cast<Expr>(stmt);
      expr && iteration_.indexed && isElementExpr(expr))
    return Element;
  if (const auto *member = dyn_cast<MemberExpr>(stmt)) {
    const Place place = resolve(member, frame);
    if (place.kind == Place::Kind::Outer && carried_.contains(place.target))
      uses |= Carried;
  } else if (const auto *call = dyn_cast<CXXMemberCallExpr>(stmt)) {
    const Expr *object = call->getImplicitObjectArgument();
    if (object && nameOf(call->getMethodDecl()) == "size") {
      const Place place = resolve(object, frame);
      if (place.kind == Place::Kind::Outer && grown_.contains(place.target))
        uses |= Carried;
    }
  }
  for (const Stmt *child : stmt->children())
    uses |= depends(child, frame);
  return uses;
}

/// Is \p sequence the one whose elements are read by their index?
bool Flow::isIndexed(const Expr &sequence) const {
  if (!iteration_.indexed)
    return false;
  const Expr *whole = bare(&sequence);
  if (const auto *member = dyn_cast<MemberExpr>(whole))
    return member->getMemberDecl() == iteration_.indexed;
  const auto *reference = dyn_cast<DeclRefExpr>(whole);
  return reference != nullptr && reference->getDecl() == iteration_.indexed;
}

/// The loop variable, `*it` of an iterator, or `v[i]`.
bool Flow::isElementExpr(const Expr *expr) const {
  expr = bare(expr);
  if (const auto *reference = dyn_cast<DeclRefExpr>(expr))
    return llvm::is_contained(iteration_.elements, reference->getDecl());
  if (const auto *element = dyn_cast<ArraySubscriptExpr>(expr))
    return isIndexed(*element->getBase());
  if (const auto *unary = dyn_cast<UnaryOperator>(expr))
    return unary->getOpcode() == UO_Deref && isElementExpr(unary->getSubExpr());
  const auto *op = dyn_cast<CXXOperatorCallExpr>(expr);
  if (op && op->getOperator() == OO_Subscript)
    return isIndexed(*op->getArg(0));
  return op != nullptr &&
         (op->getOperator() == OO_Star || op->getOperator() == OO_Arrow) &&
         isElementExpr(op->getArg(0));
}

bool Flow::isKeyReference(const ValueDecl *decl, const Frame &frame) const {
  if (const auto *binding = dyn_cast<BindingDecl>(decl);
      binding && isElement(binding)) {
    const auto *whole =
        dyn_cast<DecompositionDecl>(binding->getDecomposedDecl());
    return !iteration_.elementIsKey && whole != nullptr &&
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
    if (op->getOperator() == OO_Plus && op->getNumArgs() == 2)
      return isKeyAndConstant(op->getArg(0), op->getArg(1), frame);
    return op->getOperator() == OO_Subscript &&
           isKey(op->getArg(op->getNumArgs() - 1), frame);
  }
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call)) {
    if (looksUp(name) && call.getNumArgs() > 0)
      return isKey(call.getArg(0), frame);
    return callee != nullptr && (isIdentity(*callee) || name == "get") &&
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

/// Is one operand a key and the other one the same for every element?
bool Flow::isKeyAndConstant(const Expr *left, const Expr *right,
                            const Frame &frame) const {
  return (isKey(left, frame) && depends(right, frame) == 0) ||
         (isKey(right, frame) && depends(left, frame) == 0);
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
      return (!iteration_.elementIsKey && decl.getIdentifier() != nullptr &&
              decl.getName() == "first") ||
             isIdentity(decl);
    return decl.getIdentifier() != nullptr &&
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
    return isKeyAndConstant(op->getLHS(), op->getRHS(), frame);
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

}  // namespace reproaudit
