// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"

#include "reproaudit/analysis/Collision.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/OpenMP.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/OpenMPClause.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit {
namespace {

/// True if a lambda's body is seen as a part of the function around it.
bool isInsideAnother(const FunctionDecl &function) {
  const auto *method = dyn_cast<CXXMethodDecl>(&function);
  return method != nullptr && method->getParent()->isLambda() &&
         method->getParent()->isLocalClass() != nullptr;
}

/// The option that a condition asks: does it hold if determinism is wanted?
struct Option {
  const Expr *named = nullptr;
  bool isNegated = false;
};

/// A variable, member or call in \p condition whose name asks for determinism.
Option determinismIn(const Expr *condition) {
  Option option;
  anyStmt(condition, [&](const Stmt &stmt) {
    const NamedDecl *named = nullptr;
    if (const auto *reference = dyn_cast<DeclRefExpr>(&stmt))
      named = reference->getDecl();
    else if (const auto *member = dyn_cast<MemberExpr>(&stmt))
      named = member->getMemberDecl();
    else if (const auto *unary = dyn_cast<UnaryOperator>(&stmt))
      option.isNegated |= unary->getOpcode() == UO_LNot;
    if (hasWord(nameOf(named), {"deterministic", "determinism", "reproducible",
                                "reproducibility", "repeatable"}))
      option.named = cast<Expr>(&stmt);
    return option.named != nullptr;
  });
  return option;
}

/// `if (deterministic) return serial();` somewhere before \p last in \p block.
const Expr *earlyReturn(const CompoundStmt &block, const Stmt *last) {
  for (const Stmt *stmt : block.body()) {
    if (stmt == last)
      break;
    const auto *branch = dyn_cast<IfStmt>(stmt);
    if (branch == nullptr || !anyStmt(branch->getThen(), [](const Stmt &inner) {
          return isa<ReturnStmt>(inner);
        }))
      continue;
    if (const Option option = determinismIn(branch->getCond());
        option.named && !option.isNegated)
      return option.named;
  }
  return nullptr;
}

/// The option by which the code around \p start leaves it out.
const Expr *switchAround(const Stmt &start, ASTContext &context) {
  DynTypedNode child = DynTypedNode::create(start);
  for (;;) {
    const DynTypedNodeList parents = context.getParents(child);
    if (parents.empty() || parents[0].get<FunctionDecl>())
      return nullptr;
    if (const auto *branch = parents[0].get<IfStmt>()) {
      const Option option = determinismIn(branch->getCond());
      const bool inElse = branch->getElse() == child.get<Stmt>();
      if (option.named && option.isNegated != inElse)
        return option.named;
    } else if (const auto *block = parents[0].get<CompoundStmt>()) {
      if (const Expr *option = earlyReturn(*block, child.get<Stmt>()))
        return option;
    }
    child = parents[0];
  }
}

/// The option that switches \p region off where determinism is asked for, by a
/// clause of the region or by a branch around it; or null.
const Expr *switchOf(const ParallelRegion &region) {
  for (const OMPExecutableDirective *directive : region.directives)
    for (const auto *condition : directive->getClausesOfKind<OMPIfClause>())
      if (const Option option = determinismIn(condition->getCondition());
          option.named && option.isNegated)
        return option.named;
  return switchAround(*region.start, region.enclosing.front()->getASTContext());
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

DiagnosticBuilder ParallelCheck::finding(SourceLocation at, StringRef message,
                                         const ParallelRegion *region) {
  return region && switchOf(*region) ? noteworthy(at, message)
                                     : Check::finding(at, message);
}

void ParallelCheck::explain(const ParallelRegion &region) {
  if (const Expr *option = switchOf(region))
    step(option->getExprLoc(), "this option switches the parallel code off");
}

void ParallelCheck::explain(const ParallelWrite &write) {
  if (!write.region)
    return;
  explain(*write.region);
  step(write.region->start->getBeginLoc(),
       write.region->directive ? "the threads of this region run it"
                               : "started here, it runs in parallel");
  if (write.via)
    step(write.via->getBeginLoc(), "reached through this call");
}

bool addsInexactly(const ParallelWrite &write, const ASTContext &context) {
  return write.kind == ParallelWrite::Kind::Accumulate &&
         !write.rounds.isNull() && !addsExactly(write.value, context) &&
         !measuresTime(write.value);
}

bool isThreadPartial(const ParallelWrite &write) {
  return write.reach == Reach::ThreadSlot || write.outlivesIteration;
}

SourceLocation dealtToIdleThreads(const ParallelWrite &write) {
  if (const OMPExecutableDirective *directive = write.worksharing) {
    if (isOpenMPTaskingDirective(directive->getDirectiveKind()))
      return directive->getBeginLoc();
    const OMPScheduleClause *schedule = dynamicSchedule(*directive);
    return schedule ? schedule->getBeginLoc() : SourceLocation();
  }
  const bool isScheduled =
      write.region != nullptr && write.reach == Reach::ThreadSlot &&
      (write.region->kind == ParallelRegion::Kind::Task ||
       write.region->kind == ParallelRegion::Kind::Algorithm);
  return isScheduled ? write.region->start->getBeginLoc() : SourceLocation();
}

bool isArrivalOrderedSum(const ParallelWrite &write,
                         const ASTContext &context) {
  if (write.once || !addsInexactly(write, context))
    return false;
  if (write.reach == Reach::Shared)
    return true;
  // `sums[item.key]`: several items may have the same key.
  if (write.reach != Reach::OwnSlot || !write.region || write.via)
    return false;
  const Origin origin = elementOrigin(*write.region, *write.target);
  return origin == Origin::Data || origin == Origin::Part;
}

}  // namespace reproaudit
