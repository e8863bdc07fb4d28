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
shuffle, initial weight and dropout mask after it differs. The seed is followed through variables, members, functions, `std::seed_seq` and
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
    .limits = "Generators for secrets, identifiers and scratch names are "
              "recognised by their names and left alone.",
});

class NondeterministicSeedCheck final : public RandomCheck {
public:
  NondeterministicSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeDefault(const RandomUse &use, const ParmVarDecl *parameter);
  void judgeConstruction(const RandomUse &use, const Seeding &seeding);
  void report(const Seeding &seeding, bool optional);
  void exportSources(const RandomUse &use);
  void exportSource(const NamedDecl *holder, const Origin &origin,
                    SourceLocation at);
  void exportSeeds(const RandomUse &use);
};

constexpr llvm::StringLiteral kTakeSeed =
    "take the seed from the configuration of the run and record it with the "
    "results";
constexpr llvm::StringLiteral kRecordSeed =
    "record the seed that was used with the results";

std::string verdict(StringRef subject, StringRef source, bool optional) {
  return (subject + " is seeded from " + source +
          (optional ? " unless a seed is given"
                    : ", so no run can be repeated"))
      .str();
}

bool isForSecrets(const RandomUse &use, const Seeding &seeding) {
  const FunctionDecl *function = use.unit().functionAt(seeding.place);
  const Decl *holder = seeding.generator.engine;
  return (function != nullptr && wantsUnpredictable(function)) ||
         (holder != nullptr && wantsUnpredictable(holder));
}

void NondeterministicSeedCheck::judge(const RandomUse &use) {
  for (const Seeding &seeding : use.seedings()) {
    if (seeding.origin.kind != OriginKind::Entropy)
      continue;
    if (isForSecrets(use, seeding))
      continue;
    report(seeding, seeding.origin.optional || use.canBeSeeded(seeding));
    if (!seeding.origin.optional && use.hasSeededSibling(seeding))
      judgeConstruction(use, seeding);
  }
  if (linksFacts()) {
    exportSources(use);
    exportSeeds(use);
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
  const std::string message =
      verdict(seeding.subject, seeding.origin.source, optional);
  if (optional)
    noteworthy(at, "%0") << message;
  else
    finding(at, "%0") << message;
  steps(seeding.origin, at);
  cure(at, optional ? kRecordSeed : kTakeSeed);
}

/// `Random random;` beside `Random(int seed)`.
void NondeterministicSeedCheck::judgeConstruction(const RandomUse &use,
                                                  const Seeding &seeding) {
  const FunctionDecl *constructor = use.unit().functionAt(seeding.place);
  if (!isa_and_nonnull<CXXConstructorDecl>(constructor))
    return;
  for (const Call &call : use.unit().calls()) {
    const ValueDecl *made = use.madeBy(call.expr);
    if (!made || definitionOf(call.callee) != constructor ||
        use.isReplaced(made) || !isFirstAt(call.expr->getExprLoc()))
      continue;
    finding(call.expr->getExprLoc(), "%0")
        << verdict("'" + made->getNameAsString() + "'", seeding.origin.source,
                   /*optional=*/false);
    steps(seeding.origin, call.expr->getExprLoc());
    cure(call.expr->getExprLoc(), kTakeSeed);
  }
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

/// Functions that return entropy and variables that hold it.
void NondeterministicSeedCheck::exportSources(const RandomUse &use) {
  const UnitIndex &unit = use.unit();
  if (!use.readsEntropy())
    return;
  OriginFinder finder(unit);
  for (const FunctionDecl *function : unit.functions())
    if (function->getReturnType()->isArithmeticType())
      for (const Return &value : unit.returns(function))
        exportSource(function, finder.of(value.value, value.place),
                     function->getLocation());
  for (const UnitIndex::Declared &declared : unit.declared()) {
    const auto *variable = dyn_cast<VarDecl>(declared.decl);
    if (declared.decl->getType()->isArithmeticType() &&
        (variable == nullptr || variable->hasGlobalStorage()))
      for (const Write &write : unit.writes(declared.decl))
        if (write.kind != Write::Escape)
          exportSource(declared.decl, finder.of(write.value, write.place),
                       write.value->getExprLoc());
  }
}

void NondeterministicSeedCheck::exportSource(const NamedDecl *holder,
                                             const Origin &origin,
                                             SourceLocation at) {
  if (origin.kind == OriginKind::Entropy && !origin.optional)
    fact(at, "holds", programName(holder), origin.source, origin.flow);
  else if (origin.kind == OriginKind::Parameter ||
           origin.kind == OriginKind::Configuration)
    fact(at, "is given", programName(holder));
}

/// Seeds that another unit may fill with entropy.
void NondeterministicSeedCheck::exportSeeds(const RandomUse &use) {
  for (const Seeding &seeding : use.seedings())
    if (!seeding.origin.isUnrepeatable() && !seeding.origin.optional &&
        !isForSecrets(use, seeding))
      for (const ValueDecl *variable : seeding.origin.variables)
        fact(placeOf(seeding), "is seeded by", programName(variable),
             seeding.subject);
  for (const UnitIndex::Declared &declared : use.unit().declared())
    if (const auto *parameter = dyn_cast<ParmVarDecl>(declared.decl);
        parameter && use.isSeed(parameter))
      fact(parameter->getLocation(), "is a seed", programName(parameter));
  if (!use.readsEntropy())
    return;
  OriginFinder finder(use.unit());
  for (const Call &call : use.unit().calls()) {
    if (definitionOf(call.callee) ||
        inSystemHeader(use.unit().context(), call.callee))
      continue;
    for (const ParmVarDecl *parameter : call.callee->parameters()) {
      const Expr *argument = call.argument(parameter->getFunctionScopeIndex());
      if (argument == nullptr || !parameter->getType()->isArithmeticType() ||
          use.isSeed(parameter))
        continue;
      const Origin origin = finder.of(argument, call.place);
      if (origin.kind == OriginKind::Entropy && !origin.optional)
        fact(argument->getBeginLoc(), "is handed", programName(parameter),
             origin.source, origin.flow);
    }
  }
}

/// The seed that \p sink tells of comes from the entropy of \p source.
Finding joined(const Fact &source, const Fact &sink, StringRef subject,
               bool optional) {
  Finding finding = findingFrom(sink, optional ? Level::Note : Level::Warning,
                                verdict(subject, source.object, optional),
                                (optional ? kRecordSeed : kTakeSeed).str());
  finding.flow = source.finding.flow;
  finding.flow.push_back(
      {source.finding.at,
       "'" + std::string(shortName(source.subject)) + "' gets its value here"});
  return finding;
}

std::vector<Finding> link(std::span<const Fact> facts) {
  std::vector<Finding> findings;
  for (const Fact &sink : factsThat(facts, "is seeded by"))
    for (const Fact &source : factsThat(facts, "holds", sink.subject))
      findings.push_back(
          joined(source, sink, sink.object,
                 !factsThat(facts, "is given", sink.subject).empty()));
  for (const Fact &argument : factsThat(facts, "is handed"))
    if (!factsThat(facts, "is a seed", argument.subject).empty())
      findings.push_back(joined(
          argument, argument,
          "a parameter of '" + std::string(shortName(argument.subject)) + "'",
          false));
  return findings;
}

}  // namespace

extern constinit const Rule NondeterministicSeed =
    sourceRule<NondeterministicSeedCheck>(kInfo, link);

}  // namespace reproaudit::rng
