// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-implicit-seed",
    .family = Family::Rng,
    .scope = Scope::Run,
    .tier = Tier::Audit,
    .summary = "Random numbers from a generator that nothing seeds",
    .since = "0.1.0",
    .why = R"md(
A generator that nobody seeds starts from a default that the code does not show
and no configuration can change. `rand()`, `drand48()` and their kind are shared
by the whole process, so that any library or thread shifts their numbers; some
libraries even start from entropy.)md",
    .bad = R"cpp(
#include <cstdlib>

int pick(int count) { return std::rand() % count; }
)cpp",
    .good = R"cpp(
#include <random>

int pick(int count, std::mt19937 &engine) {
  return static_cast<int>(engine() % count);
})cpp",
    .limits = "Whether another unit seeds the generator is decided by the "
              "program-wide pass only, so every finding is a note.",
});

class ImplicitSeedCheck final : public RandomCheck {
public:
  ImplicitSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override {
    for (const UnitIndex::Declared &engine : use.engines())
      if (use.isNeverSeeded(engine.decl) &&
          isFirstAt(engine.decl->getLocation()))
        report(engine.decl);
    for (const Drawing &drawing : use.drawings())
      if (drawing.generator.global)
        judgeGlobal(use, drawing);
  }
  void judgeGlobal(const RandomUse &use, const Drawing &drawing);
  void report(const DeclaratorDecl *engine);
};

void ImplicitSeedCheck::report(const DeclaratorDecl *engine) {
  finding(engine->getLocation(),
          "%0 is never seeded: it starts from a fixed default that no "
          "configuration can change")
      << engine;
  cure(engine->getLocation(), "seed it from the configuration of the run");
}

void ImplicitSeedCheck::judgeGlobal(const RandomUse &use,
                                    const Drawing &drawing) {
  const GlobalGenerator &generator = *drawing.generator.global;
  const SourceLocation at = drawing.at->getExprLoc();
  const auto *call = dyn_cast<CallExpr>(drawing.at);
  const bool shuffle = call && call->getDirectCallee() &&
                       isRandomShuffle(call->getDirectCallee());
  const auto seeds = [&](const Seeding &seeding) {
    return seeding.generator == drawing.generator;
  };
  if (shuffle || llvm::any_of(use.seedings(), seeds) || !isFirstAt(at))
    return;
  if (generator.entropic)
    finding(at, "%0 starts from entropy unless the program calls %1")
        << generator.name << generator.seeder;
  else
    finding(at, "%0 is drawn from, but nothing here calls %1")
        << generator.name << generator.seeder;
  cure(at, "draw from an engine of your own that the run's seed reaches");
}

}  // namespace

extern constinit const Rule ImplicitSeed = sourceRule<ImplicitSeedCheck>(kInfo);

}  // namespace reproaudit::rng
