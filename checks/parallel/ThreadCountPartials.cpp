// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-thread-count-partials",
    .family = Family::Parallel,
    .scope = Scope::Threads,
    .tier = Tier::Audit,
    .summary = "Floating-point partial sum for each thread",
    .since = "0.1.0",
    .why = R"md(
If every thread sums its share, the number of threads decides where the input is
cut. Rounding happens at other places on a machine with more cores, so the total
has other last bits there, even though it repeats on this one.)md",
    .bad = R"cpp(
#include <omp.h>
#include <vector>

double sum(const double *values, int count) {
  std::vector<double> parts(omp_get_max_threads());
#pragma omp parallel for schedule(static)
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
#pragma omp parallel for
  for (int block = 0; block < blocks; ++block)
    for (int i = 0; i < size; ++i)
      parts[block] += values[block * size + i];
  double total = 0;
  for (const double part : parts)
    total += part;
  return total;
})cpp",
    .limits = "Sees elements chosen by the number of the thread, or of one of "
              "`hardware_concurrency()` threads. Dynamic "
              "schedules are worse and have a rule of their own.",
    .flags = "-fopenmp",
});

class ThreadCountPartialsCheck final : public ParallelCheck {
public:
  ThreadCountPartialsCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

bool isDynamic(const ParallelWrite &write) {
  const auto *schedule =
      write.worksharing
          ? write.worksharing->getSingleClause<OMPScheduleClause>()
          : nullptr;
  return schedule && schedule->getScheduleKind() != OMPC_SCHEDULE_static;
}

/// True if \p write goes to the slot of one thread among as many as there are
/// processors.
bool isPerThread(const ParallelWrite &write, const FunctionDecl &function) {
  if (write.reach == Reach::ThreadSlot)
    return true;
  if (write.reach != Reach::OwnSlot ||
      write.region->kind != ParallelRegion::Kind::Thread)
    return false;
  return anyStmt(function.getBody(), [](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
    return callee && callee->getIdentifier() &&
           callee->getName() == "hardware_concurrency";
  });
}

void ThreadCountPartialsCheck::judge(const FunctionDecl &function,
                                     const ParallelCode &code) {
  for (const ParallelWrite &write : code.writes) {
    const NamedDecl *part = namedRoot(write.target);
    if (!part || write.kind != ParallelWrite::Kind::Accumulate ||
        write.rounds.isNull() || !write.region ||
        !isPerThread(write, function) || isDynamic(write) ||
        addsExactly(write.value, function.getASTContext()) ||
        measuresTime(write.value) || !isNew(write.expression->getExprLoc()))
      continue;
    finding(write.expression->getExprLoc(),
            "the partial sums in %0 depend on the number of threads")
        << part << write.expression->getSourceRange();
    explain(write);
    cure(write.expression->getBeginLoc(),
         "sum per block of fixed size instead of per thread");
  }
}

}  // namespace

extern constinit const Rule ThreadCountPartials =
    sourceRule<ThreadCountPartialsCheck>(kInfo);

}  // namespace reproaudit::parallel
