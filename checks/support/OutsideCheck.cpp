// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OutsideCheck.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit {

void OutsideCheck::registerMatchers(MatchFinder *finder) {
  finder->addMatcher(callExpr(unless(isExpansionInSystemHeader())).bind("call"),
                     this);
}

void OutsideCheck::check(const MatchFinder::MatchResult &result) {
  const auto *call = result.Nodes.getNodeAs<CallExpr>("call");
  if (!call->isTypeDependent())
    judge(*call, *result.Context);
}

void OutsideCheck::steps(const CallExpr &call, llvm::StringRef whatIsRead,
                         const Arrival &arrival) {
  step(call.getBeginLoc(), "%0 is read here") << whatIsRead;
  for (const VarDecl *variable : arrival.through)
    step(variable->getLocation(), "and kept in %0") << variable;
}

llvm::SmallVector<Arrival, 4> arrivalsOf(const OutsideValue &value,
                                         ASTContext &context, FlowEnd ends) {
  return value.filled ? arrivalsOf(*value.filled, context, ends)
                      : arrivalsOf(*value.call, context, ends);
}

}  // namespace reproaudit
