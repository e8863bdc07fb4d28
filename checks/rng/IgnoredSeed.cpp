// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/GeneratorLink.h"
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/DeclCXX.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-ignored-seed",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Seed that never reaches the generator that is used",
    .since = "0.1.0",
    .why = R"md(
The most frequent defect of all: a function, class or option takes a seed, but
the numbers come from another generator. It happens when `rand()` is replaced by
an engine and `srand(seed)` stays behind, when a constructor drops a parameter,
or when one branch still draws from the old generator. Users believe that their
runs are seeded.)md",
    .bad = R"cpp(
#include <cstdlib>
#include <random>

int pick(int count, unsigned seed) {
  std::mt19937 engine(seed);
  if (count > 1000)
    return static_cast<int>(engine() % count);
  return std::rand() % count;
})cpp",
    .good = R"cpp(
#include <random>

int pick(int count, unsigned seed) {
  std::mt19937 engine(seed);
  return static_cast<int>(engine() % count);
})cpp",
    .limits = "Seeds are recognised by their names, or by a generator that "
              "takes them. A seed that goes to another unit is not judged.",
});

constexpr llvm::StringLiteral kDrawSeeded =
    "draw from the generator that is seeded";
constexpr llvm::StringLiteral kUseIt =
    "seed the generator from it, or remove it";

class IgnoredSeedCheck final : public RandomCheck {
public:
  IgnoredSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeParameter(const RandomUse &use, const ParmVarDecl *parameter);
  void judgeDrawing(const RandomUse &use, const Drawing &drawing);
  void judgeCalls(const RandomUse &use, const Seeding &seeding);
  void judgeMember(const RandomUse &use, const FieldDecl *engine);
};

/// True if \p seed decides nothing: it is never read, or only logged.
bool onlyTalksAbout(const VarDecl &seed) {
  return !seed.isReferenced() ||
         isOnlyShown(arrivalsOf(seed, seed.getASTContext()));
}

const CXXRecordDecl *classOf(const FunctionDecl *function) {
  const auto *method = dyn_cast_or_null<CXXMethodDecl>(function);
  return method ? method->getParent() : nullptr;
}

void IgnoredSeedCheck::judge(const RandomUse &use) {
  exportGenerators(use);
  for (const UnitIndex::Declared &declared : use.unit().declared()) {
    if (const auto *parameter = dyn_cast<ParmVarDecl>(declared.decl))
      judgeParameter(use, parameter);
    if (const auto *field = dyn_cast<FieldDecl>(declared.decl))
      judgeMember(use, field);
  }
  for (const Drawing &drawing : use.drawings())
    judgeDrawing(use, drawing);
  for (const Seeding &seeding : use.seedings())
    if (seeding.isChosen())
      judgeCalls(use, seeding);
}

/// A function with a seed that its body never uses, and random numbers.
void IgnoredSeedCheck::judgeParameter(const RandomUse &use,
                                      const ParmVarDecl *parameter) {
  const auto *function = dyn_cast<FunctionDecl>(parameter->getDeclContext());
  if (!function || !function->doesThisDeclarationHaveABody() ||
      !isNumericSeed(parameter) || !onlyTalksAbout(*parameter))
    return;
  const SourceLocation at = parameter->getLocation();
  if (const auto drawings = use.drawingsIn(function); !drawings.empty()) {
    if (!isFirstAt(at))
      return;
    finding(at, "%0 never reaches the generator that %1 draws from")
        << parameter << function;
    step(drawings.front()->at->getExprLoc(), "random numbers are drawn here");
    return void(cure(at, kUseIt));
  }
  if (const CXXRecordDecl *owner = classOf(function))
    return fact(at, "forgets", programName(owner), parameter->getName());
  for (const Call &call : use.unit().calls())
    if (use.unit().functionAt(call.place) == function)
      fact(at, "forgets", programName(call.callee), parameter->getName());
}

