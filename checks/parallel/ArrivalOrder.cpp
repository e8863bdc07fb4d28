// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-arrival-order",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Results combined in the order in which they are ready",
    .since = "0.1.0",
    .why = R"md(
Taking whichever message or future is ready first keeps the program busy, and
combines results in the order of their arrival. Floating-point sums and lists
made that way differ from run to run.)md",
    .bad = R"cpp(
#include <chrono>
#include <future>
#include <vector>

double sum(std::vector<std::future<double>> &parts) {
  double total = 0;
  for (std::size_t open = parts.size(); open > 0;)
    for (auto &part : parts)
      if (part.valid() && part.wait_for(std::chrono::seconds(0)) ==
                              std::future_status::ready) {
        total += part.get();
        --open;
      }
  return total;
})cpp",
    .good = R"cpp(
#include <future>
#include <vector>

double sum(std::vector<std::future<double>> &parts) {
  double total = 0;
  for (auto &part : parts)
    total += part.get();
  return total;
})cpp",
    .limits = "Looks for `MPI_ANY_SOURCE`, `MPI_Waitany` and its relatives, "
              "polled futures and concurrent queues in a loop that adds "
              "floating-point values "
              "or appends. Results that are stored by the rank of their sender "
              "are not reported.",
});

class ArrivalOrderCheck final : public ParallelCheck {
public:
  ArrivalOrderCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
  void judgeLoop(const Stmt &loop, const ASTContext &context);
};

/// True if \p call returns whatever is ready first.
bool takesTheFirst(const CallExpr &call, const ASTContext &context) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee || !callee->getIdentifier())
    return false;
  const StringRef name = callee->getName();
  if (name == "MPI_Waitany" || name == "MPI_Testany" ||
      name == "MPI_Waitsome" || name == "MPI_Testsome" || name == "when_any" ||
      name == "wait_for_any" || name == "wait_any")
    return true;
  if (name == "wait_for" && call.getNumArgs() == 1)
    return isa<CXXMemberCallExpr>(call) &&
           StringRef(callee->getQualifiedNameAsString()).contains("future");
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call);
      method && (name.starts_with("try_pop") || name.contains("dequeue") ||
                 name == "pop"))
    return orderOf(method->getImplicitObjectArgument()
                       ->IgnoreParenImpCasts()
                       ->getType()) == Order::Arrival;
  constexpr unsigned kSource = 3;
  if ((name != "MPI_Recv" && name != "MPI_Irecv") ||
      call.getNumArgs() <= kSource)
    return false;
  return Lexer::getImmediateMacroName(
             call.getArg(kSource)->getBeginLoc(), context.getSourceManager(),
             context.getLangOpts()) == "MPI_ANY_SOURCE";
}

/// The first sum or append in \p loop that shows the order of its rounds.
const Expr *orderedEffect(const Stmt &loop, const ASTContext &context) {
  const Expr *found = nullptr;
  anyStmt(&loop, [&](const Stmt &stmt) {
    const auto *expression = dyn_cast<Expr>(&stmt);
    if (!expression)
      return false;
    const auto added = accumulation(*expression, context);
    const auto *call = dyn_cast<CXXMemberCallExpr>(expression);
    const bool appends = call && call->getMethodDecl() &&
                         call->getMethodDecl()->getIdentifier() &&
                         (call->getMethodDecl()->getName() == "push_back" ||
                          call->getMethodDecl()->getName() == "emplace_back");
    if (appends ||
        (added && !added->rounds.isNull() &&
         !addsExactly(added->value, context) && !measuresTime(added->value)))
      found = expression;
    return found != nullptr;
  });
  return found;
}

void ArrivalOrderCheck::judge(const FunctionDecl &function,
                              const ParallelCode & /*code*/) {
  anyStmt(function.getBody(), [&](const Stmt &stmt) {
    if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(stmt))
      judgeLoop(stmt, function.getASTContext());
    return false;
  });
}

void ArrivalOrderCheck::judgeLoop(const Stmt &loop, const ASTContext &context) {
  const CallExpr *first = nullptr;
  anyStmt(&loop, [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    if (call && takesTheFirst(*call, context))
      first = call;
    return first != nullptr;
  });
  if (!first)
    return;
  const bool byRank = anyStmt(&loop, [](const Stmt &stmt) {
    const auto *member = dyn_cast<MemberExpr>(&stmt);
    return member && member->getMemberDecl()->getName() == "MPI_SOURCE";
  });
  const Expr *effect = byRank ? nullptr : orderedEffect(loop, context);
  if (!effect || !isNew(effect->getExprLoc()))
    return;
  finding(effect->getExprLoc(),
          "results are combined in the order in which they are ready")
      << effect->getSourceRange();
  step(first->getBeginLoc(), "this takes whichever is ready first");
  cure(effect->getExprLoc(),
       "store each result by the index of its sender and combine them in that "
       "order");
}

}  // namespace

extern constinit const Rule ArrivalOrder = sourceRule<ArrivalOrderCheck>(kInfo);

}  // namespace reproaudit::parallel
