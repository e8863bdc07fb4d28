// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"

#include "reproaudit/analysis/Callables.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Nested fields and initialisers are followed this far.
constexpr int kDepth = 4;

bool isAddMul(BinaryOperatorKind op) {
  return op == BO_Add || op == BO_Sub || op == BO_Mul;
}

/// Half precision and CUDA's vectors are structs whose members say nothing.
bool isFloatingRecordName(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"__half", "__half2", "half", "half2", "Half", "_Half"}, true)
      .Cases({"__nv_bfloat16", "__nv_bfloat162", "bfloat16", "BFloat16"}, true)
      .Cases({"half_t", "bfloat16_t", "bf16", "fp16", "float16"}, true)
      .Cases({"Tensor", "Mat", "UMat"}, true)
      .Default(false);
}

bool isInChrono(const CXXRecordDecl &record) {
  const auto *scope =
      dyn_cast<NamespaceDecl>(record.getDeclContext()->getRedeclContext());
  return scope != nullptr && scope->getName() == "chrono";
}

/// Durations and iterators add, but what they add is no result.
bool isTimeOrPosition(const CXXRecordDecl &record, QualType type) {
  return isInChrono(record) || isIterator(type);
}

QualType roundingWithin(QualType type, int depth);

QualType roundingOfRecord(const CXXRecordDecl &record, QualType type,
                          int depth) {
  if (isFloatingRecordName(record.getName()))
    return type;
  if (isTimeOrPosition(record, type))
    return {};
  if (const auto *special = dyn_cast<ClassTemplateSpecializationDecl>(&record))
    if (const auto arguments = special->getTemplateArgs().asArray();
        !arguments.empty() &&
        arguments.front().getKind() == TemplateArgument::Type)
      return roundingWithin(arguments.front().getAsType(), depth - 1);
  if (!record.hasDefinition())
    return {};
  for (const FieldDecl *field : record.fields())
    if (QualType rounds = roundingWithin(field->getType(), depth - 1);
        !rounds.isNull())
      return rounds;
  for (const CXXBaseSpecifier &base : record.bases())
    if (QualType rounds = roundingWithin(base.getType(), depth - 1);
        !rounds.isNull())
      return rounds;
  return {};
}

QualType roundingWithin(QualType type, int depth) {
  if (depth == 0 || type.isNull() || type->isDependentType())
    return {};
  type = type.getNonReferenceType().getCanonicalType().getUnqualifiedType();
  if (const auto *atomic = type->getAs<AtomicType>())
    return roundingWithin(atomic->getValueType(), depth);
  if (const auto *complex = type->getAs<ComplexType>())
    return roundingWithin(complex->getElementType(), depth);
  if (const auto *vector = type->getAs<VectorType>())
    return roundingWithin(vector->getElementType(), depth);
  if (const auto *array = type->getAsArrayTypeUnsafe())
    return roundingWithin(array->getElementType(), depth);
  if (type->isFloatingType())
    return type;
  if (const CXXRecordDecl *record = type->getAsCXXRecordDecl())
    return roundingOfRecord(*record, type, depth);
  return {};
}

std::optional<Accumulation>
accumulationOf(const Expr &update, const Expr *target, const Expr *value) {
  return Accumulation{&update, target, value, roundingType(target->getType())};
}

