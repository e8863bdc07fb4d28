// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-late-seed",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Seed that comes when the engine has been made already",
    .since = "0.1.0",
    .why = R"md(
An engine copies its seed when it is made. An option that is read later, a setter
that only stores the number, and the second call of a function with a `static`
engine change nothing: the run goes on with the old seed and looks seeded.)md",
    .bad = R"cpp(
#include <random>

float jitter(unsigned seed) {
  static std::mt19937 engine(seed);
  return std::uniform_real_distribution<float>(-1, 1)(engine);
})cpp",
    .good = R"cpp(
#include <random>

float jitter(std::mt19937 &engine) {
  return std::uniform_real_distribution<float>(-1, 1)(engine);
})cpp",
    .limits = "Variables and members are followed inside one function or "
              "class. An accessor that returns its static engine is left "
              "alone: its seed is meant for the first call.",
});

class LateSeedCheck final : public RandomCheck {
public:
  LateSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override;
  void judgeStatic(const RandomUse &use, const Seeding &seeding);
  void judgeVariable(const RandomUse &use, const Seeding &seeding,
                     const VarDecl &seed);
  void judgeMember(const RandomUse &use, const Seeding &seeding,
                   const FieldDecl &seed);
  void reportLate(SourceLocation at, const ValueDecl &seed,
                  const Seeding &seeding);
};

void LateSeedCheck::judge(const RandomUse &use) {
  for (const Seeding &seeding : use.seedings()) {
    if (seeding.kind == Seeding::Handed || !seeding.seed)
      continue;
    judgeStatic(use, seeding);
    const ValueDecl *seed = rootOf(seeding.seed);
    if (!seed || !isNumericSeed(seed))
      continue;
    if (const auto *variable = dyn_cast<VarDecl>(seed);
        variable && variable->hasLocalStorage())
      judgeVariable(use, seeding, *variable);
    else if (const auto *field = dyn_cast<FieldDecl>(seed))
      judgeMember(use, seeding, *field);
  }
}

/// `static std::mt19937 engine(seed);` where `seed` is a parameter.
void LateSeedCheck::judgeStatic(const RandomUse &use, const Seeding &seeding) {
  const auto *engine = dyn_cast_or_null<VarDecl>(seeding.generator.engine);
  const FunctionDecl *function = use.unit().functionAt(seeding.place);
  if (seeding.kind != Seeding::Made || !engine || !engine->isStaticLocal() ||
      engine->getTLSKind() != VarDecl::TLS_None || !function ||
      function->getReturnType()->isReferenceType() ||
      function->getReturnType()->isPointerType())
    return;
  for (const ParmVarDecl *parameter : seeding.origin.parameters) {
    if (parameter->getDeclContext() != function ||
        !isFirstAt(engine->getLocation()))
      continue;
    finding(engine->getLocation(),
            "static %0 keeps the %1 of the first call for ever")
        << engine << parameter;
    return void(cure(engine->getLocation(),
                     "let the caller own the engine, or seed it anew"));
  }
}

/// True if \p function names \p variable after \p place.
bool isNamedAfter(const FunctionDecl &function, const VarDecl &variable,
                  SourceLocation place) {
  const SourceManager &sources = function.getASTContext().getSourceManager();
  return anyStmt(function.getBody(), [&](const Stmt &stmt) {
    const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
    return reference && reference->getDecl() == &variable &&
           sources.isBeforeInTranslationUnit(place, reference->getLocation());
  });
}

/// `std::mt19937 engine(seed); ... seed = std::atoi(argv[i]);`
void LateSeedCheck::judgeVariable(const RandomUse &use, const Seeding &seeding,
                                  const VarDecl &seed) {
  const UnitIndex &unit = use.unit();
  const FunctionDecl *function = unit.functionAt(seeding.place);
  for (const Write &write : unit.writes(&seed)) {
    // A loop around both brings the next seeding after this write.
    const bool isLater = write.kind == Write::Assign &&
                         write.place.order > seeding.place.order &&
                         unit.functionAt(write.place) == function &&
                         unit.unconditional(seeding.place);
    if (isLater && function &&
        !isNamedAfter(*function, seed, write.value->getEndLoc()))
      reportLate(write.value->getExprLoc(), seed, seeding);
  }
}

/// A setter stores the number, and the engine that a constructor made of it
/// stays as it is.
void LateSeedCheck::judgeMember(const RandomUse &use, const Seeding &seeding,
                                const FieldDecl &seed) {
  const UnitIndex &unit = use.unit();
  const auto *owner = dyn_cast<CXXRecordDecl>(seed.getParent());
  const auto *engine = dyn_cast_or_null<FieldDecl>(seeding.generator.engine);
  if (!owner || !engine || engine->getParent() != owner ||
      !isa_and_nonnull<CXXConstructorDecl>(unit.functionAt(seeding.place)))
    return;
  const auto isOutside = [&](const FunctionDecl *function) {
    return function && !isa<CXXConstructorDecl>(function);
  };
  // Whoever reads the member later may seed with it.
  for (const Expr *mention : unit.mentions(&seed))
    if (isOutside(functionAround(*mention, unit.context())) &&
        llvm::none_of(unit.assignments(),
                      [&](const Assignment &assignment) {
                        return assignment.target->IgnoreParens() == mention;
                      }) &&
        !isOnlyShown(arrivalsOf(*mention, unit.context())))
      return;
  for (const Write &write : unit.writes(&seed))
    if (write.kind == Write::Assign && isOutside(unit.functionAt(write.place)))
      reportLate(write.value->getExprLoc(), seed, seeding);
}

void LateSeedCheck::reportLate(SourceLocation at, const ValueDecl &seed,
                               const Seeding &seeding) {
  if (!isFirstAt(at))
    return;
  finding(at, "%0 changes here, but %1 was seeded from it before")
      << &seed << seeding.subject;
  step(seeding.at->getExprLoc(), "%0 is seeded here") << seeding.subject;
  cure(at, "seed the engine again, or make it when the seed is known");
}

}  // namespace

extern constinit const Rule LateSeed = sourceRule<LateSeedCheck>(kInfo);

}  // namespace reproaudit::rng
