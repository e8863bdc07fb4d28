// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Buffer.h"

#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit {
namespace {

StringRef identifierOf(const NamedDecl *decl) {
  return decl && decl->getIdentifier() ? decl->getName() : StringRef();
}

bool isNumber(QualType type) { return type->isArithmeticType(); }

/// The namespace or class just around \p record is called \p name.
bool isIn(const Decl &decl, StringRef name) {
  const auto *around = dyn_cast<NamedDecl>(decl.getDeclContext());
  return around != nullptr && identifierOf(around) == name;
}

StringRef garbageFromCall(const CallExpr &call) {
  return llvm::StringSwitch<StringRef>(identifierOf(call.getDirectCallee()))
      .Case("malloc", "'malloc'")
      .Case("aligned_alloc", "'aligned_alloc'")
      .Case("_mm_malloc", "'_mm_malloc'")
      .Case("make_unique_for_overwrite", "'make_unique_for_overwrite'")
      .Case("make_shared_for_overwrite", "'make_shared_for_overwrite'")
      .Case("empty", "'empty'")
      .Case("empty_like", "'empty_like'")
      .Case("new_empty", "'new_empty'")
      .Case("empty_strided", "'empty_strided'")
      .Default("");
}

/// Constructors that take sizes only and leave the elements alone.
StringRef garbageFromConstruction(const CXXConstructExpr &construction) {
  const CXXRecordDecl &record = *construction.getConstructor()->getParent();
  const StringRef name = identifierOf(&record);
  const bool isEigen =
      isIn(record, "Eigen") && (name == "Matrix" || name == "Array");
  const bool isMat = isIn(record, "cv") && name == "Mat";
  if (!isEigen && !isMat)
    return "";
  unsigned sizes = 0;
  for (const Expr *argument : construction.arguments())
    if (!isa<CXXDefaultArgExpr>(argument)) {
      if (!argument->getType().getNonReferenceType()->isIntegerType())
        return "";
      ++sizes;
    }
  if (isEigen)
    return sizes == 1 || sizes == 2 ? "an Eigen object made from its size" : "";
  return sizes == 3 ? "a 'cv::Mat' made from its size" : "";
}

const Expr *unwrapped(const Expr *init) {
  for (;;) {
    init = init->IgnoreParenCasts()->IgnoreImplicit();
    const auto *construction = dyn_cast<CXXConstructExpr>(init);
    const bool isHandle =
        construction != nullptr && construction->getNumArgs() >= 1 &&
        (construction->getConstructor()->isCopyOrMoveConstructor() ||
         identifierOf(construction->getConstructor()->getParent()) ==
             "unique_ptr" ||
         identifierOf(construction->getConstructor()->getParent()) ==
             "shared_ptr");
    if (!isHandle)
      return init;
    init = construction->getArg(0);
  }
}

enum class Access : std::uint8_t { Accumulates, Writes, Neither };

Access accessByMethod(StringRef method) {
  static constexpr StringRef kAdders[] = {
      "add_",         "sub_",   "mul_",     "index_add_",
      "scatter_add_", "addmm_", "addcmul_", "addcdiv_"};
  if (llvm::is_contained(kAdders, method))
    return Access::Accumulates;
  return llvm::StringSwitch<Access>(method)
      .Cases({"size", "sizes", "rows", "cols", "dim", "numel", "type",
              "options", "device", "dtype"},
             Access::Neither)
      .Default(Access::Writes);
}

/// Elements and views: what happens to them happens to the memory.
bool isViewMethod(StringRef method) {
  return llvm::StringSwitch<bool>(method)
      .Cases({"row", "col", "block", "head", "tail", "segment", "diagonal",
              "noalias", "array", "matrix", "at", "ptr", "get", "data",
              "coeffRef", "topRows", "leftCols", "operator[]", "operator()"},
             true)
      .Default(false);
}

class Judge {
public:
  explicit Judge(ASTContext &context) : context_(context) {}

  Access accessOf(const DeclRefExpr &mention);

private:
  std::optional<Access> step(const Expr &parent, const Expr &child);
  static std::optional<Access> stepBinary(const BinaryOperator &parent,
                                          const Expr &child);
  static std::optional<Access> stepUnary(const UnaryOperator &parent);
  std::optional<Access> stepOperator(const CXXOperatorCallExpr &call,
                                     const Expr &child);
  std::optional<Access> stepCall(const CallExpr &call, const Expr &child);

