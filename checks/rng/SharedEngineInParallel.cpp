// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OpenMP.h"
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Sharing.h"

#include "llvm/ADT/SetVector.h"

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

/// A number that threads draw, and the expressions in their bodies that lead
/// to it: the drawing itself or calls.
struct SharedDrawing {
  const Drawing *drawing;
  const Stmt *start;  ///< Of the threads.
  llvm::SmallSetVector<const Expr *, 2> reachedBy;
};

class SharedEngineInParallelCheck final : public RandomCheck {
public:
  SharedEngineInParallelCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void report(const SharedDrawing &shared);
};

/// Does whichever thread is idle take the next work of \p region?
bool goesToIdleThreads(const ParallelRegion &region) {
  return region.kind == ParallelRegion::Kind::Task ||
         llvm::any_of(region.directives,
                      [](const OMPExecutableDirective *directive) {
                        return dynamicSchedule(*directive) != nullptr;
                      });
}

bool isShared(const Drawing &drawing, const Sharing &sharing) {
  const Generator &generator = drawing.generator;
  if (generator.global)
    return !generator.global->perThread;
  if (!generator.engine || !drawing.object)
    return false;
  const auto *variable = dyn_cast<VarDecl>(generator.engine);
  if (variable && variable->getTLSKind() != VarDecl::TLS_None)
    return false;
  const Reach reach = sharing.reach(*drawing.object);
  return reach == Reach::Shared ||
         (reach == Reach::ThreadSlot && goesToIdleThreads(sharing.region()));
}

/// Collects what the executions of regions draw from shared generators.
class DrawingFinder {
public:
  explicit DrawingFinder(const RandomUse &use) : use_(use) {}

  void search(const ParallelRegion &region, const FunctionDecl *function);
  ArrayRef<SharedDrawing> found() const { return found_; }

private:
  bool isInside(Place place, const ParallelRegion &region) const;
  void follow(const Sharing &sharing, const FunctionDecl *function,
              const Expr *from, int depth);
  void record(const Drawing &drawing, const Expr *from);

  const RandomUse &use_;
  const ParallelRegion *region_ = nullptr;
  std::vector<SharedDrawing> found_;
};

/// True if \p place is run by every execution of \p region.
bool DrawingFinder::isInside(Place place, const ParallelRegion &region) const {
  const UnitIndex &unit = use_.unit();
  for (unsigned at = place.block; at != 0; at = unit.block(at).parent) {
    const Block &block = unit.block(at);
    if (isa_and_nonnull<OMPSingleDirective, OMPMasterDirective,
                        OMPMaskedDirective>(block.owner))
      return false;
    if (region.directive != nullptr ? block.owner == region.directive
                                    : block.function == region.callable)
      return true;
  }
  return false;
}

void DrawingFinder::search(const ParallelRegion &region,
                           const FunctionDecl *function) {
  const Sharing sharing(region);
  region_ = &region;
  for (const Drawing *drawing : use_.drawingsIn(function))
    if (isInside(drawing->place, region) && isShared(*drawing, sharing))
      record(*drawing, drawing->at);
  for (const Call *call : use_.callsIn(function)) {
    const FunctionDecl *callee = definitionOf(call->callee);
    if (isInside(call->place, region) && call->expr != region.start)
      follow(sharing.inside(*call->expr, *callee), callee, call->expr, kDepth);
  }
}

void DrawingFinder::follow(const Sharing &sharing, const FunctionDecl *function,
                           const Expr *from, int depth) {
  for (const Drawing *drawing : use_.drawingsIn(function))
    if (isShared(*drawing, sharing))
      record(*drawing, from);
  if (depth == 0)
    return;
  for (const Call *call : use_.callsIn(function)) {
    const FunctionDecl *callee = definitionOf(call->callee);
    follow(sharing.inside(*call->expr, *callee), callee, from, depth - 1);
  }
}

void DrawingFinder::record(const Drawing &drawing, const Expr *from) {
  auto known = llvm::find_if(found_, [&](const SharedDrawing &shared) {
    return shared.drawing == &drawing;
  });
  if (known == found_.end())
    known = found_.insert(known, {&drawing, region_->start, {}});
  known->reachedBy.insert(from);
}

void SharedEngineInParallelCheck::judge(const RandomUse &use) {
  if (use.drawings().empty())
    return;
  DrawingFinder finder(use);
  for (const FunctionDecl *function : use.unit().functions())
    for (const ParallelRegion &region : parallelRegions(*function))
      if (region.repeated)
        finder.search(region, region.callable ? region.callable : function);
  for (const SharedDrawing &shared : finder.found())
    report(shared);
}

/// Reports the call in the parallel body; if several lead to the drawing, what
/// they have in common.
void SharedEngineInParallelCheck::report(const SharedDrawing &shared) {
  const Drawing &drawing = *shared.drawing;
  const Expr *from = shared.reachedBy.front();
  const Expr *at = shared.reachedBy.size() == 1 ? from : drawing.at;
  if (!isFirstAt(at->getExprLoc()))
    return;
  const Generator &generator = drawing.generator;
  const std::string name =
      generator.global != nullptr
          ? generator.global->name.str()
          : "'" + generator.engine->getNameAsString() + "'";
  finding(at->getExprLoc(), "threads share %0, so the scheduler decides who "
                            "draws which number")
      << name;
  if (generator.engine != nullptr)
    step(generator.engine->getLocation(), "%0 is declared here")
        << generator.engine;
  step(shared.start->getBeginLoc(), "the threads start here");
  if (at != from)
    step(from->getExprLoc(), "they call this");
  if (at != drawing.at)
    step(drawing.at->getExprLoc(), "the number is drawn here");
  cure(at->getExprLoc(), "give each item or block an engine of its own, seeded "
                         "from the run's seed and the index of the item");
}

}  // namespace

extern constinit const Rule SharedEngineInParallel =
    sourceRule<SharedEngineInParallelCheck>(kInfo);

}  // namespace reproaudit::rng
