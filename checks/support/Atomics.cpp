// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Atomics.h"

#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Regex.h"

using namespace clang;

namespace reproaudit {
namespace {

using Op = AtomicAccess::Op;

/// The T of an atomic class, whatever library it is from; null for others.
QualType atomicValue(QualType type) {
  type = type.getNonReferenceType();
  if (type->isPointerType())
    type = type->getPointeeType();
  if (const auto *atomic = type->getAs<AtomicType>())
    return atomic->getValueType();
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record)
    return {};
  const auto *special = dyn_cast<ClassTemplateSpecializationDecl>(record);
  if (special && special->getIdentifier() &&
      (special->getName() == "atomic" || special->getName() == "atomic_ref") &&
      special->getTemplateArgs()[0].getKind() == TemplateArgument::Type)
    return special->getTemplateArgs()[0].getAsType();
  if (record->hasDefinition())
    for (const CXXBaseSpecifier &base : record->bases())
      if (QualType value = atomicValue(base.getType()); !value.isNull())
        return value;
  return {};
}

Op methodOp(StringRef name) {
  return llvm::StringSwitch<Op>(name)
      .Cases({"fetch_add", "fetch_sub"}, Op::Add)
      .Cases({"exchange", "store"}, Op::Exchange)
      .Cases({"compare_exchange_weak", "compare_exchange_strong"},
             Op::CompareExchange)
      .Cases({"fetch_max", "fetch_min"}, Op::MinMax)
      .Default(Op::Other);
}

/// The functions whose first parameter is a pointer to what they update.
Op functionOp(StringRef name) {
  if (!name.consume_back("_explicit") && !name.consume_back("_block"))
    name.consume_back("_system");
  return llvm::StringSwitch<Op>(name)
      .Cases({"atomicAdd", "atomicSub", "atomicAddNoRet"}, Op::Add)
      .Cases({"unsafeAtomicAdd", "safeAtomicAdd"}, Op::Add)
      .Cases({"atomicInc", "atomicDec"}, Op::Add)
      .Cases({"__nv_atomic_add", "__nv_atomic_fetch_add"}, Op::Add)
      .Cases({"__nvvm_atom_add_gen_f", "__nvvm_atom_add_gen_d"}, Op::Add)
      .Cases({"atomic_fetch_add", "atomic_fetch_sub"}, Op::Add)
      .Cases({"__sync_fetch_and_add", "__sync_add_and_fetch"}, Op::Add)
      .Cases({"__sync_fetch_and_sub", "__sync_sub_and_fetch"}, Op::Add)
      .Cases({"atomicExch", "atomic_exchange"}, Op::Exchange)
      .Cases({"atomicCAS", "__sync_val_compare_and_swap"}, Op::CompareExchange)
      .Case("__sync_bool_compare_and_swap", Op::CompareExchange)
      .Cases({"atomic_compare_exchange_weak", "atomic_compare_exchange_strong"},
             Op::CompareExchange)
      .Cases({"atomicMax", "atomicMin"}, Op::MinMax)
      .Default(Op::Other);
}

Op builtinOp(AtomicExpr::AtomicOp op) {
  switch (op) {
  case AtomicExpr::AO__atomic_fetch_add:
  case AtomicExpr::AO__atomic_fetch_sub:
  case AtomicExpr::AO__atomic_add_fetch:
  case AtomicExpr::AO__atomic_sub_fetch:
  case AtomicExpr::AO__c11_atomic_fetch_add:
  case AtomicExpr::AO__c11_atomic_fetch_sub:
  case AtomicExpr::AO__hip_atomic_fetch_add:
  case AtomicExpr::AO__hip_atomic_fetch_sub:
  case AtomicExpr::AO__scoped_atomic_fetch_add:
  case AtomicExpr::AO__scoped_atomic_fetch_sub:
  case AtomicExpr::AO__opencl_atomic_fetch_add:
  case AtomicExpr::AO__opencl_atomic_fetch_sub:
    return Op::Add;
  default:
    return Op::Other;
  }
}

AtomicAccess made(Op op, const Expr &access, const Expr *target,
                  const Expr *value, QualType element) {
  return {op, &access, target, value, element};
}

std::optional<AtomicAccess> ofBuiltin(const AtomicExpr &builtin) {
  const QualType element = builtin.getPtr()->getType()->getPointeeType();
  if (builtin.isCmpXChg())
    return made(Op::CompareExchange, builtin, builtin.getPtr(),
                builtin.getVal2(), element);
  const Op op = builtinOp(builtin.getOp());
  if (op == Op::Other)
    return std::nullopt;
  return made(op, builtin, builtin.getPtr(), builtin.getVal1(), element);
}

std::optional<AtomicAccess> ofMember(const CXXMemberCallExpr &call) {
  const Expr *object = call.getImplicitObjectArgument()->IgnoreParenImpCasts();
  const QualType element = atomicValue(object->getType());
  const CXXMethodDecl *method = call.getMethodDecl();
  if (element.isNull() || !method || !method->getIdentifier())
    return std::nullopt;
  const Op op = methodOp(method->getName());
  if (op == Op::Other || call.getNumArgs() == 0)
    return std::nullopt;
  const unsigned value = op == Op::CompareExchange ? 1 : 0;
  return made(op, call, object, call.getArg(value), element);
}

std::optional<AtomicAccess> ofOperator(const CXXOperatorCallExpr &call) {
  const Expr *object = call.getArg(0)->IgnoreParenImpCasts();
  const QualType element = atomicValue(object->getType());
  if (element.isNull())
    return std::nullopt;
  switch (call.getOperator()) {
  case OO_PlusEqual:
  case OO_MinusEqual:
    return made(Op::Add, call, object, call.getArg(1), element);
  case OO_PlusPlus:
  case OO_MinusMinus:
    return made(Op::Add, call, object, nullptr, element);
  default:
    return std::nullopt;
  }
}

/// `x += v` and `++x` on C11's `_Atomic`.
std::optional<AtomicAccess> ofPlainOperator(const Expr &expression) {
  const Expr *target = nullptr;
  const Expr *value = nullptr;
  if (const auto *assign = dyn_cast<CompoundAssignOperator>(&expression)) {
    target = assign->getLHS();
    value = assign->getRHS();
  } else if (const auto *unary = dyn_cast<UnaryOperator>(&expression);
             unary && unary->isIncrementDecrementOp()) {
    target = unary->getSubExpr();
  }
  if (target == nullptr || !target->getType()->isAtomicType())
    return std::nullopt;
  return made(Op::Add, expression, target, value,
              target->getType()->castAs<AtomicType>()->getValueType());
}

std::optional<AtomicAccess> ofCall(const CallExpr &call) {
  const Op op = functionOp(calledName(call));
  if (op == Op::Other || call.getNumArgs() < 2)
    return std::nullopt;
  const Expr *target = call.getArg(0);
  QualType element = target->IgnoreParenImpCasts()->getType();
  if (element->isPointerOrReferenceType())
    element = element->getPointeeType();
  else if (const auto *array = element->getAsArrayTypeUnsafe())
    element = array->getElementType();
  else if (!element->isDependentType())
    return std::nullopt;  // A function of the same name, on something else.
  if (const QualType inner = atomicValue(element); !inner.isNull())
    element = inner;
  const unsigned last = call.getNumArgs() - 1;
  const unsigned value =
      op == Op::CompareExchange ? std::min(2U, last) : std::min(1U, last);
  return made(op, call, target, call.getArg(value), element);
}

}  // namespace

