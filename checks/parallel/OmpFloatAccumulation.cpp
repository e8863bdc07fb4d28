// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-omp-float-accumulation",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Floating-point accumulation under omp atomic or omp critical",
    .since = "0.1.0",
    .why = R"md(
`atomic` and `critical` make an addition safe, not ordered: the threads add in
the order in which they arrive, and floating-point addition is not associative.
Two runs on one machine can differ in their last bits.)md",
    .bad = R"cpp(
double sum(const double *values, int count) {
  double total = 0;
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
#pragma omp atomic
    total += values[i];
  }
  return total;
})cpp",
    .good = R"cpp(
int countPositive(const double *values, int count) {
  int positive = 0;
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
#pragma omp atomic
    positive += values[i] > 0;
  }
  return positive;
})cpp",
    .limits = "Integers, minima and maxima are exact. An element chosen by the "
              "loop variable has one writer and is not reported, nor is a sum "
              "under `ordered`.",
    .flags = "-fopenmp",
});

class OmpFloatAccumulationCheck final : public ParallelCheck {
public:
  OmpFloatAccumulationCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

void OmpFloatAccumulationCheck::judge(const FunctionDecl &function,
                                      const ParallelCode &code) {
  for (const ParallelWrite &write : code.writes) {
    if (write.guard != Guard::Atomic && write.guard != Guard::Critical)
      continue;
    const NamedDecl *sum = namedRoot(write.target);
    if (!sum || !isArrivalOrderedSum(write, function.getASTContext()) ||
        !isNew(write.expression->getExprLoc()))
      continue;
    finding(write.expression->getExprLoc(),
            "%0 accumulates floating-point values in the order in which "
            "threads arrive",
            write.region)
        << sum << write.expression->getSourceRange();
    explain(write);
    cure(write.guardedBy->getBeginLoc(),
         "this directive excludes a race but keeps no order; store one partial "
         "result per block and combine the blocks in their order");
  }
}

}  // namespace

extern constinit const Rule OmpFloatAccumulation =
    sourceRule<OmpFloatAccumulationCheck>(kInfo);

}  // namespace reproaudit::parallel
