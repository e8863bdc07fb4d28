// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/HandedOutSlots.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Atomics.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/StmtOpenMP.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace reproaudit {
namespace {

/// The index of the element that \p target names, or null.
const Expr *indexOf(const Expr &target) {
  const Expr *element = bare(&target);
  while (const auto *member = dyn_cast<MemberExpr>(element))
    element = bare(member->getBase());
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(element))
    return bare(subscript->getIdx());
  const auto *call = dyn_cast<CXXOperatorCallExpr>(element);
  return call != nullptr && call->getOperator() == OO_Subscript
             ? bare(call->getArg(1))
             : nullptr;
}

/// `next++` and `next.fetch_add(1)` on an atomic counter.
bool isHandedOut(const Expr *value) {
  const auto access = atomicAccess(*bare(value));
  return access && access->op == AtomicAccess::Op::Add &&
         access->element->isIntegerType();
}

/// True if \p body gives \p variable a number that a counter hands out.
bool isHandedOut(const VarDecl &variable, const Stmt *body) {
  if (variable.getInit() != nullptr && isHandedOut(variable.getInit()))
    return true;
  const auto isAssigned = [&](const Stmt &stmt) {
    const auto *assign = dyn_cast<BinaryOperator>(&stmt);
    return assign && assign->getOpcode() == BO_Assign &&
           namedVariable(assign->getLHS()) == &variable;
  };
  return anyStmt(body, [&](const Stmt &stmt) {
    if (const auto *capture = dyn_cast<OMPAtomicDirective>(&stmt))
      return anyStmt(capture->getAssociatedStmt(), isAssigned);
    return isAssigned(stmt) && isHandedOut(cast<BinaryOperator>(stmt).getRHS());
  });
}

/// True if \p stmt asks for more of \p slot than where elements go: then it is
/// the number of a task, and its result stands where it belongs.
bool isTask(const Stmt *stmt, const VarDecl &slot) {
  // That a capture names it is how the slot gets its number.
  if (!stmt || isa<OMPAtomicDirective>(stmt))
    return false;
  if (const auto *assign = dyn_cast<BinaryOperator>(stmt)) {
    if (assign->isComparisonOp())
      return false;
    const Expr *index = indexOf(*assign->getLHS());
    if (assign->isAssignmentOp() &&
        (namedVariable(assign->getLHS()) == &slot ||
         (index != nullptr && namedVariable(index) == &slot)))
      return isTask(assign->getRHS(), slot);
  }
  const auto *reference = dyn_cast<DeclRefExpr>(stmt);
  return (reference != nullptr && reference->getDecl() == &slot) ||
         llvm::any_of(stmt->children(),
                      [&](const Stmt *child) { return isTask(child, slot); });
}

}  // namespace

bool takesNextSlot(const ParallelWrite &write) {
  const Expr *index = indexOf(*write.target);
  if (!index || write.kind != ParallelWrite::Kind::Store ||
      write.value->isValueDependent() ||
      write.value->isEvaluatable(
          write.region->enclosing.front()->getASTContext()))
    return false;
  const VarDecl *slot = namedVariable(index);
  if (!slot)
    return isHandedOut(index);
  return isHandedOut(*slot, write.region->body) &&
         !isTask(write.region->body, *slot);
}

}  // namespace reproaudit
