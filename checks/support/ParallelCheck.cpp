// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit {
namespace {

/// True if a lambda's body is seen as a part of the function around it.
bool isInsideAnother(const FunctionDecl &function) {
  const auto *method = dyn_cast<CXXMethodDecl>(&function);
  return method && method->getParent()->isLambda() &&
         method->getParent()->isLocalClass();
}

}  // namespace

void ParallelCheck::registerMatchers(MatchFinder *finder) {
  finder->addMatcher(functionDecl(isDefinition(), unless(isImplicit()),
                                  unless(isExpansionInSystemHeader()))
                         .bind("function"),
                     this);
}

void ParallelCheck::check(const MatchFinder::MatchResult &result) {
  const auto *function = result.Nodes.getNodeAs<FunctionDecl>("function");
  if (function->hasBody() && !isInsideAnother(*function))
    judge(*function, parallelCode(*function));
}

void ParallelCheck::explain(const ParallelWrite &write) {
  if (!write.region)
    return;
  step(write.region->start->getBeginLoc(),
       write.region->directive ? "the threads of this region run it"
                               : "started here, it runs in parallel");
  if (write.via)
    step(write.via->getBeginLoc(), "reached through this call");
}

bool isArrivalOrderedSum(const ParallelWrite &write,
                         const ASTContext &context) {
  return write.kind == ParallelWrite::Kind::Accumulate &&
         !write.rounds.isNull() && write.reach == Reach::Shared &&
         !write.once && !addsExactly(write.value, context) &&
         !measuresTime(write.value);
}

}  // namespace reproaudit
