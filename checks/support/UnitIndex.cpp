// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/UnitIndex.h"

#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Methods that hand out a part of their object.
bool isAccessor(const FunctionDecl *function) {
  const IdentifierInfo *name = function->getIdentifier();
  return name != nullptr &&
         llvm::StringSwitch<bool>(name->getName())
             .Cases({"begin", "end", "rbegin", "data", "front"}, true)
             .Cases({"back", "at", "get", "value", "str"}, true)
             .Cases({"ref", "forward", "move", "addressof"}, true)
             .Default(false);
}

/// The expression inside \p expr that names the same object, or nullptr.
const Expr *oneStepToRoot(const Expr *expr) {
  if (const auto *unary = dyn_cast<UnaryOperator>(expr))
    return unary->getOpcode() == UO_AddrOf || unary->getOpcode() == UO_Deref ||
                   unary->isIncrementDecrementOp()
               ? unary->getSubExpr()
               : nullptr;
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(expr))
    return subscript->getBase();
  if (const auto *cast = dyn_cast<ExplicitCastExpr>(expr))
    return cast->getSubExpr();
  if (const auto *sum = dyn_cast<BinaryOperator>(expr))
    return sum->isAdditiveOp() && sum->getType()->isPointerType()
               ? sum->getLHS()
               : nullptr;
  if (const auto *call = dyn_cast<CXXOperatorCallExpr>(expr))
    switch (call->getOperator()) {
    case OO_Star:
    case OO_Arrow:
    case OO_Subscript:
    case OO_Plus:
      return call->getArg(0);
    default:
      return nullptr;
    }
  if (const auto *construct = dyn_cast<CXXConstructExpr>(expr))
    return construct->getNumArgs() == 1 ? construct->getArg(0) : nullptr;
  const auto *call = dyn_cast<CallExpr>(expr);
  const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
  if (!callee || !isAccessor(callee))
    return nullptr;
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(call))
    return method->getImplicitObjectArgument();
  return call->getNumArgs() == 1 ? call->getArg(0) : nullptr;
}

}  // namespace

bool inSystemHeader(const ASTContext &context, const Decl *decl) {
  const SourceManager &sources = context.getSourceManager();
  const SourceLocation at = decl->getLocation();
  return at.isInvalid() || sources.isInSystemHeader(sources.getFileLoc(at));
}

const ValueDecl *rootOf(const Expr *expr) {
  while (expr) {
    expr = expr->IgnoreImplicit()->IgnoreParenImpCasts();
    if (const auto *name = dyn_cast<DeclRefExpr>(expr)) {
      if (const auto *binding = dyn_cast<BindingDecl>(name->getDecl())) {
        expr = binding->getBinding();
        continue;
      }
      return dyn_cast<VarDecl>(name->getDecl());
    }
    if (const auto *member = dyn_cast<MemberExpr>(expr)) {
      const ValueDecl *decl = member->getMemberDecl();
      if (!isa<FieldDecl, VarDecl>(decl))
        return nullptr;
      // The fields of `timespec` mean as little as the bytes of an integer.
      if (!inSystemHeader(decl->getASTContext(), decl))
        return decl;
      expr = member->getBase();
      continue;
    }
    expr = oneStepToRoot(expr);
  }
  return nullptr;
}

unsigned Call::argumentCount() const {
  const unsigned all = isa<CallExpr>(expr)
                           ? cast<CallExpr>(expr)->getNumArgs()
                           : cast<CXXConstructExpr>(expr)->getNumArgs();
  return all > skip ? all - skip : 0;
}

const Expr *Call::argument(unsigned parameter) const {
  if (parameter >= argumentCount())
    return nullptr;
  if (const auto *call = dyn_cast<CallExpr>(expr))
    return call->getArg(parameter + skip);
  return cast<CXXConstructExpr>(expr)->getArg(parameter + skip);
}

llvm::ArrayRef<Write> UnitIndex::writes(const ValueDecl *target) const {
  const auto found = writes_.find(target->getCanonicalDecl());
  return found == writes_.end() ? llvm::ArrayRef<Write>() : found->second;
}

llvm::ArrayRef<const Expr *>
UnitIndex::mentions(const ValueDecl *variable) const {
  const auto found = mentions_.find(variable->getCanonicalDecl());
  return found == mentions_.end() ? llvm::ArrayRef<const Expr *>()
                                  : found->second;
}

llvm::ArrayRef<Return> UnitIndex::returns(const FunctionDecl *function) const {
  const auto found = returns_.find(function->getCanonicalDecl());
  return found == returns_.end() ? llvm::ArrayRef<Return>() : found->second;
}

bool UnitIndex::encloses(unsigned outer, unsigned inner) const {
  // Blocks are numbered outside in.
  while (inner > outer)
    inner = blocks_[inner].parent;
  return inner == outer;
}

bool UnitIndex::dominates(Place earlier, Place later) const {
  return earlier.order < later.order && encloses(earlier.block, later.block);
}

bool UnitIndex::unconditional(Place place) const {
  const Block &block = blocks_[place.block];
  return blocks_[block.parent].function != block.function;
}

}  // namespace reproaudit
