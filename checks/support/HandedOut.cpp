// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/HandedOut.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Atomics.h"

#include "clang/AST/StmtOpenMP.h"

using namespace clang;

namespace reproaudit {

bool isHandedOut(const Expr &value) {
  const auto access = atomicAccess(*bare(&value));
  return access && access->op == AtomicAccess::Op::Add &&
         access->element->isIntegerType();
}

bool isHandedOut(const VarDecl &variable, const Stmt *body) {
  if (variable.getInit() != nullptr && isHandedOut(*variable.getInit()))
    return true;
  const auto isAssigned = [&](const Stmt &stmt) {
    const auto *assign = dyn_cast<BinaryOperator>(&stmt);
    return assign && assign->getOpcode() == BO_Assign &&
           namedVariable(assign->getLHS()) == &variable;
  };
  return anyStmt(body, [&](const Stmt &stmt) {
    if (const auto *capture = dyn_cast<OMPAtomicDirective>(&stmt))
      return anyStmt(capture->getAssociatedStmt(), isAssigned);
    return isAssigned(stmt) &&
           isHandedOut(*cast<BinaryOperator>(stmt).getRHS());
  });
}

}  // namespace reproaudit
