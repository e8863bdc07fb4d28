// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/GeneratorLink.h"
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
    .limits = "Only `scan` sees whether another unit seeds the generator; "
              "editors and clang-tidy look at one unit and say less.",
});

constexpr llvm::StringLiteral kOwnEngine =
    "draw from an engine of your own that the run's seed reaches";
constexpr llvm::StringLiteral kSeedIt =
    "seed it from the configuration of the run";

class ImplicitSeedCheck final : public RandomCheck {
public:
  ImplicitSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeEngine(const RandomUse &use, const DeclaratorDecl *engine);
  void judgeGlobal(const RandomUse &use, const Drawing &drawing);
  void judgeTemporaries(const Call &call);
};

std::string neverSeeded(StringRef engine) {
  return (engine + " is never seeded: it starts from a fixed default that no "
                   "configuration can change")
      .str();
}

void ImplicitSeedCheck::judge(const RandomUse &use) {
  exportGenerators(use);
  for (const FunctionDecl *function : use.unit().functions())
    if (function->isMain())
      fact(function->getLocation(), "runs", "main");
  for (const UnitIndex::Declared &engine : use.engines())
    judgeEngine(use, engine.decl);
  for (const Drawing &drawing : use.drawings())
    if (drawing.generator.global)
      judgeGlobal(use, drawing);
  for (const Call &call : use.unit().calls())
    judgeTemporaries(call);
}

/// `std::shuffle(first, last, std::mt19937())`
void ImplicitSeedCheck::judgeTemporaries(const Call &call) {
  if (!call.callee->isInStdNamespace() || isa<CXXConstructExpr>(call.expr))
    return;
  for (unsigned i = 0; i < call.argumentCount(); ++i) {
    const Expr *argument = call.argument(i)->IgnoreImplicit();
    const auto *made = dyn_cast<CXXConstructExpr>(
        argument->IgnoreParenCasts()->IgnoreImplicit());
    if (!made || !isEngine(made->getType()) || made->getNumArgs() > 0 ||
        isEntropicEngine(made->getType()) || !isFirstAt(made->getExprLoc()))
      continue;
    finding(made->getExprLoc(), "%0") << neverSeeded("the engine made here");
    cure(made->getExprLoc(), kOwnEngine);
  }
}

void ImplicitSeedCheck::judgeEngine(const RandomUse &use,
                                    const DeclaratorDecl *engine) {
  const SeedState state = use.seedStateOf(engine);
  if (state == SeedState::Known)
    return;
  // A seed that is there and goes astray is the matter of another rule.
  const Generator generator{cast<ValueDecl>(engine->getCanonicalDecl()),
                            nullptr};
  const auto isMissed = [&](const Drawing &drawing) {
    return drawing.generator == generator && use.seedBeside(drawing);
  };
  const auto *field = dyn_cast<FieldDecl>(engine);
  if ((field && use.seedFor(field)) || llvm::any_of(use.drawings(), isMissed) ||
      !isFirstAt(engine->getLocation()))
    return;
  if (state == SeedState::Open)
    return fact(engine->getLocation(), "unseeded", factName(use, generator));
  if (!use.draws(generator))
    return;
  finding(engine->getLocation(), "%0")
      << neverSeeded("'" + engine->getNameAsString() + "'");
  cure(engine->getLocation(), kSeedIt);
}

void ImplicitSeedCheck::judgeGlobal(const RandomUse &use,
                                    const Drawing &drawing) {
  const GlobalGenerator &generator = *drawing.generator.global;
  const SourceLocation at = drawing.at->getExprLoc();
  const auto *call = dyn_cast<CallExpr>(drawing.at);
  const bool shuffle = call != nullptr && call->getDirectCallee() != nullptr &&
                       isRandomShuffle(call->getDirectCallee());
  if (shuffle || use.seeds(drawing.generator) || use.seedBeside(drawing) ||
      !isFirstAt(at))
    return;
  if (linksFacts())
    return fact(at, "unseeded", generator.name, generator.seeder);
  noteworthy(at, "%0 is drawn from, but nothing here calls %1")
      << generator.name << generator.seeder;
  cure(at, kOwnEngine);
}

/// Other units may seed what their neighbours draw from.
std::vector<Finding> link(std::span<const Fact> facts) {
  const bool isWhole = !factsThat(facts, "runs", "main").empty();
  std::vector<Finding> findings;
  for (const Fact &fact : factsThat(facts, "unseeded")) {
    if (isSeeded(facts, fact.subject))
      continue;
    const GlobalGenerator *generator = globalGenerator(fact.subject);
    if (!generator && isDrawn(facts, fact.subject))
      findings.push_back(findingFrom(
          fact, Level::Note,
          neverSeeded("'" + std::string(shortName(fact.subject)) + "'"),
          kSeedIt.str()));
    if (generator && generator->entropic)
      findings.push_back(findingFrom(
          fact, isWhole ? Level::Warning : Level::Note,
          fact.subject + " starts from entropy, and nothing calls " +
              fact.object,
          kOwnEngine.str()));
    else if (generator)
      findings.push_back(findingFrom(
          fact, Level::Note,
          fact.subject + " is drawn from, but nothing calls " + fact.object,
          kOwnEngine.str()));
  }
  return findings;
}

}  // namespace

extern constinit const Rule ImplicitSeed =
    sourceRule<ImplicitSeedCheck>(kInfo, link);

}  // namespace reproaudit::rng
