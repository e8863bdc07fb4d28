// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-omp-dynamic-partials",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Floating-point sum per thread over dynamically scheduled work",
    .since = "0.1.0",
    .why = R"md(
With `schedule(dynamic)` or `schedule(guided)` it is chance which iterations a
thread gets, so what it sums is another set in every run. Adding the sums of the
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

class OmpDynamicPartialsCheck final : public ParallelCheck {
public:
  OmpDynamicPartialsCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

const OMPScheduleClause *dynamicSchedule(const ParallelWrite &write) {
  if (!write.worksharing)
    return nullptr;
  const auto *schedule =
      write.worksharing->getSingleClause<OMPScheduleClause>();
  return schedule && (schedule->getScheduleKind() == OMPC_SCHEDULE_dynamic ||
                      schedule->getScheduleKind() == OMPC_SCHEDULE_guided)
             ? schedule
             : nullptr;
}

void OmpDynamicPartialsCheck::judge(const FunctionDecl &function,
                                    const ParallelCode &code) {
  for (const ParallelWrite &write : code.writes) {
    const OMPScheduleClause *schedule = dynamicSchedule(write);
    const NamedDecl *part = namedRoot(write.target);
    if (!schedule || !part || write.kind != ParallelWrite::Kind::Accumulate ||
        write.rounds.isNull() || write.via ||
        !(write.reach == Reach::ThreadSlot || write.outlivesIteration) ||
        addsExactly(write.value, function.getASTContext()) ||
        measuresTime(write.value) || !isNew(write.expression->getExprLoc()))
      continue;
    finding(write.expression->getExprLoc(),
            "%0 sums the iterations that the thread happened to get")
        << part << write.expression->getSourceRange();
    step(schedule->getBeginLoc(), "this schedule hands iterations to whoever "
                                  "asks first");
    cure(schedule->getBeginLoc(), "sum per block of fixed size instead of per "
                                  "thread, or schedule statically");
  }
}

}  // namespace

extern constinit const Rule OmpDynamicPartials =
    sourceRule<OmpDynamicPartialsCheck>(kInfo);

}  // namespace reproaudit::parallel
