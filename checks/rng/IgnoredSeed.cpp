// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/DeclCXX.h"
#include "llvm/ADT/STLExtras.h"

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

class IgnoredSeedCheck final : public RandomCheck {
public:
  IgnoredSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeParameter(const RandomUse &use, const ParmVarDecl *parameter);
  void judgeDrawings(const RandomUse &use, const FunctionDecl *function);
  void judgeSeeder(const RandomUse &use, const Seeding &seeding);
  void judgeMember(const RandomUse &use, const FieldDecl *engine);
};

bool isNumericSeed(const ValueDecl *decl) {
  return decl->getIdentifier() && decl->getType()->isArithmeticType() &&
         soundsLikeSeed(decl->getName());
}

/// A seed that somebody chose arrived in \p seeding.
bool isChosen(const Seeding &seeding) {
  return seeding.kind != Seeding::Handed && seeding.seed &&
         (seeding.origin.kind == OriginKind::Parameter ||
          seeding.origin.kind == OriginKind::Configuration);
}

const CXXRecordDecl *classOf(const FunctionDecl *function) {
  const auto *method = dyn_cast_or_null<CXXMethodDecl>(function);
  return method ? method->getParent() : nullptr;
}

void IgnoredSeedCheck::judge(const RandomUse &use) {
  for (const UnitIndex::Declared &declared : use.unit().declared()) {
    if (const auto *parameter = dyn_cast<ParmVarDecl>(declared.decl))
      judgeParameter(use, parameter);
    if (const auto *field = dyn_cast<FieldDecl>(declared.decl))
      judgeMember(use, field);
  }
  if (use.drawings().empty())
    return;
  for (const FunctionDecl *function : use.unit().functions())
    judgeDrawings(use, function);
  for (const Seeding &seeding : use.seedings())
    judgeSeeder(use, seeding);
}

/// A function with a seed that its body never mentions, and random numbers.
void IgnoredSeedCheck::judgeParameter(const RandomUse &use,
                                      const ParmVarDecl *parameter) {
  const auto *function = dyn_cast<FunctionDecl>(parameter->getDeclContext());
  if (!function || !function->doesThisDeclarationHaveABody() ||
      parameter->isReferenced() || !isNumericSeed(parameter))
    return;
  const auto drawings = use.drawingsIn(function);
  if (drawings.empty() || !isFirstAt(parameter->getLocation()))
    return;
  finding(parameter->getLocation(),
          "%0 never reaches the generator that %1 draws from")
      << parameter << function;
  step(drawings.front()->at->getExprLoc(), "random numbers are drawn here");
  cure(parameter->getLocation(), "seed the generator from it, or remove it");
}

/// A function that seeds one generator and draws from another one that nothing
/// seeds.
void IgnoredSeedCheck::judgeDrawings(const RandomUse &use,
                                     const FunctionDecl *function) {
  const auto drawings = use.drawingsIn(function);
  if (drawings.empty())
    return;
  const auto chosenHere = llvm::find_if(use.seedings(), [&](const Seeding &s) {
    return isChosen(s) && use.unit().functionAt(s.place) == function;
  });
  if (chosenHere == use.seedings().end())
    return;
  for (const Drawing *drawing : drawings) {
    const Generator &generator = drawing->generator;
    const auto *engine = dyn_cast_or_null<DeclaratorDecl>(generator.engine);
    const bool unseeded =
        engine ? use.isNeverSeeded(engine)
               : generator.global &&
                     llvm::none_of(use.seedings(), [&](const Seeding &s) {
                       return s.generator == generator;
                     });
    if (!unseeded || !isFirstAt(drawing->at->getExprLoc()))
      continue;
    const std::string name = engine ? "'" + engine->getNameAsString() + "'"
                                    : generator.global->name.str();
    finding(drawing->at->getExprLoc(),
            "the seed of %0 does not reach %1, which is drawn from here")
        << function << name;
    step(chosenHere->at->getExprLoc(), "the seed goes to %0")
        << chosenHere->subject;
    cure(drawing->at->getExprLoc(), "draw from the generator that is seeded");
  }
}

/// `srand(seed)` beside an engine that is seeded from entropy, and nobody who
/// calls `rand()`.
void IgnoredSeedCheck::judgeSeeder(const RandomUse &use,
                                   const Seeding &seeding) {
  if (!isChosen(seeding) || !seeding.generator.global)
    return;
  if (llvm::any_of(use.drawings(), [&](const Drawing &drawing) {
        return drawing.generator == seeding.generator;
      }))
    return;
  const FunctionDecl *function = use.unit().functionAt(seeding.place);
  for (const Seeding &other : use.seedings()) {
    if (other.generator.global || other.kind == Seeding::Handed ||
        other.origin.kind != OriginKind::Entropy || other.origin.optional)
      continue;
    const FunctionDecl *where = use.unit().functionAt(other.place);
    const bool together =
        function && (where == function ||
                     (classOf(where) && classOf(where) == classOf(function)));
    const SourceLocation at = seeding.at->getExprLoc();
    if (!together || !isFirstAt(at))
      continue;
    finding(at, "the seed goes to %0, but the numbers come from %1, which is "
                "seeded from %2")
        << seeding.subject << other.subject << other.origin.source;
    step(other.at->getExprLoc(), "%0 is seeded here") << other.subject;
    cure(other.at->getExprLoc(), "seed this generator from the same seed");
    return;
  }
}

/// A class that takes a seed and draws from an engine that never gets it.
void IgnoredSeedCheck::judgeMember(const RandomUse &use,
                                   const FieldDecl *engine) {
  const auto *owner = dyn_cast<CXXRecordDecl>(engine->getParent());
  if (!owner || !isLibraryEngine(engine->getType()) ||
      !use.isNeverSeeded(engine))
    return;
  const ValueDecl *seed = nullptr;
  for (const FieldDecl *field : owner->fields())
    if (isNumericSeed(field))
      seed = field;
  for (const CXXMethodDecl *method : owner->methods()) {
    // What another unit defines may well seed.
    if (!method->isImplicit() && !method->isDefaulted() &&
        !method->isPureVirtual() && !method->hasBody())
      return;
    for (const ParmVarDecl *parameter : method->parameters())
      if (isNumericSeed(parameter))
        seed = parameter;
  }
  if (!seed || !isFirstAt(engine->getLocation()))
    return;
  finding(engine->getLocation(), "%0 is never seeded, although %1 is given %2")
      << engine << owner << seed;
  step(seed->getLocation(), "the seed arrives here");
  cure(engine->getLocation(), "seed the engine from it");
}

}  // namespace

extern constinit const Rule IgnoredSeed = sourceRule<IgnoredSeedCheck>(kInfo);

}  // namespace reproaudit::rng
