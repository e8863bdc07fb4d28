// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/StmtOpenMP.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-thread-id-seed",
    .family = Family::Rng,
    .scope = Scope::Threads,
    .summary = "Random generator seeded from the number or id of a thread",
    .since = "0.1.0",
    .why = R"md(
Which thread works on which item is decided by the number of threads and the
scheduler. An engine per thread therefore gives the same item other random
numbers on a machine with another number of cores, or in every run. An engine
per item, seeded from the index of the item, does not.)md",
    .bad = R"cpp(
#include <random>
#include <thread>

void initialise(float *weights, unsigned seed) {
  std::hash<std::thread::id> hash;
  std::mt19937 engine(seed + hash(std::this_thread::get_id()));
  weights[0] = engine();
})cpp",
    .good = R"cpp(
#include <random>

void initialise(float *weights, int count, unsigned seed) {
  for (int i = 0; i < count; ++i) {
    std::mt19937 engine(seed + i);
    weights[i] = engine();
  }
})cpp",
    .limits = "Regions with a constant `num_threads` are not reported. An "
              "engine picked from an array by thread number is not seen.",
});

/// True if \p place lies in a region that always has the same threads.
bool hasFixedThreads(const UnitIndex &unit, Place place) {
  for (unsigned at = place.block; at != 0; at = unit.block(at).parent) {
    const auto *region =
        dyn_cast_or_null<OMPExecutableDirective>(unit.block(at).owner);
    const auto *threads =
        region ? region->getSingleClause<OMPNumThreadsClause>() : nullptr;
    if (threads && !threads->getNumThreads()->isValueDependent() &&
        threads->getNumThreads()->isEvaluatable(unit.context()))
      return true;
  }
  return false;
}

class ThreadIdSeedCheck final : public RandomCheck {
public:
  ThreadIdSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override {
    for (const Seeding &seeding : use.seedings()) {
      const SourceLocation at = placeOf(seeding);
      if (seeding.origin.kind != OriginKind::ThreadId ||
          hasFixedThreads(use.unit(), seeding.place) || !isFirstAt(at))
        continue;
      finding(at, "%0 is seeded from %1, so the numbers depend on how work is "
                  "spread over threads")
          << seeding.subject << seeding.origin.source;
      steps(seeding.origin, at);
      cure(at, "seed from the index of the item that is worked on, with one "
               "engine for each item or block");
    }
  }
};

}  // namespace

extern constinit const Rule ThreadIdSeed = sourceRule<ThreadIdSeedCheck>(kInfo);

}  // namespace reproaudit::rng
