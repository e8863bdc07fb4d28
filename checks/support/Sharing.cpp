// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Sharing.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/HandedOut.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Types.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Initialisers and parts of expressions are followed this far.
constexpr int kDepth = 12;

bool refersToAnother(QualType type) {
  const StringRef name = recordName(type);
  return name == "atomic_ref" || name == "reference_wrapper" ||
         isIterator(type);
}

bool isThreadNumber(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"omp_get_thread_num", "get_thread_num", "GetThreadNum"}, true)
      .Cases({"current_thread_index", "getThreadNum", "get_id"}, true)
      .Case("sched_getcpu", true)
      .Default(false);
}

/// What a pool or a factory hands over belongs to who asked for it.
bool handsOver(StringRef name) {
  return hasWord(name, {"free", "acquire", "alloc", "allocate", "create",
                        "make", "new", "clone", "copy", "pop", "take", "lease",
                        "borrow", "checkout", "reserve", "thread"});
}

/// True if different operands on one side give different results, the other
/// side being the same.
bool isInjective(BinaryOperatorKind kind) {
  return kind == BO_Add || kind == BO_Sub || kind == BO_Mul || kind == BO_Shl ||
         kind == BO_Or || kind == BO_Xor;
}

/// `next++` on a std::atomic.
bool isAtomicStep(const CallExpr &call) {
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&call);
  return op != nullptr &&
         (op->getOperator() == OO_PlusPlus ||
          op->getOperator() == OO_MinusMinus) &&
         recordName(op->getArg(0)->IgnoreParenImpCasts()->getType()) ==
             "atomic";
}

}  // namespace

Sharing::Sharing(const ParallelRegion &region) : region_(&region) {
  if (region.object)
    this_ = reachOfBase(*bare(region.object), kDepth);
}

Sharing Sharing::inside(const Expr &call, const FunctionDecl &callee) const {
  Sharing inner(*region_);
  ArrayRef<const Expr *> arguments;
  if (const auto *made = dyn_cast<CXXConstructExpr>(&call)) {
    arguments = {made->getArgs(), made->getNumArgs()};
    inner.this_ = Reach::Private;
  } else {
    const auto &plain = *cast<CallExpr>(&call);
    arguments = {plain.getArgs(), plain.getNumArgs()};
    const auto *method = dyn_cast<CXXMethodDecl>(&callee);
    if (const auto *member = dyn_cast<CXXMemberCallExpr>(&call)) {
      inner.this_ = reachOfBase(*member->getImplicitObjectArgument(), kDepth);
    } else if (isa<CXXOperatorCallExpr>(call) && method && !arguments.empty()) {
      inner.this_ = method->getParent()->isLambda()
                        ? this_
                        : reach(arguments.front(), kDepth);
      arguments = arguments.drop_front();
    }
  }
  for (unsigned i = 0; i < callee.getNumParams() && i < arguments.size(); ++i) {
    const ParmVarDecl *parameter = callee.getParamDecl(i);
    const QualType type = parameter->getType();
    inner.parameters_[parameter] =
        type->isReferenceType() ? reach(arguments[i], kDepth)
        : type->isPointerType() ? reachOfPointee(arguments[i], kDepth)
                                : Reach::Private;
    inner.owners_[parameter] = owner(arguments[i], kDepth);
  }
  return inner;
}

Reach Sharing::reach(const Expr &object) const {
  return reach(&object, kDepth);
}

Reach Sharing::owner(const Expr &index) const { return owner(&index, kDepth); }

bool Sharing::seesShared() const {
  return this_ == Reach::Shared ||
         llvm::any_of(parameters_, [](const auto &bound) {
           return bound.second == Reach::Shared;
         });
}

