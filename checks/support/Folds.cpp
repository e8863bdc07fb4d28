// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Folds.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

bool isMinMax(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"min", "max", "fmin", "fmax", "fminf", "fmaxf", "gcd", "lcm"},
             true)
      .Cases({"Min", "Max", "MIN", "MAX"}, true)
      .Default(false);
}

unsigned familyAt(const Expr &expr) {
  if (const auto *op = dyn_cast<BinaryOperator>(&expr))
    return familyOf(op->getOpcode());
  if (const auto *call = dyn_cast<CXXOperatorCallExpr>(&expr))
    return familyOf(BinaryOperator::getOverloadedOpcode(call->getOperator()));
  const auto *call = dyn_cast<CallExpr>(&expr);
  const StringRef name = call ? nameOf(call->getDirectCallee()) : StringRef();
  if (isMinMax(name) && call->getNumArgs() <= 2)
    return OperatorFamily::MinMax;
  return name.starts_with("fma") ? OperatorFamily::Add : OperatorFamily::Mixed;
}

}  // namespace

unsigned familyOf(BinaryOperatorKind op) {
  switch (op) {
  case BO_Add:
  case BO_AddAssign:
  case BO_Sub:
  case BO_SubAssign:
    return OperatorFamily::Add;
  case BO_Mul:
  case BO_MulAssign:
  case BO_Div:
  case BO_DivAssign:
    return OperatorFamily::Mul;
  case BO_Xor:
  case BO_XorAssign:
    return OperatorFamily::Xor;
  case BO_Or:
  case BO_OrAssign:
  case BO_LOr:
    return OperatorFamily::Or;
  case BO_And:
  case BO_AndAssign:
  case BO_LAnd:
    return OperatorFamily::And;
  default:
    return OperatorFamily::Mixed;
  }
}

FoldPath foldPath(const Expr *value, const Expr &target,
                  const ASTContext &context) {
  value = bare(value);
  if (sameObject(*value, target, context))
    return {.occurrences = 1};
  FoldPath path;
  for (const Stmt *child : value->children())
    if (const auto *part = dyn_cast_or_null<Expr>(child)) {
      const FoldPath below = foldPath(part, target, context);
      if (below.occurrences == 0)
        continue;
      path.families |= familyAt(*value) | below.families;
      path.occurrences += below.occurrences;
    }
  return path;
}

}  // namespace reproaudit
