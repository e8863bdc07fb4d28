// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OpenMP.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/OpenMPClause.h"
#include "clang/AST/StmtCXX.h"

using namespace clang;

namespace reproaudit {
namespace {

bool isConstant(const Expr *expression, std::int64_t wanted,
                const ASTContext &context) {
  Expr::EvalResult value;
  return expression != nullptr && !expression->isValueDependent() &&
         expression->EvaluateAsInt(value, context) && value.Val.isInt() &&
         value.Val.getInt() == wanted;
}

/// The variable in the list of a clause; `sum[0:n]` names sum.
const VarDecl *listedVariable(const Stmt *named) {
  const auto *expr = dyn_cast_or_null<Expr>(named);
  while (expr) {
    expr = bare(expr);
    if (const auto *section = dyn_cast<ArraySectionExpr>(expr))
      expr = section->getBase();
    else if (const auto *element = dyn_cast<ArraySubscriptExpr>(expr))
      expr = element->getBase();
    else
      return namedVariable(expr);
  }
  return nullptr;
}

const VarDecl *loopVariable(const Stmt &loop) {
  if (const auto *range = dyn_cast<CXXForRangeStmt>(&loop))
    return range->getLoopVariable();
  const auto *counted = dyn_cast<ForStmt>(&loop);
  const Stmt *init = counted ? counted->getInit() : nullptr;
  if (const auto *declared = dyn_cast_or_null<DeclStmt>(init))
    return dyn_cast<VarDecl>(*declared->decl_begin());
  if (const auto *assigned = dyn_cast_or_null<BinaryOperator>(init))
    return namedVariable(assigned->getLHS());
  return nullptr;
}

/// The loop directly inside \p loop, or whatever stands there.
const Stmt *nestedLoop(const Stmt &loop) {
  const Stmt *body = nullptr;
  if (const auto *counted = dyn_cast<ForStmt>(&loop))
    body = counted->getBody();
  else if (const auto *range = dyn_cast<CXXForRangeStmt>(&loop))
    body = range->getBody();
  const auto *block = dyn_cast_or_null<CompoundStmt>(body);
  return block && block->size() == 1 ? block->body_front() : body;
}

/// True if \p loop asks which thread runs it, or divides its work inside.
bool asksForTheThread(const Stmt &loop) {
  return anyStmt(&loop, [](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    return isa<OMPExecutableDirective>(stmt) ||
           (call &&
            nameOf(call->getDirectCallee()).contains_insensitive("thread"));
  });
}

}  // namespace

bool isSerial(const OMPExecutableDirective &directive,
              const ASTContext &context) {
  for (const OMPClause *clause : directive.clauses()) {
    if (const auto *threads = dyn_cast<OMPNumThreadsClause>(clause);
        threads && isConstant(threads->getNumThreads(), 1, context))
      return true;
    if (const auto *condition = dyn_cast<OMPIfClause>(clause);
        condition && isConstant(condition->getCondition(), 0, context))
      return true;
  }
  return false;
}

SmallVector<PrivateVariable, 8>
privateVariables(const OMPExecutableDirective &directive) {
  SmallVector<PrivateVariable, 8> found;
  for (const OMPClause *clause : directive.clauses()) {
    const bool reduces =
        isa<OMPReductionClause, OMPTaskReductionClause, OMPInReductionClause>(
            clause);
    if (!reduces && !isa<OMPPrivateClause, OMPFirstprivateClause,
                         OMPLastprivateClause, OMPLinearClause>(clause))
      continue;
    for (const Stmt *named : clause->children())
      if (const VarDecl *variable = listedVariable(named))
        found.push_back({variable, reduces});
  }
  return found;
}

bool asksForTheThread(const OMPExecutableDirective &directive) {
  return directive.hasAssociatedStmt() &&
         asksForTheThread(
             *directive.getAssociatedStmt()->IgnoreContainers(true));
}

const Stmt *undividedLoop(const OMPExecutableDirective &directive) {
  if (directive.getDirectiveKind() != llvm::omp::OMPD_parallel ||
      !directive.hasAssociatedStmt())
    return nullptr;
  const Stmt *body = directive.getAssociatedStmt()->IgnoreContainers(true);
  if (const auto *block = dyn_cast<CompoundStmt>(body);
      block && block->size() == 1)
    body = block->body_front();
  return isa<ForStmt, CXXForRangeStmt>(body) && !asksForTheThread(*body)
             ? body
             : nullptr;
}

const OMPScheduleClause *
dynamicSchedule(const OMPExecutableDirective &directive) {
  const auto *schedule = directive.getSingleClause<OMPScheduleClause>();
  return schedule && schedule->getScheduleKind() != OMPC_SCHEDULE_static
             ? schedule
             : nullptr;
}

SmallVector<const VarDecl *, 2>
distributedVariables(const OMPExecutableDirective &directive) {
  SmallVector<const VarDecl *, 2> found;
  const auto *loops = dyn_cast<OMPLoopBasedDirective>(&directive);
  if (!loops || directive.getDirectiveKind() == llvm::omp::OMPD_simd)
    return found;  // Lanes of one thread.
  const Stmt *loop = directive.getAssociatedStmt()->IgnoreContainers(true);
  for (unsigned level = 0; loop && level < loops->getLoopsNumber(); ++level) {
    if (const VarDecl *variable = loopVariable(*loop))
      found.push_back(variable);
    loop = nestedLoop(*loop);
  }
  return found;
}

}  // namespace reproaudit