Reach Sharing::reach(const Expr *object, int depth) const {
  if (depth == 0)
    return Reach::Private;
  object = bare(object);
  if (isa<CXXThisExpr>(object))
    return this_;
  if (const VarDecl *variable = namedVariable(object))
    return reachOfVariable(*variable, depth);
  if (const auto *member = dyn_cast<MemberExpr>(object)) {
    if (const auto *common = dyn_cast<VarDecl>(member->getMemberDecl()))
      return reachOfVariable(*common, depth);
    return member->isArrow() ? reachOfPointee(member->getBase(), depth - 1)
                             : reach(member->getBase(), depth - 1);
  }
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(object))
    return element(reachOfBase(*bare(subscript->getBase()), depth - 1),
                   subscript->getIdx(), depth);
  if (const auto *unary = dyn_cast<UnaryOperator>(object))
    return unary->getOpcode() == UO_Deref
               ? reachOfPointee(unary->getSubExpr(), depth - 1)
               : reach(unary->getSubExpr(), depth - 1);
  if (const auto *choice = dyn_cast<ConditionalOperator>(object))
    return std::max(reach(choice->getTrueExpr(), depth - 1),
                    reach(choice->getFalseExpr(), depth - 1));
  if (const auto *call = dyn_cast<CallExpr>(object))
    return reachOfCall(*call, depth);
  if (const auto *made = dyn_cast<CXXConstructExpr>(object);
      made && made->getNumArgs() > 0 && refersToAnother(made->getType()))
    return reach(made->getArg(0), depth - 1);
  return Reach::Private;
}

Reach Sharing::reachOfBase(const Expr &base, int depth) const {
  return base.getType()->isPointerType() ? reachOfPointee(&base, depth)
                                         : reach(&base, depth);
}

Reach Sharing::reachOfVariable(const VarDecl &variable, int depth) const {
  if (auto bound = parameters_.find(&variable); bound != parameters_.end())
    return bound->second;
  if (region_->isShared(variable))
    return Reach::Shared;
  if (!variable.getType()->isReferenceType() &&
      !refersToAnother(variable.getType()))
    return Reach::Private;
  if (auto argument = region_->arguments.find(&variable);
      argument != region_->arguments.end())
    return reach(argument->second, depth - 1);
  if (region_->indices.contains(&variable))
    return Reach::OwnSlot;
  return variable.getInit() ? reach(variable.getInit(), depth - 1)
                            : Reach::Private;
}

Reach Sharing::reachOfPointee(const Expr *pointer, int depth) const {
  if (depth == 0)
    return Reach::Private;
  pointer = bare(pointer);
  if (isa<CXXThisExpr>(pointer))
    return this_;
  if (const VarDecl *variable = namedVariable(pointer))
    return variable->getType()->isReferenceType()
               ? reachOfVariable(*variable, depth)
               : reachThrough(*variable, depth);
  if (const auto *unary = dyn_cast<UnaryOperator>(pointer);
      unary && unary->getOpcode() == UO_AddrOf)
    return reach(unary->getSubExpr(), depth - 1);
  if (const auto *sum = dyn_cast<BinaryOperator>(pointer);
      sum && sum->isAdditiveOp()) {
    const bool pointerFirst = sum->getLHS()->getType()->isPointerType();
    return element(
        reachOfPointee(pointerFirst ? sum->getLHS() : sum->getRHS(), depth - 1),
        pointerFirst ? sum->getRHS() : sum->getLHS(), depth);
  }
  return reach(pointer, depth - 1);
}

/// What the pointer \p variable points to.
Reach Sharing::reachThrough(const VarDecl &variable, int depth) const {
  if (auto bound = parameters_.find(&variable); bound != parameters_.end())
    return bound->second;
  if (region_->isShared(variable))
    return Reach::Shared;
  if (auto argument = region_->arguments.find(&variable);
      argument != region_->arguments.end())
    return reachOfPointee(argument->second, depth - 1);
  if (region_->indices.contains(&variable) && !variable.getInit())
    return Reach::OwnSlot;
  // A copy of an outer pointer still points outside.
  if (region_->lambda && region_->surrounds(variable))
    return Reach::Shared;
  return variable.getInit() ? reachOfPointee(variable.getInit(), depth - 1)
                            : Reach::Private;
}