  ASTContext &context_;
};

std::optional<Access> Judge::stepOperator(const CXXOperatorCallExpr &call,
                                          const Expr &child) {
  const bool isFirst = call.getArg(0) == &child;
  if (!isFirst)
    return Access::Neither;
  switch (call.getOperator()) {
  case OO_PlusEqual:
  case OO_MinusEqual:
  case OO_StarEqual:
    return Access::Accumulates;
  case OO_Subscript:
  case OO_Call:
  case OO_Star:
    return std::nullopt;
  case OO_Equal:
  case OO_LessLess:
    return Access::Writes;
  default:
    return Access::Neither;
  }
}

std::optional<Access> Judge::stepCall(const CallExpr &call, const Expr &child) {
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call))
    return stepOperator(*op, child);
  const FunctionDecl *callee = call.getDirectCallee();
  const bool isObject =
      isa<CXXMemberCallExpr>(call) && call.getCallee() == &child;
  if (isObject && isViewMethod(identifierOf(callee)))
    return std::nullopt;
  if (isObject)
    return accessByMethod(identifierOf(callee));
  const StringRef name = identifierOf(callee);
  return name == "free" || name == "_mm_free" ? Access::Neither
                                              : Access::Writes;
}

std::optional<Access> Judge::stepBinary(const BinaryOperator &parent,
                                        const Expr &child) {
  if (!parent.isAssignmentOp())
    // `p + i` is a place in the memory, `a[i] + b[i]` a value.
    return parent.getType()->isPointerType() ? std::nullopt
                                             : std::optional(Access::Neither);
  if (parent.getLHS() != &child)
    return child.getType()->isPointerType() ? Access::Writes : Access::Neither;
  return parent.isCompoundAssignmentOp() && isNumber(parent.getType())
             ? Access::Accumulates
             : Access::Writes;
}

std::optional<Access> Judge::stepUnary(const UnaryOperator &parent) {
  if (parent.isIncrementDecrementOp())
    return isNumber(parent.getType()) ? Access::Accumulates : Access::Writes;
  return parent.getOpcode() == UO_Deref ? std::nullopt
                                        : std::optional(Access::Writes);
}

std::optional<Access> Judge::step(const Expr &parent, const Expr &child) {
  if (const auto *binary = dyn_cast<BinaryOperator>(&parent))
    return stepBinary(*binary, child);
  if (const auto *unary = dyn_cast<UnaryOperator>(&parent))
    return stepUnary(*unary);
  if (const auto *element = dyn_cast<ArraySubscriptExpr>(&parent))
    return element->getBase() == &child ? std::nullopt
                                        : std::optional(Access::Neither);
  if (const auto *call = dyn_cast<CallExpr>(&parent))
    return stepCall(*call, child);
  if (const auto *cast = dyn_cast<CastExpr>(&parent))
    return cast->getCastKind() == CK_LValueToRValue && isNumber(cast->getType())
               ? std::optional(Access::Neither)
               : std::nullopt;
  if (isa<ParenExpr, MemberExpr, MaterializeTemporaryExpr, CXXBindTemporaryExpr,
          ExprWithCleanups>(parent))
    return std::nullopt;
  if (isa<CXXDeleteExpr, UnaryExprOrTypeTraitExpr>(parent))
    return Access::Neither;
  return Access::Writes;
}

Access Judge::accessOf(const DeclRefExpr &mention) {
  const Expr *child = &mention;
  for (;;) {
    const DynTypedNodeList parents = context_.getParents(*child);
    const Expr *parent = parents.empty() ? nullptr : parents[0].get<Expr>();
    // Bound to another name, returned, iterated over: out of sight.
    if (!parent)
      return Access::Writes;
    if (const std::optional<Access> access = step(*parent, *child))
      return *access;
    child = parent;
  }
}

}  // namespace

StringRef garbageIn(const VarDecl &variable) {
  const QualType type = variable.getType();
  if (const auto *array = type->getAsArrayTypeUnsafe())
    return !variable.hasInit() && isNumber(array->getElementType())
               ? "its declaration"
               : "";
  if (!variable.hasInit())
    return "";
  const Expr *init = unwrapped(variable.getInit());
  if (const auto *allocation = dyn_cast<CXXNewExpr>(init))
    return allocation->isArray() && !allocation->hasInitializer() &&
                   isNumber(allocation->getAllocatedType())
               ? "'new'"
               : "";
  if (const auto *call = dyn_cast<CallExpr>(init))
    return !type->isPointerType() || isNumber(type->getPointeeType())
               ? garbageFromCall(*call)
               : "";
  if (const auto *construction = dyn_cast<CXXConstructExpr>(init))
    return garbageFromConstruction(*construction);
  return "";
}

const Expr *firstAccumulationBeforeAnyWrite(const VarDecl &variable,
                                            ASTContext &context) {
  Judge judge(context);
  for (const DeclRefExpr *mention : mentionsOf(variable))
    switch (judge.accessOf(*mention)) {
    case Access::Accumulates:
      return mention;
    case Access::Writes:
      return nullptr;
    case Access::Neither:
      break;
    }
  return nullptr;
}

}  // namespace reproaudit
