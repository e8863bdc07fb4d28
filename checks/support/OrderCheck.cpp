// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OrderCheck.h"

#include "reproaudit/analysis/Accumulation.h"

#include "clang/AST/ExprCXX.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// `rows` of `rows[i]`, `*rows`, `rows->second` and `rows | views::values`.
const Expr *namedPart(const Expr *sequence) {
  sequence = bare(sequence);
  if (const auto *unary = dyn_cast<UnaryOperator>(sequence))
    return namedPart(unary->getSubExpr());
  if (const auto *element = dyn_cast<ArraySubscriptExpr>(sequence))
    return namedPart(element->getBase());
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(sequence))
    return op->getOperator() == OO_Call && op->getNumArgs() > 1
               ? namedPart(op->getArg(1))
               : namedPart(op->getArg(0));
  return sequence;
}

}  // namespace

OrderCheck::OrderCheck(const RuleInfo &info, StringRef name,
                       tidy::ClangTidyContext *context)
    : Check(info, name, context) {
  if (llvm::is_contained(
          llvm::map_range(info.options,
                          [](const OptionInfo &option) { return option.name; }),
          kUnorderedContainers.name))
    containers_ = list(kUnorderedContainers);
}

void OrderCheck::registerMatchers(ast_matchers::MatchFinder *finder) {
  finder->addMatcher(ast_matchers::translationUnitDecl(), this);
}

void OrderCheck::check(const ast_matchers::MatchFinder::MatchResult &result) {
  const UnitOrder &unit = orderOfUnit(*result.Context, containers_);
  for (const Visit &visit : unit.visits)
    judge(visit);
  for (const Sorting &sorting : unit.sortings)
    judge(sorting);
}

DiagnosticBuilder OrderCheck::report(bool certain, SourceLocation at,
                                     StringRef message) {
  return certain ? finding(at, message) : noteworthy(at, message);
}

void OrderCheck::flow(const Effect &effect, SourceLocation at) {
  for (const CallExpr *call : effect.calls)
    if (call->getBeginLoc() != at)
      step(call->getBeginLoc(), "called here for each element");
  if (effect.at->getBeginLoc() != at)
    step(effect.at->getBeginLoc(), "%0 is written here")
        << described(effect.target);
  if (effect.reader)
    step(effect.reader->getBeginLoc(), "the order of %0 is used here")
        << described(effect.target);
}

void OrderCheck::flow(const Sorting &sorting) {
  const FunctionDecl *function = sorting.comparison.function;
  const auto *method = dyn_cast_or_null<CXXMethodDecl>(function);
  if (function && !(method && method->getParent()->isLambda()))
    step(function->getLocation(), "the elements are compared here");
}

std::string described(const NamedDecl *target) {
  return target ? "'" + target->getNameAsString() + "'" : "a value";
}

std::string described(const Expr *sequence) {
  sequence = namedPart(sequence);
  if (const auto *reference = dyn_cast<DeclRefExpr>(sequence))
    return described(reference->getDecl());
  if (const auto *member = dyn_cast<MemberExpr>(sequence))
    return described(member->getMemberDecl());
  if (const auto *call = dyn_cast<CallExpr>(sequence))
    if (const FunctionDecl *callee = call->getDirectCallee();
        callee && callee->getIdentifier())
      return "the result of '" + callee->getNameAsString() + "'";
  return "a temporary";
}

StringRef described(Order order) {
  switch (order) {
  case Order::Hash:
    return "hash order";
  case Order::Address:
    return "the order of addresses";
  case Order::Directory:
    return "the order of the file system";
  case Order::Arrival:
    return "the order in which threads arrived";
  case Order::Specified:
    return "a specified order";
  }
  llvm_unreachable("every order is named");
}

}  // namespace reproaudit