Reach Sharing::reachOfCall(const CallExpr &call, int depth) const {
  const StringRef name = nameOf(call.getDirectCallee());
  if (name == "local")  // The copy of this thread, by convention.
    return Reach::ThreadSlot;
  if (handsOver(name))
    return Reach::Private;
  const Expr *base = nullptr;
  ArrayRef<const Expr *> rest(call.getArgs(), call.getNumArgs());
  if (const auto *member = dyn_cast<CXXMemberCallExpr>(&call)) {
    base = member->getImplicitObjectArgument();
  } else if (!rest.empty() &&
             (isa<CXXOperatorCallExpr>(call) || name == "ref" ||
              name == "get" || name == "move" || name == "begin" ||
              name == "addressof")) {
    base = rest.front();
    rest = rest.drop_front();
  }
  if (!base)
    return Reach::Private;
  Reach reached = reachOfBase(*base, depth - 1);
  for (const Expr *index : rest)
    reached = std::min(reached, element(reached, index, depth));
  return reached;
}

Reach Sharing::element(Reach base, const Expr *index, int depth) const {
  return base == Reach::Shared ? owner(index, depth - 1) : base;
}

Reach Sharing::owner(const Expr *index, int depth) const {
  // An argument that a template has not been given yet is nobody's own.
  if (depth <= 0 || !index)
    return Reach::Shared;
  index = bare(index);
  if (const VarDecl *variable = namedVariable(index))
    return ownerOfVariable(*variable, depth);
  if (const auto *op = dyn_cast<BinaryOperator>(index))
    return isInjective(op->getOpcode())
               ? std::min(owner(op->getLHS(), depth - 1),
                          owner(op->getRHS(), depth - 1))
               : Reach::Shared;
  if (const auto *unary = dyn_cast<UnaryOperator>(index)) {
    // `next++` on an atomic hands every number out once.
    if (unary->isIncrementDecrementOp() &&
        unary->getSubExpr()->getType()->isAtomicType())
      return Reach::OwnSlot;
    return owner(unary->getSubExpr(), depth - 1);
  }
  if (const auto *member = dyn_cast<MemberExpr>(index))
    return member->isArrow() ? Reach::Shared
                             : owner(member->getBase(), depth - 1);
  if (const auto *call = dyn_cast<CallExpr>(index))
    return ownerOfResult(*call, depth);
  return Reach::Shared;
}

Reach Sharing::ownerOfVariable(const VarDecl &variable, int depth) const {
  if (auto bound = owners_.find(&variable); bound != owners_.end())
    return bound->second;
  if (auto argument = region_->arguments.find(&variable);
      argument != region_->arguments.end())
    return owner(argument->second, depth - 1);
  const Expr *init = region_->isShared(variable) ? nullptr : variable.getInit();
  const Reach fromInit = init ? owner(init, depth - 1) : Reach::Shared;
  if (fromInit != Reach::Shared)
    return fromInit;
  // `while ((i = next++) < count)`
  return region_->indices.contains(&variable) ||
                 isHandedOut(variable, region_->body)
             ? Reach::OwnSlot
             : fromInit;
}

Reach Sharing::ownerOfResult(const CallExpr &call, int depth) const {
  const StringRef name = nameOf(call.getDirectCallee());
  if (isThreadNumber(name))
    return Reach::ThreadSlot;
  if (name == "fetch_add" || name == "fetch_sub" || isAtomicStep(call))
    return Reach::OwnSlot;
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call))
    return owner(method->getImplicitObjectArgument(), depth - 1);
  if (call.getNumArgs() >= 2 && (name == "min" || name == "max"))
    return std::min(owner(call.getArg(0), depth - 1),
                    owner(call.getArg(1), depth - 1));
  return Reach::Shared;
}

}  // namespace reproaudit
