// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Sharing.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-shared-engine-in-parallel",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Random engine shared by threads that draw from it",
    .since = "0.1.0",
    .why = R"md(
When several threads draw from one generator, the scheduler decides who gets
which number. A lock or an atomic removes the race, not the lottery. The C
generator behind `rand()` is shared by all threads as well.)md",
    .bad = R"cpp(
#include <random>

void addNoise(float *values, int count, std::mt19937 &engine) {
  std::normal_distribution<float> noise;
#pragma omp parallel for
  for (int i = 0; i < count; ++i)
    values[i] += noise(engine);
})cpp",
    .good = R"cpp(
#include <random>

void addNoise(float *values, int count, unsigned seed) {
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
    std::mt19937 engine(seed + i);
    values[i] += std::normal_distribution<float>()(engine);
  }
})cpp",
    .limits = "Whether a function of another unit draws is not known.",
    .flags = "-fopenmp",
});

/// Calls are followed this far into the functions that a region calls.
constexpr int kDepth = 4;

class SharedEngineInParallelCheck final : public RandomCheck {
public:
  SharedEngineInParallelCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeRegion(const RandomUse &use, const ParallelRegion &region,
                   const FunctionDecl *function);
  bool isInside(const UnitIndex &unit, Place place,
                const ParallelRegion &region) const;
  const Drawing *sharedDrawing(const RandomUse &use, const Sharing &sharing,
                               const FunctionDecl *function, int depth) const;
  bool isShared(const Drawing &drawing, const Sharing &sharing) const;
  void report(const Drawing &drawing, const Expr *at);
};

void SharedEngineInParallelCheck::judge(const RandomUse &use) {
  if (use.drawings().empty())
    return;
  for (const FunctionDecl *function : use.unit().functions())
    for (const ParallelRegion &region : parallelRegions(*function))
      if (region.repeated)
        judgeRegion(use, region, region.callable ? region.callable : function);
}

/// True if \p place is run by every execution of \p region.
bool SharedEngineInParallelCheck::isInside(const UnitIndex &unit, Place place,
                                           const ParallelRegion &region) const {
  for (unsigned at = place.block; at; at = unit.block(at).parent) {
    const Block &block = unit.block(at);
    if (isa_and_nonnull<OMPSingleDirective, OMPMasterDirective,
                        OMPMaskedDirective>(block.owner))
      return false;
    if (region.directive ? block.owner == region.directive
                         : block.function == region.callable)
      return true;
  }
  return false;
}

void SharedEngineInParallelCheck::judgeRegion(const RandomUse &use,
                                              const ParallelRegion &region,
                                              const FunctionDecl *function) {
  const Sharing sharing(region);
  for (const Drawing *drawing : use.drawingsIn(function))
    if (isInside(use.unit(), drawing->place, region) &&
        isShared(*drawing, sharing))
      report(*drawing, drawing->at);
  for (const Call *call : use.callsIn(function)) {
    const FunctionDecl *callee = definitionOf(call->callee);
    if (!isInside(use.unit(), call->place, region) ||
        call->expr == region.start)
      continue;
    if (const Drawing *drawing = sharedDrawing(
            use, sharing.inside(*call->expr, *callee), callee, kDepth))
      report(*drawing, call->expr);
  }
}

const Drawing *SharedEngineInParallelCheck::sharedDrawing(
    const RandomUse &use, const Sharing &sharing, const FunctionDecl *function,
    int depth) const {
  for (const Drawing *drawing : use.drawingsIn(function))
    if (isShared(*drawing, sharing))
      return drawing;
  if (depth == 0)
    return nullptr;
  for (const Call *call : use.callsIn(function)) {
    const FunctionDecl *callee = definitionOf(call->callee);
    if (const Drawing *drawing = sharedDrawing(
            use, sharing.inside(*call->expr, *callee), callee, depth - 1))
      return drawing;
  }
  return nullptr;
}

bool SharedEngineInParallelCheck::isShared(const Drawing &drawing,
                                           const Sharing &sharing) const {
  const Generator &generator = drawing.generator;
  if (generator.global)
    return !generator.global->perThread;
  if (!generator.engine || !drawing.object)
    return false;
  const auto *variable = dyn_cast<VarDecl>(generator.engine);
  if (variable && variable->getTLSKind() != VarDecl::TLS_None)
    return false;
  return sharing.reach(*drawing.object) == Reach::Shared;
}

void SharedEngineInParallelCheck::report(const Drawing &drawing,
                                         const Expr *at) {
  if (!isFirstAt(at->getExprLoc()))
    return;
  const Generator &generator = drawing.generator;
  const std::string name =
      generator.global ? generator.global->name.str()
                       : "'" + generator.engine->getNameAsString() + "'";
  finding(at->getExprLoc(), "threads share %0, so the scheduler decides who "
                            "draws which number")
      << name;
  if (generator.engine)
    step(generator.engine->getLocation(), "%0 is declared here")
        << generator.engine;
  if (at != drawing.at)
    step(drawing.at->getExprLoc(), "the number is drawn here");
  cure(at->getExprLoc(), "give each item or block an engine of its own, seeded "
                         "from the run's seed and the index of the item");
}

}  // namespace

extern constinit const Rule SharedEngineInParallel =
    sourceRule<SharedEngineInParallelCheck>(kInfo);

}  // namespace reproaudit::rng
