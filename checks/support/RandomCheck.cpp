// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"

#include "reproaudit/analysis/PerUnit.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Basic/SourceManager.h"

#include <set>
#include <tuple>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {

void RandomCheck::registerMatchers(ast_matchers::MatchFinder *finder) {
  finder->addMatcher(ast_matchers::translationUnitDecl(), this);
}

void RandomCheck::check(const ast_matchers::MatchFinder::MatchResult &result) {
  sources_ = result.SourceManager;
  seen_.clear();
  judge(perUnit<RandomUse>(*result.Context));
}

bool RandomCheck::isFirstAt(SourceLocation at) {
  return at.isValid() && seen_.insert(sources_->getFileLoc(at)).second;
}

void RandomCheck::steps(const Origin &origin, SourceLocation sink) {
  for (const FlowStep &taken : origin.flow)
    if (taken.at.isValid() && taken.at != sink)
      step(taken.at, "%0") << taken.message;
}

namespace {

bool isLocal(const DeclaratorDecl *engine) {
  const auto *variable = dyn_cast<VarDecl>(engine);
  return variable != nullptr && variable->hasLocalStorage();
}

}  // namespace

std::string factName(const RandomUse &use, const Generator &generator) {
  if (generator.global)
    return generator.global->name.str();
  if (!generator.engine)
    return {};
  const std::string name = programName(generator.engine);
  const FunctionDecl *accessor =
      name.empty() ? use.accessorOf(generator.engine) : nullptr;
  return accessor ? programName(accessor) : name;
}

void RandomCheck::exportGenerators(const RandomUse &use) {
  if (!linksFacts())
    return;
  std::set<std::tuple<std::string, std::string, std::string>> said;
  const auto say = [&](SourceLocation at, StringRef name,
                       const std::string &generator,
                       const std::string &object) {
    if (!generator.empty() && generator != object &&
        said.emplace(name, generator, object).second)
      fact(at, name, generator, object);
  };
  for (const Seeding &seeding : use.seedings())
    if (use.seeds(seeding.generator))
      say(seeding.at->getExprLoc(), "seeds", factName(use, seeding.generator),
          "");
  for (const UnitIndex::Declared &engine : use.engines())
    if (const Generator generator{
            cast<ValueDecl>(engine.decl->getCanonicalDecl()), nullptr};
        !isLocal(engine.decl)) {
      const SourceLocation at = engine.decl->getLocation();
      if (use.seeds(generator))
        say(at, "seeds", factName(use, generator), "");
      if (use.seedStateOf(engine.decl) == SeedState::Open)
        say(at, "makes by default", factName(use, generator), "");
      if (const FunctionDecl *accessor = use.accessorOf(generator.engine))
        say(at, "known as", factName(use, generator), programName(accessor));
    }
  for (const FunctionDecl *function : use.unit().functions())
    for (const Generator &generator : use.drawnBy(function))
      say(function->getLocation(), "draws", factName(use, generator),
          programName(function));
  for (const Pass &pass : use.passes())
    if (const ValueDecl *engine =
            use.engineOf(pass.call->argument(pass.parameter)))
      say(pass.call->expr->getExprLoc(), "known as",
          factName(use, {engine, nullptr}),
          programName(pass.call->callee->getParamDecl(pass.parameter)));
}

SourceLocation placeOf(const Seeding &seeding) {
  if (seeding.seed && !isa<CXXDefaultArgExpr>(seeding.seed))
    return seeding.seed->getBeginLoc();
  return seeding.at->getExprLoc();
}

}  // namespace reproaudit
