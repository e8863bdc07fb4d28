// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"

#include "reproaudit/analysis/PerUnit.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

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
  for (const Origin::Step &taken : origin.flow)
    if (taken.at.isValid() && taken.at != sink)
      step(taken.at, "%0") << taken.message;
}

SourceLocation placeOf(const Seeding &seeding) {
  if (seeding.seed && !isa<CXXDefaultArgExpr>(seeding.seed))
    return seeding.seed->getBeginLoc();
  return seeding.at->getExprLoc();
}

}  // namespace reproaudit