/// A function that seeds one generator and draws from another one that nothing
/// seeds.
void IgnoredSeedCheck::judgeDrawing(const RandomUse &use,
                                    const Drawing &drawing) {
  const Seeding *seeding = use.seedBeside(drawing);
  const SourceLocation at = drawing.at->getExprLoc();
  if (!seeding || !isFirstAt(at))
    return;
  const Generator &generator = drawing.generator;
  const FunctionDecl *function = use.unit().functionAt(drawing.place);
  const std::string name = generator.engine
                               ? "'" + generator.engine->getNameAsString() + "'"
                               : generator.global->name.str();
  const FlowStep goes{seeding->at->getExprLoc(),
                      "the seed goes to " + seeding->subject};
  if (linksFacts() && use.seedStateOf(generator) == SeedState::Open)
    return fact(at, "misses", factName(use, generator),
                "the seed of '" + function->getNameAsString() +
                    "' does not reach " + name + ", which is drawn from here",
                goes);
  finding(at, "the seed of %0 does not reach %1, which is drawn from here")
      << function << name;
  step(goes.at, "%0") << goes.message;
  cure(at, kDrawSeeded);
}

/// What a function with a seed calls may draw from a generator that nothing
/// seeds.
void IgnoredSeedCheck::judgeCalls(const RandomUse &use,
                                  const Seeding &seeding) {
  const FunctionDecl *function = use.unit().functionAt(seeding.place);
  if (!function || !linksFacts())
    return;
  for (const Call &call : use.unit().calls())
    if (use.unit().functionAt(call.place) == function &&
        !inSystemHeader(use.unit().context(), call.callee))
      fact(call.expr->getExprLoc(), "relies on", programName(call.callee),
           "the seed of '" + function->getNameAsString() + "' does not reach ",
           FlowStep{seeding.at->getExprLoc(),
                    "the seed goes to " + seeding.subject});
}

/// A class that takes a seed and draws from an engine that never gets it.
void IgnoredSeedCheck::judgeMember(const RandomUse &use,
                                   const FieldDecl *engine) {
  const ValueDecl *seed = use.seedFor(engine);
  if (seed == nullptr || use.seedStateOf(engine) != SeedState::Never ||
      !use.draws({cast<ValueDecl>(engine->getCanonicalDecl()), nullptr}) ||
      !isFirstAt(engine->getLocation()))
    return;
  finding(engine->getLocation(), "%0 is never seeded, although %1 is given %2")
      << engine << cast<CXXRecordDecl>(engine->getParent()) << seed;
  step(seed->getLocation(), "the seed arrives here");
  cure(engine->getLocation(), "seed the engine from it");
}
/// The finding of \p fact, about what \p draw draws from.
Finding missing(const Fact &fact, const std::string &beginning,
                const Fact &draw, StringRef cure) {
  Finding finding =
      findingFrom(fact, Level::Warning,
                  beginning + displayName(draw.subject) + ", which '" +
                      std::string(shortName(draw.object)) + "' draws from",
                  cure.str());
  finding.flow.push_back({draw.finding.at, "random numbers are drawn here"});
  return finding;
}

std::vector<Finding> link(std::span<const Fact> facts) {
  std::vector<Finding> findings;
  for (const Fact &fact : factsThat(facts, "misses"))
    if (isUnseeded(facts, fact.subject))
      findings.push_back(
          findingFrom(fact, Level::Warning, fact.object, kDrawSeeded.str()));
  const UnseededDraws draws(facts);
  for (const Fact &fact : factsThat(facts, "forgets"))
    if (const Fact *draw = draws.by(fact.subject))
      findings.push_back(
          missing(fact, "'" + fact.object + "' never reaches ", *draw, kUseIt));
  for (const Fact &fact : factsThat(facts, "relies on"))
    if (const Fact *draw = draws.by(fact.subject))
      findings.push_back(missing(fact, fact.object, *draw, kDrawSeeded));
  return findings;
}

}  // namespace

extern constinit const Rule IgnoredSeed =
    sourceRule<IgnoredSeedCheck>(kInfo, link);

}  // namespace reproaudit::rng
