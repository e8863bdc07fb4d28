// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-parallel-race",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Parallel code writes a variable that all threads share",
    .since = "0.1.0",
    .why = R"md(
A variable that is declared outside a parallel body and written inside belongs
to all threads at once. Updates get lost and values of one iteration turn up in
another, as the scheduler likes. It is a race and undefined behaviour, and its
usual sign is a result that differs from run to run.)md",
    .bad = R"cpp(
void normalise(float *values, const float *scale, int count) {
  float factor;
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
    factor = scale[i];
    values[i] *= factor;
  }
})cpp",
    .good = R"cpp(
void normalise(float *values, const float *scale, int count) {
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
    const float factor = scale[i];
    values[i] *= factor;
  }
})cpp",
    .limits = "Single variables only: whether two threads meet in an array "
              "element depends on the index. Storing a constant, as a flag, is "
              "not reported.",
    .flags = "-fopenmp",
});

class ParallelRaceCheck final : public ParallelCheck {
public:
  ParallelRaceCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

/// True if every execution stores the same, as when a flag is raised, or when
/// everybody asks how many threads there are.
bool storesTheSame(const ParallelWrite &write) {
  if (write.kind != ParallelWrite::Kind::Store || !write.value)
    return false;
  return !anyStmt(write.value, [&](const Stmt &stmt) {
    if (isa<ArraySubscriptExpr, CXXOperatorCallExpr>(stmt))
      return true;
    if (const auto *call = dyn_cast<CallExpr>(&stmt)) {
      const FunctionDecl *callee = call->getDirectCallee();
      return !callee || !callee->getIdentifier() ||
             !(callee->getName() == "omp_get_num_threads" ||
               callee->getName() == "omp_get_max_threads");
    }
    const auto *expr = dyn_cast<Expr>(&stmt);
    const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
    return variable && !write.region->isShared(*variable);
  });
}

bool isRace(const ParallelWrite &write) {
  if (write.kind == ParallelWrite::Kind::Append || !write.region ||
      !write.region->repeated || write.via || write.once ||
      write.guard != Guard::None || write.reach != Reach::Shared ||
      storesTheSame(write) || measuresTime(write.value))
    return false;
  // The variable itself, not something that a pointer or index selects.
  const Expr *target = bare(write.target);
  const VarDecl *variable = namedVariable(target);
  return variable && write.region->isShared(*variable) &&
         !variable->getType().isVolatileQualified() &&
         variable->getType().getNonReferenceType()->isScalarType() &&
         !variable->getType().getNonReferenceType()->isAtomicType();
}

void ParallelRaceCheck::judge(const FunctionDecl & /*function*/,
                              const ParallelCode &code) {
  llvm::SmallPtrSet<const VarDecl *, 4> reported;
  for (const ParallelWrite &write : code.writes) {
    if (!isRace(write))
      continue;
    const VarDecl *variable = namedVariable(write.target);
    if (!reported.insert(variable).second ||
        !isNew(write.expression->getExprLoc()))
      continue;
    finding(write.expression->getExprLoc(),
            "all threads write %0 without synchronisation")
        << variable << write.expression->getSourceRange();
    step(variable->getLocation(), "declared outside of the parallel code");
    explain(write);
    cure(variable->getLocation(),
         "declare it inside the parallel code or make it private; if it is a "
         "sum, let every task have its own and combine them in their order");
  }
}

}  // namespace

extern constinit const Rule ParallelRace = sourceRule<ParallelRaceCheck>(kInfo);

}  // namespace reproaudit::parallel
