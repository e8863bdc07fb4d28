// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"

#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-thread-count-partials",
    .family = Family::Parallel,
    .scope = Scope::Threads,
    .tier = Tier::Audit,
    .summary = "Floating-point partial sum for each thread",
    .since = "0.1.0",
    .why = R"md(
If every thread sums its share, the number of threads decides where the input is
cut. Rounding happens at other places on a machine with more cores, so the total
has other last bits there, even though it repeats on this one.)md",
    .bad = R"cpp(
#include <omp.h>
#include <vector>

double sum(const double *values, int count) {
  std::vector<double> parts(omp_get_max_threads());
#pragma omp parallel for schedule(static)
  for (int i = 0; i < count; ++i)
    parts[omp_get_thread_num()] += values[i];
  double total = 0;
  for (const double part : parts)
    total += part;
  return total;
})cpp",
    .good = R"cpp(
#include <vector>

double sum(const double *values, int blocks, int size) {
  std::vector<double> parts(blocks);
#pragma omp parallel for
  for (int block = 0; block < blocks; ++block)
    for (int i = 0; i < size; ++i)
      parts[block] += values[block * size + i];
  double total = 0;
  for (const double part : parts)
    total += part;
  return total;
})cpp",
    .limits = "Sees elements chosen by the number of the thread, and shares "
              "whose limits come from `hardware_concurrency()` and the like in "
              "the same function. Work that idle threads take is worse and has "
              "a rule of its own.",
    .flags = "-fopenmp",
});

class ThreadCountPartialsCheck final : public ParallelCheck {
public:
  ThreadCountPartialsCheck(StringRef name, tidy::ClangTidyContext *context)
      : ParallelCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function, const ParallelCode &code) override;
};

bool asksForThreads(const Stmt &stmt) {
  const auto *call = dyn_cast<CallExpr>(&stmt);
  return call != nullptr &&
         llvm::StringSwitch<bool>(nameOf(call->getDirectCallee()))
             .Cases({"hardware_concurrency", "omp_get_max_threads"}, true)
             .Cases({"omp_get_num_threads", "omp_get_num_procs"}, true)
             .Cases({"get_nprocs", "get_num_threads", "max_concurrency"}, true)
             .Default(false);
}

/// True if \p expression is computed from the number of threads or processors,
/// through initialisers.
bool followsThreads(const Stmt *expression, int depth = 5) {
  return depth > 0 && anyStmt(expression, [&](const Stmt &stmt) {
           if (asksForThreads(stmt))
             return true;
           const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
           const VarDecl *variable =
               reference ? namedVariable(reference) : nullptr;
           return variable && variable->getInit() &&
                  followsThreads(variable->getInit(), depth - 1);
         });
}

/// True if a loop of \p body around \p sum covers a share of one thread.
bool sumsAShare(const Stmt *body, const Expr &sum) {
  return anyStmt(body, [&](const Stmt &stmt) {
    const auto *loop = dyn_cast<ForStmt>(&stmt);
    return loop &&
           (followsThreads(loop->getInit()) ||
            followsThreads(loop->getCond()) ||
            followsThreads(loop->getInc())) &&
           anyStmt(loop->getBody(),
                   [&](const Stmt &inner) { return &inner == &sum; });
  });
}

/// True if there are as many slots as threads in what \p write adds to.
bool hasASlotForEachThread(const NamedDecl &slots) {
  const auto *variable = dyn_cast<VarDecl>(&slots);
  return variable != nullptr && variable->getInit() != nullptr &&
         followsThreads(variable->getInit());
}

/// True if the share that one thread gets decides what \p write adds up.
bool isPerThread(const ParallelWrite &write, const NamedDecl &part) {
  switch (write.reach) {
  case Reach::ThreadSlot:
    return true;
  case Reach::OwnSlot:
    return hasASlotForEachThread(part) ||
           sumsAShare(write.region->body, *write.expression);
  case Reach::Private:
    return sumsAShare(write.region->body, *write.expression);
  case Reach::Shared:
    return false;
  }
  return false;
}

/// `std::accumulate` and the like over the share of one thread.
const CallExpr *sumOfAShare(const ParallelRegion &region) {
  const CallExpr *found = nullptr;
  anyStmt(region.body, [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    const StringRef name = call ? nameOf(call->getDirectCallee()) : "";
    const bool sums = name == "accumulate" || name == "reduce" ||
                      name == "inner_product" || name == "transform_reduce";
    if (sums && !roundingType(call->getType()).isNull() && followsThreads(call))
      found = call;
    return found != nullptr;
  });
  return found;
}

/// True if the region always has the same number of threads.
bool hasFixedThreads(const ParallelRegion &region, const ASTContext &context) {
  return llvm::any_of(
      region.directives, [&](const OMPExecutableDirective *directive) {
        const auto *count = directive->getSingleClause<OMPNumThreadsClause>();
        return count && !count->getNumThreads()->isValueDependent() &&
               count->getNumThreads()->isEvaluatable(context);
      });
}

void ThreadCountPartialsCheck::judge(const FunctionDecl &function,
                                     const ParallelCode &code) {
  const ASTContext &context = function.getASTContext();
  for (const ParallelWrite &write : code.writes) {
    const NamedDecl *part = namedRoot(write.target);
    if (part == nullptr || write.region == nullptr ||
        !addsInexactly(write, context) || !isPerThread(write, *part) ||
        dealtToIdleThreads(write).isValid() ||
        hasFixedThreads(*write.region, context) ||
        !isNew(write.expression->getExprLoc()))
      continue;
    finding(write.expression->getExprLoc(),
            "the partial sums in %0 depend on the number of threads",
            write.region)
        << part << write.expression->getSourceRange();
    explain(write);
    cure(write.expression->getBeginLoc(),
         "sum per block of fixed size instead of per thread");
  }
  for (const ParallelRegion &region : code.regions) {
    const CallExpr *sum = sumOfAShare(region);
    if (!sum || !region.repeated || hasFixedThreads(region, context) ||
        !isNew(sum->getExprLoc()))
      continue;
    finding(sum->getExprLoc(),
            "what this adds up depends on the number of threads", &region)
        << sum->getSourceRange();
    explain(region);
    cure(sum->getExprLoc(),
         "sum per block of fixed size instead of per thread");
  }
}

}  // namespace

extern constinit const Rule ThreadCountPartials =
    sourceRule<ThreadCountPartialsCheck>(kInfo);

}  // namespace reproaudit::parallel