/// What `target = sum` adds to target, or null if it is no accumulation.
/// `x = x + a + b` parses as `(x + a) + b`.
const Expr *addedTo(const Expr &target, const Expr *sum,
                    const ASTContext &context) {
  sum = bare(sum);
  const Expr *left = nullptr;
  const Expr *right = nullptr;
  bool commutes = true;
  if (const auto *op = dyn_cast<BinaryOperator>(sum)) {
    if (!isAddMul(op->getOpcode()))
      return nullptr;
    left = op->getLHS();
    right = op->getRHS();
    commutes = op->getOpcode() != BO_Sub;
  } else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(sum)) {
    const auto op = call->getOperator();
    if (call->getNumArgs() != 2 ||
        (op != OO_Plus && op != OO_Minus && op != OO_Star))
      return nullptr;
    left = call->getArg(0);
    right = call->getArg(1);
    commutes = op != OO_Minus;
  } else if (const auto *call = dyn_cast<CallExpr>(sum)) {
    const FunctionDecl *callee = call->getDirectCallee();
    if (!callee || !callee->getIdentifier() || call->getNumArgs() != 3)
      return nullptr;
    const StringRef name = callee->getName();
    if ((name == "fma" || name == "fmaf" || name == "__fmaf_rn" ||
         name == "__fma_rn") &&
        sameObject(target, *call->getArg(2), context))
      return call->getArg(0);
    return nullptr;
  } else {
    return nullptr;
  }
  if (sameObject(target, *left, context) || addedTo(target, left, context))
    return right;
  if (commutes &&
      (sameObject(target, *right, context) || addedTo(target, right, context)))
    return left;
  return nullptr;
}

bool isRoundingFunction(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"rint", "rintf", "round", "roundf", "trunc", "truncf"}, true)
      .Cases({"floor", "floorf", "ceil", "ceilf", "lrint", "llrint"}, true)
      .Cases({"nearbyint", "nearbyintf"}, true)
      .Default(false);
}

bool isClock(const FunctionDecl &function) {
  if (const auto *method = dyn_cast<CXXMethodDecl>(&function))
    return isInChrono(*method->getParent());
  if (!function.getIdentifier())
    return false;
  return llvm::StringSwitch<bool>(function.getName())
      .Cases({"omp_get_wtime", "MPI_Wtime", "clock", "time"}, true)
      .Cases({"gettimeofday", "clock_gettime", "difftime", "__rdtsc"}, true)
      .Cases({"clock64", "cudaEventElapsedTime", "now"}, true)
      .Default(false);
}

bool measuresTime(const Expr *value, int depth) {
  return anyStmt(value, [&](const Stmt &stmt) {
    if (const auto *call = dyn_cast<CallExpr>(&stmt)) {
      const FunctionDecl *callee = call->getDirectCallee();
      return callee && isClock(*callee);
    }
    const auto *expr = dyn_cast<Expr>(&stmt);
    const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
    return depth > 0 && variable && variable->getInit() &&
           measuresTime(variable->getInit(), depth - 1);
  });
}

}  // namespace

const Expr *bare(const Expr *expression) {
  for (const Expr *before = nullptr; expression != before;) {
    before = expression;
    expression = expression->IgnoreParenCasts();
    if (const auto *temporary = dyn_cast<MaterializeTemporaryExpr>(expression))
      expression = temporary->getSubExpr();
    else if (const auto *cleanups = dyn_cast<ExprWithCleanups>(expression))
      expression = cleanups->getSubExpr();
    else if (const auto *bind = dyn_cast<CXXBindTemporaryExpr>(expression))
      expression = bind->getSubExpr();
    else if (const auto *made = dyn_cast<CXXConstructExpr>(expression);
             made && made->getNumArgs() == 1 &&
             made->getConstructor()->isCopyOrMoveConstructor())
      expression = made->getArg(0);
  }
  return expression;
}

const FunctionDecl *callOperator(const LambdaExpr &lambda) {
  return callOperator(lambda.getType());
}

bool anyStmt(const Stmt *root, llvm::function_ref<bool(const Stmt &)> wanted) {
  if (!root)
    return false;
  if (wanted(*root))
    return true;
  if (const auto *lambda = dyn_cast<LambdaExpr>(root))
    return anyStmt(callOperator(*lambda)->getBody(), wanted);
  if (const auto *captured = dyn_cast<CapturedStmt>(root))
    return anyStmt(captured->getCapturedStmt(), wanted);
  // What a property access such as CUDA's `threadIdx.x` is made of.
  if (const auto *opaque = dyn_cast<OpaqueValueExpr>(root))
    return anyStmt(opaque->getSourceExpr(), wanted);
  for (const Stmt *child : root->children())
    if (anyStmt(child, wanted))
      return true;
  return false;
}