std::optional<AtomicAccess> atomicAccess(const Expr &expression) {
  if (const auto *builtin = dyn_cast<AtomicExpr>(&expression))
    return ofBuiltin(*builtin);
  if (const auto *member = dyn_cast<CXXMemberCallExpr>(&expression))
    return ofMember(*member);
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&expression))
    return ofOperator(*op);
  if (const auto *call = dyn_cast<CallExpr>(&expression))
    return ofCall(*call);
  return ofPlainOperator(expression);
}

StringRef floatingReduction(StringRef assembly) {
  static const llvm::Regex kAdds(
      "(^|[^a-z0-9_.])(red|atom|cp\\.reduce\\.async\\.bulk|multimem\\.red|"
      "multimem\\.ld_reduce)[a-z0-9_.:]*\\.add[a-z0-9_.:]*"
      "\\.(f16x2|f16|bf16x2|bf16|f32|f64)([^a-z0-9]|$)");
  SmallVector<StringRef, 5> groups;
  return kAdds.match(assembly, &groups) ? groups[3] : StringRef();
}

bool isValueUnused(const Expr &expression, ASTContext &context) {
  const Stmt *child = &expression;
  for (;;) {
    const auto parents = context.getParents(*child);
    if (parents.empty())
      return false;
    const auto *parent = parents[0].get<Stmt>();
    if (!parent)
      return false;
    if (isa<CompoundStmt, LabelStmt, CaseStmt, DefaultStmt, AttributedStmt,
            CapturedStmt>(parent))
      return true;
    if (const auto *branch = dyn_cast<IfStmt>(parent))
      return child != branch->getCond();
    if (const auto *loop = dyn_cast<ForStmt>(parent))
      return child != loop->getCond();
    if (const auto *loop = dyn_cast<WhileStmt>(parent))
      return child == loop->getBody();
    if (const auto *loop = dyn_cast<DoStmt>(parent))
      return child == loop->getBody();
    if (isa<CXXForRangeStmt>(parent))
      return true;
    if (const auto *cast = dyn_cast<CastExpr>(parent);
        cast && cast->getCastKind() == CK_ToVoid)
      return true;
    if (const auto *comma = dyn_cast<BinaryOperator>(parent);
        comma && comma->getOpcode() == BO_Comma && comma->getLHS() == child)
      return true;
    if (!isa<ParenExpr, ExprWithCleanups, CastExpr>(parent) &&
        (!isa<BinaryOperator>(parent) ||
         cast<BinaryOperator>(parent)->getOpcode() != BO_Comma))
      return false;
    child = parent;
  }
}

}  // namespace reproaudit
