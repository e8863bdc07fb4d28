// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OpenMP.h"
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-omp-missing-for",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "omp parallel without for runs a whole loop in every thread",
    .since = "0.1.0",
    .why = R"md(
`#pragma omp parallel` in front of a loop starts the whole loop in every thread;
only `parallel for` divides it. All threads then write the same elements at the
same time, so sums are counted several times or torn, differently in every
run.)md",
    .bad = R"cpp(
void scale(float *values, int count) {
#pragma omp parallel
  for (int i = 0; i < count; ++i)
    values[i] *= 2;
})cpp",
    .good = R"cpp(
void scale(float *values, int count) {
#pragma omp parallel for
  for (int i = 0; i < count; ++i)
    values[i] *= 2;
})cpp",
    .limits = "A loop that starts at, or advances by, something that differs "
              "between threads divides the work by hand and is not reported, "
              "nor is one that writes nothing shared.",
    .flags = "-fopenmp",
});

class OmpMissingForCheck final : public ParallelCheck {
public:
  OmpMissingForCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

/// The first write of \p loop that other threads see, or null.
const ParallelWrite *sharedWrite(const ParallelCode &code,
                                 const ParallelRegion &region) {
  for (const ParallelWrite &write : code.writes)
    if (write.region == &region && write.reach == Reach::Shared &&
        write.guard == Guard::None && !write.once)
      return &write;
  return nullptr;
}

void OmpMissingForCheck::judge(const FunctionDecl & /*function*/,
                               const ParallelCode &code) {
  for (const ParallelRegion &region : code.regions) {
    const Stmt *loop =
        region.directive ? undividedLoop(*region.directive) : nullptr;
    const ParallelWrite *write = loop ? sharedWrite(code, region) : nullptr;
    if (!write || !isNew(region.directive->getBeginLoc()))
      continue;
    finding(region.directive->getBeginLoc(),
            "every thread runs the whole loop: 'parallel' without 'for' does "
            "not divide it");
    step(write->expression->getExprLoc(), "all threads write here");
    cure(region.directive->getBeginLoc(), "write 'omp parallel for'");
  }
}

}  // namespace

extern constinit const Rule OmpMissingFor =
    sourceRule<OmpMissingForCheck>(kInfo);

}  // namespace reproaudit::parallel
