// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/Attr.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-atomic-float",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Floating-point accumulation in an atomic variable",
    .since = "0.1.0",
    .why = R"md(
An atomic variable loses no addition, but takes them in the order in which the
threads arrive. Floating-point addition is not associative, so the sum differs
in its last bits from run to run. A compare-and-swap loop that adds to the bits
of a floating-point number does the same.)md",
    .bad = R"cpp(
#include <atomic>
#include <thread>
#include <vector>

double sum(const std::vector<double> &parts) {
  std::atomic<double> total = 0;
  std::vector<std::thread> workers;
  for (const double part : parts)
    workers.emplace_back([&total, part] { total.fetch_add(part); });
  for (auto &worker : workers)
    worker.join();
  return total;
})cpp",
    .good = R"cpp(
#include <atomic>
#include <thread>
#include <vector>

long sum(const std::vector<int> &parts) {
  std::atomic<long> total = 0;
  std::vector<std::thread> workers;
  for (const int part : parts)
    workers.emplace_back([&total, part] { total.fetch_add(part); });
  for (auto &worker : workers)
    worker.join();
  return total;
})cpp",
    .limits = "Loads, stores, exchanges, minima and maxima do not add. Sums of "
              "flags, of small integers and of measured time are not reported.",
    .flags = "-std=c++20",
});

class AtomicFloatCheck final : public ParallelCheck {
public:
  AtomicFloatCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

void AtomicFloatCheck::judge(const FunctionDecl &function,
                             const ParallelCode &code) {
  // Device code is the business of repro-gpu-float-atomic.
  if (function.hasAttr<CUDADeviceAttr>() || function.hasAttr<CUDAGlobalAttr>())
    return;
  for (const ParallelWrite &write : code.writes) {
    if (write.guard != Guard::AtomicObject)
      continue;
    const NamedDecl *sum = namedRoot(write.target);
    if (!sum || !isArrivalOrderedSum(write, function.getASTContext()) ||
        !isNew(write.expression->getExprLoc()))
      continue;
    finding(write.expression->getExprLoc(),
            "%0 takes floating-point additions in the order in which threads "
            "arrive",
            write.region)
        << sum << write.expression->getSourceRange();
    explain(write);
    cure(sum->getLocation(),
         "store one partial result per task and combine them in the order of "
         "the tasks, or accumulate in integers of a fixed scale");
  }
}

}  // namespace

extern constinit const Rule AtomicFloat = sourceRule<AtomicFloatCheck>(kInfo);

}  // namespace reproaudit::parallel
