// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Callables.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace reproaudit {
namespace {

const CXXRecordDecl *recordOf(QualType type) {
  const CXXRecordDecl *record =
      type.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
  return record && record->hasDefinition() ? record : nullptr;
}

bool isStdFunction(const CXXRecordDecl &record) {
  return record.getIdentifier() != nullptr && isInStd(record) &&
         record.getName().ends_with("function");
}

/// What a std::function is made of: the callable inside its initialiser.
const FunctionDecl *wrappedIn(const VarDecl &variable) {
  const FunctionDecl *found = nullptr;
  anyStmt(variable.getInit(), [&](const Stmt &stmt) {
    const auto *lambda = dyn_cast<LambdaExpr>(&stmt);
    if (lambda)
      found = callOperator(*lambda);
    else if (const auto *reference = dyn_cast<DeclRefExpr>(&stmt))
      found = dyn_cast<FunctionDecl>(reference->getDecl());
    return found != nullptr;
  });
  return found;
}

}  // namespace

const FunctionDecl *callOperator(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  if (!record)
    return nullptr;
  if (record->isLambda()) {
    if (const FunctionTemplateDecl *pattern =
            record->getDependentLambdaCallOperator())
      for (const FunctionDecl *instance : pattern->specializations())
        if (instance->hasBody())
          return instance;
    // Never instantiated, as when the bodies of a library are not parsed: the
    // pattern still says what it does.
    return record->getLambdaCallOperator();
  }
  for (const CXXMethodDecl *method : record->methods())
    if (method->getOverloadedOperator() == OO_Call)
      return method;
  return nullptr;
}

const FunctionDecl *functionBehind(const Expr *callable) {
  callable = bare(callable);
  if (const auto *address = dyn_cast<UnaryOperator>(callable))
    callable = bare(address->getSubExpr());
  if (const auto *reference = dyn_cast<DeclRefExpr>(callable))
    if (const auto *function = dyn_cast<FunctionDecl>(reference->getDecl()))
      return function;
  const CXXRecordDecl *record = recordOf(callable->getType());
  const VarDecl *variable = namedVariable(callable);
  if (record && variable && variable->getInit() && isStdFunction(*record))
    return wrappedIn(*variable);
  return callOperator(callable->getType());
}

const FunctionDecl *ownFunctionBehind(const Expr *callable) {
  const FunctionDecl *function = functionBehind(callable);
  const FunctionDecl *definition = nullptr;
  if (!function || function->isDependentContext() ||
      !function->hasBody(definition) || !definition->getBody() ||
      definition->getASTContext().getSourceManager().isInSystemHeader(
          definition->getLocation()))
    return nullptr;
  return definition;
}

bool isCallable(const Expr *expr) {
  const QualType type = expr->getType().getNonReferenceType();
  return type->isFunctionPointerType() || type->isFunctionType() ||
         callOperator(type) != nullptr;
}

}  // namespace reproaudit
