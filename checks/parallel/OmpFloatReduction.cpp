// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

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
  void judgeClause(const OMPReductionClause &clause, const Stmt &body,
                   const ASTContext &context);
};

/// `+`, `-`, `*`, or a declared reduction that is not a minimum or maximum.
bool combinesInexactly(const OMPReductionClause &clause) {
  const DeclarationName name = clause.getNameInfo().getName();
  switch (name.getCXXOverloadedOperator()) {
  case OO_Plus:
  case OO_Minus:
  case OO_Star:
    return true;
  case OO_None:
    break;
  default:
    return false;
  }
  return name.isIdentifier() &&
         !name.getAsIdentifierInfo()->getName().contains_insensitive("min") &&
         !name.getAsIdentifierInfo()->getName().contains_insensitive("max");
}

/// True if everything that \p body adds to \p variable is exact.
bool addsOnlyExactly(const VarDecl &variable, const Stmt &body,
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

void OmpFloatReductionCheck::judge(const FunctionDecl &function,
                                   const ParallelCode &code) {
  for (const ParallelRegion &region : code.regions)
    for (const OMPExecutableDirective *directive : region.directives)
      for (const OMPClause *clause : directive->clauses())
        if (const auto *reduction = dyn_cast<OMPReductionClause>(clause);
            reduction && directive->hasAssociatedStmt() &&
            directive->getDirectiveKind() != llvm::omp::OMPD_simd)
          judgeClause(*reduction, *directive->getAssociatedStmt(),
                      function.getASTContext());
}

void OmpFloatReductionCheck::judgeClause(const OMPReductionClause &clause,
                                         const Stmt &body,
                                         const ASTContext &context) {
  if (!combinesInexactly(clause))
    return;
  for (const Expr *listed : clause.varlist()) {
    const auto *variable = dyn_cast_or_null<ValueDecl>(namedRoot(listed));
    if (!variable)
      continue;
    QualType type = variable->getType().getNonReferenceType();
    if (type->isPointerType())
      type = type->getPointeeType();
    const auto *local = dyn_cast<VarDecl>(variable);
    if (roundingType(type).isNull() ||
        (local && addsOnlyExactly(*local, body, context)) ||
        !isNew(listed->getExprLoc()))
      continue;
    finding(listed->getExprLoc(),
            "the reduction of %0 combines floating-point values in an order "
            "that depends on the threads")
        << variable << listed->getSourceRange();
    cure(clause.getBeginLoc(),
         "store one partial result per block of fixed size and combine the "
         "blocks in their order, or accumulate in integers");
  }
}

}  // namespace

extern constinit const Rule OmpFloatReduction =
    sourceRule<OmpFloatReductionCheck>(kInfo);

}  // namespace reproaudit::parallel
