// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-locked-float-accumulation",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Floating-point accumulation by several threads under a lock",
    .since = "0.1.0",
    .why = R"md(
A mutex excludes a race, but the threads still add in the order in which they
get it. Floating-point addition is not associative, so the sum differs in its
last bits from run to run.)md",
    .bad = R"cpp(
#include <mutex>
#include <thread>
#include <vector>

double sum(const std::vector<std::vector<double>> &shards) {
  double total = 0;
  std::mutex mutex;
  std::vector<std::thread> workers;
  for (const auto &shard : shards)
    workers.emplace_back([&] {
      double part = 0;
      for (double value : shard)
        part += value;
      const std::lock_guard<std::mutex> lock(mutex);
      total += part;
    });
  for (auto &worker : workers)
    worker.join();
  return total;
})cpp",
    .good = R"cpp(
#include <thread>
#include <vector>

double sum(const std::vector<std::vector<double>> &shards) {
  std::vector<double> parts(shards.size());
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < shards.size(); ++i)
    workers.emplace_back([&, i] {
      for (double value : shards[i])
        parts[i] += value;
    });
  for (auto &worker : workers)
    worker.join();
  double total = 0;
  for (double part : parts)
    total += part;
  return total;
})cpp",
    .limits = "Where the threads are started in another unit, a guarded sum in "
              "a member or global variable is a note. Sums of measured time "
              "are not reported.",
});

class LockedFloatAccumulationCheck final : public ParallelCheck {
public:
  LockedFloatAccumulationCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
  void onEndOfTranslationUnit() override;
  void report(const ParallelWrite &write);

  /// Sums without a thread in sight: another function of the unit may start
  /// it, and then there is more to tell.
  std::vector<ParallelWrite> waiting_;
};

/// False if the body of \p write runs once and nobody else adds to \p sum.
bool hasSeveralWriters(const ParallelWrite &write, const NamedDecl &sum,
                       const ParallelCode &code) {
  if (!write.region || write.region->repeated || !isa<VarDecl>(sum))
    return true;
  for (const ParallelWrite &other : code.writes)
    if (other.region && other.region != write.region &&
        namedRoot(other.target) == &sum)
      return true;
  return false;
}

void LockedFloatAccumulationCheck::judge(const FunctionDecl &function,
                                         const ParallelCode &code) {
  for (const ParallelWrite &write : code.writes) {
    const NamedDecl *sum = namedRoot(write.target);
    if (write.guard != Guard::Lock || !sum ||
        !isArrivalOrderedSum(write, function.getASTContext()) ||
        !hasSeveralWriters(write, *sum, code))
      continue;
    if (write.region)
      report(write);
    else
      waiting_.push_back(write);
  }
}

void LockedFloatAccumulationCheck::report(const ParallelWrite &write) {
  const SourceLocation place = write.expression->getExprLoc();
  if (!isNew(place))
    return;
  if (write.region)
    finding(place,
            "%0 accumulates floating-point values in the order in which "
            "threads get the lock",
            write.region)
        << namedRoot(write.target) << write.expression->getSourceRange();
  else
    noteworthy(place, "%0 accumulates floating-point values in the order in "
                      "which its callers get the lock")
        << namedRoot(write.target) << write.expression->getSourceRange();
  explain(write);
  cure(write.guardedBy->getBeginLoc(),
       "a lock excludes a race but keeps no order; store one partial result "
       "per task and combine them in the order of the tasks");
}

void LockedFloatAccumulationCheck::onEndOfTranslationUnit() {
  for (const ParallelWrite &write : waiting_)
    report(write);
  waiting_.clear();
}

}  // namespace

extern constinit const Rule LockedFloatAccumulation =
    sourceRule<LockedFloatAccumulationCheck>(kInfo);

}  // namespace reproaudit::parallel
