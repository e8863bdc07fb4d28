// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-nondeterministic-seed",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Random generator seeded from entropy, a clock or an address",
    .since = "0.1.0",
    .why = R"md(
A run whose generator is seeded from `std::random_device`, the time, a process
id or an address cannot be repeated: the seed is not recorded anywhere. Every
shuffle, initial weight and dropout mask after it differs.

The seed is followed through variables, members, functions, `std::seed_seq` and
arithmetic. Constants and seeds from a configuration are good. If the caller can
pass a seed and entropy is only the fallback, the finding is a note.)md",
    .bad = R"cpp(
#include <random>

float initialWeight() {
  static std::mt19937 engine(std::random_device{}());
  return std::normal_distribution<float>()(engine);
})cpp",
    .good = R"cpp(
#include <random>

class Initialiser {
public:
  explicit Initialiser(unsigned seed) : engine(seed) {}
  float weight() { return std::normal_distribution<float>()(engine); }

private:
  std::mt19937 engine;
};)cpp",
    .limits = "Entropy that another unit returns is seen by the program-wide "
              "pass only. Generators for secrets, identifiers and scratch "
              "names are recognised by their names and left alone.",
});

class NondeterministicSeedCheck final : public RandomCheck {
public:
  NondeterministicSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeDefault(const RandomUse &use, const ParmVarDecl *parameter);
  void report(const Seeding &seeding, bool optional);
};

void NondeterministicSeedCheck::judge(const RandomUse &use) {
  for (const Seeding &seeding : use.seedings()) {
    if (seeding.origin.kind != OriginKind::Entropy)
      continue;
    const FunctionDecl *function = use.unit().functionAt(seeding.place);
    const Decl *holder = seeding.generator.engine;
    if ((function && wantsUnpredictable(function)) ||
        (holder && wantsUnpredictable(holder)))
      continue;
    report(seeding, seeding.origin.optional || use.canBeSeeded(seeding));
  }
  for (const UnitIndex::Declared &declared : use.unit().declared())
    if (const auto *parameter = dyn_cast<ParmVarDecl>(declared.decl))
      if (use.isSeed(parameter))
        judgeDefault(use, parameter);
}

void NondeterministicSeedCheck::report(const Seeding &seeding, bool optional) {
  const SourceLocation at = placeOf(seeding);
  if (!isFirstAt(at))
    return;
  if (optional)
    noteworthy(at, "%0 is seeded from %1 unless a seed is given")
        << seeding.subject << seeding.origin.source;
  else
    finding(at, "%0 is seeded from %1, so no run can be repeated")
        << seeding.subject << seeding.origin.source;
  steps(seeding.origin, at);
  cure(at, optional ? "record the seed that was used with the results"
                    : "take the seed from the configuration of the run and "
                      "record it with the results");
}

/// `Trainer(unsigned seed = std::random_device{}())`: callers can do better.
void NondeterministicSeedCheck::judgeDefault(const RandomUse &use,
                                             const ParmVarDecl *parameter) {
  if (!parameter->hasDefaultArg() || parameter->hasUninstantiatedDefaultArg() ||
      parameter->hasInheritedDefaultArg() || parameter->hasUnparsedDefaultArg())
    return;
  const Expr *fallback = parameter->getDefaultArg();
  const Origin origin = OriginFinder(use.unit()).of(fallback, {});
  if (origin.kind != OriginKind::Entropy || !isFirstAt(fallback->getBeginLoc()))
    return;
  noteworthy(fallback->getBeginLoc(),
             "%0 is taken from %1 unless a seed is given")
      << parameter << origin.source;
  cure(fallback->getBeginLoc(),
       "make callers pass a seed, or record the one that was used");
}

}  // namespace

extern constinit const Rule NondeterministicSeed =
    sourceRule<NondeterministicSeedCheck>(kInfo);

}  // namespace reproaudit::rng