const VarDecl *namedVariable(const Expr *expression) {
  const auto *reference = dyn_cast<DeclRefExpr>(bare(expression));
  if (!reference)
    return nullptr;
  if (const auto *binding = dyn_cast<BindingDecl>(reference->getDecl()))
    return binding->getHoldingVar();
  return dyn_cast<VarDecl>(reference->getDecl());
}

bool sameObject(const Expr &left, const Expr &right,
                const ASTContext &context) {
  llvm::FoldingSetNodeID first;
  llvm::FoldingSetNodeID second;
  bare(&left)->Profile(first, context, /*Canonical=*/true);
  bare(&right)->Profile(second, context, /*Canonical=*/true);
  return first == second;
}

QualType roundingType(QualType type) { return roundingWithin(type, kDepth); }

std::optional<Accumulation> accumulation(const Expr &update,
                                         const ASTContext &context) {
  if (const auto *op = dyn_cast<BinaryOperator>(&update)) {
    const BinaryOperatorKind kind = op->getOpcode();
    if (kind == BO_AddAssign || kind == BO_SubAssign || kind == BO_MulAssign)
      return accumulationOf(update, op->getLHS(), op->getRHS());
    if (kind == BO_Assign)
      if (const Expr *value = addedTo(*op->getLHS(), op->getRHS(), context))
        return accumulationOf(update, op->getLHS(), value);
  } else if (const auto *unary = dyn_cast<UnaryOperator>(&update)) {
    if (unary->isIncrementDecrementOp())
      return accumulationOf(update, unary->getSubExpr(), nullptr);
  } else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(&update)) {
    const OverloadedOperatorKind kind = call->getOperator();
    if (call->getNumArgs() == 2 &&
        (kind == OO_PlusEqual || kind == OO_MinusEqual || kind == OO_StarEqual))
      return accumulationOf(update, call->getArg(0), call->getArg(1));
    if (kind == OO_Equal)
      if (const Expr *value =
              addedTo(*call->getArg(0), call->getArg(1), context))
        return accumulationOf(update, call->getArg(0), value);
  }
  return std::nullopt;
}

bool addsExactly(const Expr *value, const ASTContext &context) {
  if (!value)
    return true;
  if (value->isTypeDependent() || value->isValueDependent())
    return false;
  // Any sum of less than 2^21 integers of 32 bits is exact in a double, but a
  // float is left with 24 bits: there only flags are safe.
  const bool isDouble =
      value->getType()->isSpecificBuiltinType(BuiltinType::Double);
  value = bare(value);
  Expr::EvalResult constant;
  if (value->EvaluateAsRValue(constant, context)) {
    if (constant.Val.isFloat())
      return constant.Val.getFloat().isInteger();
    return constant.Val.isInt();
  }
  if (value->getType()->isIntegralOrEnumerationType())
    return value->isKnownToHaveBooleanValue() ||
           (isDouble && context.getTypeSize(value->getType()) <= 32);
  if (const auto *choice = dyn_cast<ConditionalOperator>(value))
    return addsExactly(choice->getTrueExpr(), context) &&
           addsExactly(choice->getFalseExpr(), context);
  if (const auto *call = dyn_cast<CallExpr>(value)) {
    const FunctionDecl *callee = call->getDirectCallee();
    return callee != nullptr && callee->getIdentifier() != nullptr &&
           isRoundingFunction(callee->getName());
  }
  const VarDecl *variable = namedVariable(value);
  return variable != nullptr && variable->getType().isConstQualified() &&
         variable->hasInit() && addsExactly(variable->getInit(), context);
}

bool measuresTime(const Expr *value) {
  return value != nullptr && measuresTime(value, kDepth);
}

}  // namespace reproaudit
