// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-thread-local-engine",
    .family = Family::Rng,
    .scope = Scope::Threads,
    .tier = Tier::Audit,
    .summary = "thread_local engine that is seeded on one thread only",
    .since = "0.1.0",
    .why = R"md(
A function that seeds a `thread_local` engine seeds that of the thread which
calls it. The engines of the worker threads keep the seed they were made with,
whatever the user sets.)md",
    .bad = R"cpp(
#include <random>

thread_local std::mt19937 engine;

void setSeed(unsigned seed) { engine.seed(seed); }

unsigned draw() { return engine(); }
)cpp",
    .good = R"cpp(
#include <random>

unsigned draw(unsigned seed, unsigned item) {
  std::mt19937 engine(seed + item);
  return engine();
})cpp",
    .limits = "Whether other threads draw at all is not known to the unit, so "
              "every finding is a note.",
});

class ThreadLocalEngineCheck final : public RandomCheck {
public:
  ThreadLocalEngineCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override {
    for (const Seeding &seeding : use.seedings()) {
      const auto *engine = dyn_cast_or_null<VarDecl>(seeding.generator.engine);
      if (!engine || engine->getTLSKind() == VarDecl::TLS_None ||
          seeding.kind != Seeding::Reseeded || !seeding.seed)
        continue;
      // Whoever seeds and draws in one go seeds the right engine.
      const FunctionDecl *seeder = use.unit().functionAt(seeding.place);
      const auto isOwn = [&](const Drawing *drawing) {
        return drawing->generator == seeding.generator;
      };
      if (llvm::any_of(use.drawingsIn(seeder), isOwn) ||
          !isFirstAt(seeding.at->getExprLoc()))
        continue;
      finding(seeding.at->getExprLoc(),
              "%0 is thread_local: only the engine of the calling thread is "
              "seeded here")
          << engine;
      step(engine->getLocation(), "every thread has an engine of its own");
      cure(seeding.at->getExprLoc(),
           "keep the seed, and seed each engine from it and from the index of "
           "the work");
    }
  }
};

}  // namespace

extern constinit const Rule ThreadLocalEngine =
    sourceRule<ThreadLocalEngineCheck>(kInfo);

}  // namespace reproaudit::rng
