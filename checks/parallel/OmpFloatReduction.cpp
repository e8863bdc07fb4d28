// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Appends.h"
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/DeclOpenMP.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-omp-float-reduction",
    .family = Family::Parallel,
    .scope = Scope::Threads,
    .summary = "OpenMP reduction that adds or multiplies floating-point values",
    .since = "0.1.0",
    .why = R"md(
`reduction(+ : x)` gives each thread its own partial sum and combines them in
an order that OpenMP leaves open. Where the partial sums are cut depends on the
number of threads, and with some runtimes the order of combination depends on
which thread finishes first, so the last bits change from machine to machine
and from run to run. A training loop amplifies them.)md",
    .bad = R"cpp(
double sum(const double *values, int count) {
  double total = 0;
#pragma omp parallel for reduction(+ : total)
  for (int i = 0; i < count; ++i)
    total += values[i];
  return total;
})cpp",
    .good = R"cpp(
long sum(const int *values, int count) {
  long total = 0;
#pragma omp parallel for reduction(+ : total)
  for (int i = 0; i < count; ++i)
    total += values[i];
  return total;
})cpp",
    .limits = "Integer reductions, `min` and `max` are exact, and sums of "
              "flags and small integers are taken to be. A `simd` reduction "
              "stays within one thread and is not reported.",
    .flags = "-fopenmp",
});

class OmpFloatReductionCheck final : public ParallelCheck {
public:
  OmpFloatReductionCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
  template <class ClauseT>
  void judgeClause(const ClauseT &clause, const Stmt &body,
                   const ParallelRegion &region);
};

/// What a reduction does to the results of two threads.
enum class Combination {
  Exact,   ///< The same in any order.
  Rounds,  ///< Adds or multiplies.
  Orders,  ///< Appends, or picks one of equals.
};

/// The combiner of a reduction that the program declares, or null.
const Expr *declaredCombiner(const Expr *operation) {
  const auto *call = dyn_cast_or_null<CallExpr>(operation);
  const auto *callee =
      call ? dyn_cast<OpaqueValueExpr>(call->getCallee()) : nullptr;
  const auto *reference =
      callee ? dyn_cast<DeclRefExpr>(callee->getSourceExpr()->IgnoreImpCasts())
             : nullptr;
  const auto *declared =
      reference ? dyn_cast<OMPDeclareReductionDecl>(reference->getDecl())
                : nullptr;
  return declared ? declared->getCombiner() : nullptr;
}

/// As anyStmt, looking also into the functions that \p combiner calls.
bool anyInCombiner(const Expr *combiner,
                   llvm::function_ref<bool(const Stmt &)> wanted) {
  return anyStmt(combiner, [&](const Stmt &stmt) {
    if (wanted(stmt))
      return true;
    const auto *call = dyn_cast<CallExpr>(&stmt);
    const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
    return callee && callee->hasBody() && anyStmt(callee->getBody(), wanted);
  });
}

Combination combinationBy(const Expr *combiner, const ASTContext &context) {
  bool adds = false;
  unsigned comparisons = 0;
  const bool appends = anyInCombiner(combiner, [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<Expr>(&stmt);
    const auto *call = dyn_cast<CallExpr>(&stmt);
    const auto *op = dyn_cast<BinaryOperator>(&stmt);
    comparisons += op && op->isComparisonOp();
    adds |= expr && accumulation(*expr, context).has_value();
    return call && appendBy(*call).has_value();
  });
  if (appends)
    return Combination::Orders;
  if (adds)
    return Combination::Rounds;
  const bool picksRecord = combiner->getType()->isRecordType();
  return picksRecord && comparisons == 1 ? Combination::Orders
                                         : Combination::Exact;
}

/// How the reduction called \p name combines; \p operation is its own way.
Combination combinationOf(DeclarationName name, const Expr *operation,
                          const ASTContext &context) {
  if (const Expr *combiner = declaredCombiner(operation))
    return combinationBy(combiner, context);
  switch (name.getCXXOverloadedOperator()) {
  case OO_Plus:
  case OO_Minus:
  case OO_Star:
    return Combination::Rounds;
  default:
    return Combination::Exact;
  }
}

/// True if everything that \p body adds to \p variable is exact.
bool addsOnlyExactly(const ValueDecl &variable, const Stmt &body,
                     const ASTContext &context) {
  bool any = false;
  const bool rounds = anyStmt(&body, [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<Expr>(&stmt);
    const auto added = expr ? accumulation(*expr, context) : std::nullopt;
    if (!added || namedRoot(added->target) != &variable)
      return false;
    any = true;
    return !addsExactly(added->value, context) && !measuresTime(added->value);
  });
  return any && !rounds;
}

void OmpFloatReductionCheck::judge(const FunctionDecl & /*function*/,
                                   const ParallelCode &code) {
  for (const ParallelRegion &region : code.regions)
    for (const OMPExecutableDirective *directive : region.directives) {
      if (!directive->hasAssociatedStmt() ||
          directive->getDirectiveKind() == llvm::omp::OMPD_simd)
        continue;
      const Stmt &body = *directive->getAssociatedStmt();
      for (const auto *clause :
           directive->getClausesOfKind<OMPReductionClause>())
        judgeClause(*clause, body, region);
      for (const auto *clause :
           directive->getClausesOfKind<OMPTaskReductionClause>())
        judgeClause(*clause, body, region);
    }
}

template <class ClauseT>
void OmpFloatReductionCheck::judgeClause(const ClauseT &clause,
                                         const Stmt &body,
                                         const ParallelRegion &region) {
  auto operation = clause.reduction_ops().begin();
  for (const Expr *listed : clause.varlist()) {
    const Expr *own = *operation++;
    const auto *variable = dyn_cast_or_null<ValueDecl>(namedRoot(listed));
    if (!variable)
      continue;
    const ASTContext &context = variable->getASTContext();
    QualType type = variable->getType().getNonReferenceType();
    if (type->isPointerType())
      type = type->getPointeeType();
    const Combination combination =
        combinationOf(clause.getNameInfo().getName(), own, context);
    if (combination == Combination::Exact ||
        (combination == Combination::Rounds &&
         (roundingType(type).isNull() ||
          addsOnlyExactly(*variable, body, context))) ||
        !isNew(listed->getExprLoc()))
      continue;
    finding(listed->getExprLoc(),
            combination == Combination::Rounds
                ? "the reduction of %0 combines floating-point values in an "
                  "order that depends on the threads"
                : "the reduction of %0 takes the results of the threads in any "
                  "order",
            &region)
        << variable << listed->getSourceRange();
    explain(region);
    cure(clause.getBeginLoc(),
         "store one partial result per block of fixed size and combine the "
         "blocks in their order, or accumulate in integers");
  }
}

}  // namespace

extern constinit const Rule OmpFloatReduction =
    sourceRule<OmpFloatReductionCheck>(kInfo);

}  // namespace reproaudit::parallel
