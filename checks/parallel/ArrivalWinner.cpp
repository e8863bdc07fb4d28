// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-arrival-winner",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Thread that comes first or last decides what a shared value is",
    .since = "0.1.0",
    .why = R"md(
A lock makes the threads replace a shared value one after the other, in an order
that changes from run to run. The maximum itself does not depend on it, but
among equal maxima the thread that came first wins, and with it the index, the
feature or the split that is kept. A value that every thread overwrites is that
of the thread that came last.)md",
    .bad = R"cpp(
int argMax(const float *scores, int count) {
  float best = 0;
  int winner = -1;
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
#pragma omp critical
    if (scores[i] > best) {
      best = scores[i];
      winner = i;
    }
  }
  return winner;
})cpp",
    .good = R"cpp(
int argMax(const float *scores, int count) {
  float best = 0;
  int winner = count;
#pragma omp parallel for
  for (int i = 0; i < count; ++i) {
#pragma omp critical
    if (scores[i] > best || (scores[i] == best && i < winner)) {
      best = scores[i];
      winner = i;
    }
  }
  return winner;
})cpp",
    .limits = "A comparison that the class itself defines is taken to break "
              "ties. The last of unconditional stores is a note, because it "
              "may be known that all are equal; errors and messages are not "
              "reported.",
    .flags = "-fopenmp",
});

class ArrivalWinnerCheck final : public ParallelCheck {
public:
  ArrivalWinnerCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
  void reportTie(const ParallelWrite &write, const NamedDecl &winner);
  void reportLast(const ParallelWrite &write, const NamedDecl &last);
};

/// True if the order in which executions reach \p write is open.
bool isReplacedInArrivalOrder(const ParallelWrite &write) {
  if (write.kind != ParallelWrite::Kind::Store || !write.region ||
      !write.region->repeated || write.once)
    return false;
  const bool isLocked = write.guard == Guard::Critical ||
                        write.guard == Guard::Lock ||
                        write.guard == Guard::Atomic;
  return (isLocked && write.reach == Reach::Shared) ||
         (write.reach == Reach::ThreadSlot &&
          dealtToIdleThreads(write).isValid());
}

/// The only comparison in \p condition, if nothing else there breaks a tie.
const BinaryOperator *onlyComparison(const Expr *condition) {
  const BinaryOperator *found = nullptr;
  unsigned others = 0;
  anyStmt(condition, [&](const Stmt &stmt) {
    if (const auto *op = dyn_cast<BinaryOperator>(&stmt)) {
      if (op->isComparisonOp() && !found)
        found = op;
      else
        others += op->isComparisonOp() || op->getOpcode() == BO_LOr;
    } else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(&stmt)) {
      others += call->isComparisonOp();
    }
    return false;
  });
  return others == 0 ? found : nullptr;
}

bool mentionsObject(const Expr &side, const Expr &object,
                    const ASTContext &context) {
  return anyStmt(&side, [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<Expr>(&stmt);
    return expr && sameObject(*expr, object, context);
  });
}

/// True if \p write stores just the value that \p comparison finds to be more
/// than the old one: the extreme is the same whoever stores it.
bool keepsTheExtreme(const ParallelWrite &write,
                     const BinaryOperator &comparison,
                     const ASTContext &context) {
  const auto isPair = [&](const Expr &kept, const Expr &value) {
    return sameObject(kept, *write.target, context) &&
           sameObject(value, *write.value, context);
  };
  return comparison.isRelationalOp() &&
         (isPair(*comparison.getLHS(), *comparison.getRHS()) ||
          isPair(*comparison.getRHS(), *comparison.getLHS()));
}

/// True if \p comparison compares with what the branch of \p write replaces:
/// its target, or that of another write of the same branch.
bool comparesWithKept(const ParallelWrite &write,
                      const BinaryOperator &comparison,
                      const ParallelCode &code, const ASTContext &context) {
  return llvm::any_of(code.writes, [&](const ParallelWrite &other) {
    return other.branch == write.branch &&
           (mentionsObject(*comparison.getLHS(), *other.target, context) ||
            mentionsObject(*comparison.getRHS(), *other.target, context));
  });
}

/// Errors, messages and progress are no results.
bool isForPeople(const NamedDecl &target) {
  return hasWord(nameOf(&target),
                 {"error", "err", "exception", "status", "message", "msg",
                  "failed", "failure", "log", "progress", "rc", "ret", "eptr",
                  "done", "finished", "last_exception"});
}

/// True if the executions store different numbers, whatever was there before.
bool storesItsOwn(const ParallelWrite &write, const ASTContext &context) {
  return write.target->getType()->isArithmeticType() &&
         !write.target->getType()->isBooleanType() &&
         !mentionsObject(*write.value, *write.target, context) &&
         anyStmt(write.value, [&](const Stmt &stmt) {
           const auto *expr = dyn_cast<Expr>(&stmt);
           const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
           return variable && !write.region->isShared(*variable);
         });
}

void ArrivalWinnerCheck::judge(const FunctionDecl &function,
                               const ParallelCode &code) {
  const ASTContext &context = function.getASTContext();
  for (const ParallelWrite &write : code.writes) {
    const NamedDecl *target = namedRoot(write.target);
    if (!target || !isReplacedInArrivalOrder(write) || isForPeople(*target) ||
        measuresTime(write.value))
      continue;
    if (!write.branch) {
      if (write.reach == Reach::Shared && !write.via &&
          storesItsOwn(write, context))
        reportLast(write, *target);
      continue;
    }
    const BinaryOperator *comparison = onlyComparison(write.branch->getCond());
    if (comparison && !keepsTheExtreme(write, *comparison, context) &&
        comparesWithKept(write, *comparison, code, context))
      reportTie(write, *target);
  }
}

void ArrivalWinnerCheck::reportTie(const ParallelWrite &write,
                                   const NamedDecl &winner) {
  if (!isNew(write.branch->getBeginLoc()))
    return;
  finding(write.expression->getExprLoc(),
          "among equals, the thread that comes first decides what %0 is",
          write.region)
      << &winner << write.expression->getSourceRange();
  step(write.branch->getCond()->getExprLoc(), "this comparison leaves ties");
  explain(write);
  cure(write.branch->getCond()->getExprLoc(),
       "break ties by an index that the input determines");
}

void ArrivalWinnerCheck::reportLast(const ParallelWrite &write,
                                    const NamedDecl &last) {
  if (!isNew(write.expression->getExprLoc()))
    return;
  noteworthy(write.expression->getExprLoc(),
             "the thread that comes last decides what %0 is")
      << &last << write.expression->getSourceRange();
  explain(write);
  cure(write.expression->getExprLoc(),
       "let every task have a slot of its own and choose by its index");
}

}  // namespace

extern constinit const Rule ArrivalWinner =
    sourceRule<ArrivalWinnerCheck>(kInfo);

}  // namespace reproaudit::parallel
