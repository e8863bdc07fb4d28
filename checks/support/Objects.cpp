// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Objects.h"

#include "reproaudit/analysis/Accumulation.h"

#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace reproaudit {
namespace {

const NamedDecl *rootDecl(const Expr *object, bool throughMembers) {
  for (;;) {
    object = bare(object);
    if (const VarDecl *variable = namedVariable(object))
      return variable;
    if (const auto *member = dyn_cast<MemberExpr>(object)) {
      if (!throughMembers)
        return member->getMemberDecl();
      object = member->getBase();
    } else if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(object))
      object = subscript->getBase();
    else if (const auto *section = dyn_cast<ArraySectionExpr>(object))
      object = section->getBase();
    else if (const auto *made = dyn_cast<CXXConstructExpr>(object);
             made && made->getNumArgs() > 0)
      object = made->getArg(0);
    else if (const auto *unary = dyn_cast<UnaryOperator>(object))
      object = unary->getSubExpr();
    else if (const auto *sum = dyn_cast<BinaryOperator>(object);
             sum && sum->isAdditiveOp())
      object = sum->getLHS();
    else if (const auto *method = dyn_cast<CXXMemberCallExpr>(object))
      object = method->getImplicitObjectArgument();
    else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(object))
      object = op->getArg(0);
    else
      return nullptr;
  }
}

}  // namespace

const NamedDecl *namedRoot(const Expr *object) {
  return rootDecl(object, /*throughMembers=*/false);
}

const VarDecl *rootVariable(const Expr *object) {
  return dyn_cast_or_null<VarDecl>(rootDecl(object, /*throughMembers=*/true));
}

}  // namespace reproaudit
