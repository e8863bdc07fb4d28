// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-dynamic-partials",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Floating-point sum per thread of work that idle threads take",
    .since = "0.1.0",
    .why = R"md(
With `schedule(dynamic)`, in tasks and in the loops of TBB or a thread pool it is
chance which work a thread gets, so what it sums is another set in every run. Adding the sums of the
threads in a fixed order does not help: the sums themselves differ.)md",
    .bad = R"cpp(
#include <omp.h>
#include <vector>

double sum(const double *values, int count) {
  std::vector<double> parts(omp_get_max_threads());
#pragma omp parallel for schedule(dynamic)
  for (int i = 0; i < count; ++i)
    parts[omp_get_thread_num()] += values[i];
  double total = 0;
  for (const double part : parts)
    total += part;
  return total;
})cpp",
    .good = R"cpp(
#include <vector>

double sum(const double *values, int blocks, int size) {
  std::vector<double> parts(blocks);
#pragma omp parallel for schedule(dynamic)
  for (int block = 0; block < blocks; ++block)
    for (int i = 0; i < size; ++i)
      parts[block] += values[block * size + i];
  double total = 0;
  for (const double part : parts)
    total += part;
  return total;
})cpp",
    .limits = "Static schedules give the same sums for the same number of "
              "threads; repro-thread-count-partials speaks about those.",
    .flags = "-fopenmp",
});

class DynamicPartialsCheck final : public ParallelCheck {
public:
  DynamicPartialsCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

void DynamicPartialsCheck::judge(const FunctionDecl &function,
                                 const ParallelCode &code) {
  for (const ParallelWrite &write : code.writes) {
    const SourceLocation dealer = dealtToIdleThreads(write);
    const NamedDecl *part = namedRoot(write.target);
    if (dealer.isInvalid() || !part || write.via || !isThreadPartial(write) ||
        !addsInexactly(write, function.getASTContext()) ||
        !isNew(write.expression->getExprLoc()))
      continue;
    finding(write.expression->getExprLoc(),
            "%0 sums the work that the thread happened to get", write.region)
        << part << write.expression->getSourceRange();
    step(dealer, "this hands work to whoever is idle");
    explain(*write.region);
    cure(write.expression->getBeginLoc(),
         "sum per block of fixed size instead of per thread, or deal the work "
         "out beforehand");
  }
}

}  // namespace

extern constinit const Rule DynamicPartials =
    sourceRule<DynamicPartialsCheck>(kInfo);

}  // namespace reproaudit::parallel
