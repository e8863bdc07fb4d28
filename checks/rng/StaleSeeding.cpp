// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/GeneratorLink.h"
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/DeclCXX.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-stale-seeding",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Seed for a generator that nothing draws from any more",
    .since = "0.1.0",
    .why = R"md(
When `std::random_shuffle` became `std::shuffle`, many projects gave it an engine
seeded from `std::random_device` and left `srand(seed)` behind. The option is
still parsed and still seeds a generator, but not the one that is used.)md",
    .bad = R"cpp(
#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

void shuffled(std::vector<int> &order, unsigned seed) {
  std::srand(seed);
  // NOLINTNEXTLINE(repro-nondeterministic-seed): it is the other half of this
  std::mt19937 engine(std::random_device{}());
  std::shuffle(order.begin(), order.end(), engine);
})cpp",
    .good = R"cpp(
#include <algorithm>
#include <random>
#include <vector>

void shuffled(std::vector<int> &order, unsigned seed) {
  std::mt19937 engine(seed);
  std::shuffle(order.begin(), order.end(), engine);
})cpp",
    .limits = "Reported where the numbers come from an engine that is seeded "
              "from entropy. Editors and clang-tidy look at one function or "
              "class only, `scan` at the program.",
});

constexpr llvm::StringLiteral kSeedOther =
    "seed this generator from the same seed";

class StaleSeedingCheck final : public RandomCheck {
public:
  StaleSeedingCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeSeeder(const RandomUse &use, const Seeding &seeding);
};

std::string goesElsewhere(StringRef seeded, StringRef used, StringRef source) {
  return ("the seed goes to " + seeded + ", but the numbers come from " + used +
          ", which is seeded from " + source)
      .str();
}

const CXXRecordDecl *classOf(const FunctionDecl *function) {
  const auto *method = dyn_cast_or_null<CXXMethodDecl>(function);
  return method ? method->getParent() : nullptr;
}

void StaleSeedingCheck::judge(const RandomUse &use) {
  exportGenerators(use);
  for (const Seeding &seeding : use.seedings())
    if (seeding.isChosen())
      judgeSeeder(use, seeding);
    else if (seeding.origin.kind == OriginKind::Entropy &&
             !seeding.origin.optional && seeding.kind != Seeding::Handed)
      fact(seeding.at->getExprLoc(), "entropic", seeding.subject,
           seeding.origin.source);
}

/// `srand(seed)` beside an engine that is seeded from entropy, and nobody who
/// calls `rand()`.
void StaleSeedingCheck::judgeSeeder(const RandomUse &use,
                                    const Seeding &seeding) {
  const SourceLocation at = seeding.at->getExprLoc();
  fact(at, "chosen", seeding.subject,
       seeding.generator.global ? "process-wide" : "own");
  if (!seeding.generator.global || use.draws(seeding.generator))
    return;
  const FunctionDecl *function = use.unit().functionAt(seeding.place);
  for (const Seeding &other : use.seedings()) {
    const FunctionDecl *where = use.unit().functionAt(other.place);
    const bool together =
        function != nullptr &&
        (where == function ||
         (classOf(where) != nullptr && classOf(where) == classOf(function)));
    if (!together || other.generator.global || other.kind == Seeding::Handed ||
        other.origin.kind != OriginKind::Entropy || other.origin.optional ||
        !isFirstAt(at))
      continue;
    const std::string message =
        goesElsewhere(seeding.subject, other.subject, other.origin.source);
    const FlowStep seeded{other.at->getExprLoc(),
                          other.subject + " is seeded here"};
    if (linksFacts())
      return fact(at, "goes astray", seeding.subject, message, seeded);
    finding(at, "%0") << message;
    step(seeded.at, "%0") << seeded.message;
    return void(cure(at, kSeedOther));
  }
}

/// Everything is seeded by one generator that nothing draws from.
std::vector<Finding> link(std::span<const Fact> facts) {
  std::vector<Finding> findings;
  for (const Fact &fact : factsThat(facts, "goes astray"))
    if (!isDrawn(facts, fact.subject))
      findings.push_back(
          findingFrom(fact, Level::Warning, fact.object, kSeedOther.str()));
  const auto chosen = factsThat(facts, "chosen");
  const auto entropic = factsThat(facts, "entropic");
  if (chosen.empty() || entropic.empty() ||
      chosen.front().subject != chosen.back().subject ||
      chosen.front().object != "process-wide" ||
      isDrawn(facts, chosen.front().subject))
    return findings;
  const Fact &other = entropic.front();
  for (const Fact &fact : chosen) {
    findings.push_back(
        findingFrom(fact, Level::Warning,
                    goesElsewhere(fact.subject, other.subject, other.object),
                    kSeedOther.str()));
    findings.back().flow.push_back(
        {other.finding.at, other.subject + " is seeded here"});
  }
  return findings;
}

}  // namespace

extern constinit const Rule StaleSeeding =
    sourceRule<StaleSeedingCheck>(kInfo, link);

}  // namespace reproaudit::rng
