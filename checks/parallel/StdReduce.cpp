// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "llvm/ADT/DenseSet.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-std-reduce",
    .family = Family::Parallel,
    .scope = Scope::Platform,
    .tier = Tier::Pedantic,
    .summary = "Serial std::reduce of floating-point values",
    .since = "0.1.0",
    .why = R"md(
The standard lets `std::reduce` and `std::transform_reduce` group their operands
as the library likes, even without a policy. Every library has a fixed grouping,
but not the same one, so floating-point results differ between platforms.)md",
    .bad = R"cpp(
#include <numeric>
#include <vector>

double sum(const std::vector<double> &values) {
  return std::reduce(values.begin(), values.end());
})cpp",
    .good = R"cpp(
#include <numeric>
#include <vector>

double sum(const std::vector<double> &values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
})cpp",
    .limits = "Parallel policies are the business of "
              "repro-parallel-std-reduce.",
});

class StdReduceCheck final : public Check {
public:
  StdReduceCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;

private:
  llvm::DenseSet<SourceLocation> reported_;
};

void StdReduceCheck::registerMatchers(MatchFinder *finder) {
  finder->addMatcher(callExpr(unless(isExpansionInSystemHeader()),
                              callee(functionDecl(hasAnyName(
                                  "::std::reduce", "::std::transform_reduce"))))
                         .bind("call"),
                     this);
}

void StdReduceCheck::check(const MatchFinder::MatchResult &result) {
  const auto *call = result.Nodes.getNodeAs<CallExpr>("call");
  const CXXRecordDecl *first =
      call->getArg(0)->getType().getNonReferenceType()->getAsCXXRecordDecl();
  const bool policy = first != nullptr && first->getName().ends_with("_policy");
  if (policy || roundingType(call->getType()).isNull() ||
      !reported_.insert(call->getExprLoc()).second)
    return;
  finding(call->getExprLoc(),
          "'%0' groups floating-point values as the standard library likes")
      << call->getDirectCallee()->getName() << call->getSourceRange();
  cure(call->getExprLoc(),
       "use std::accumulate, which adds from left to right");
}

}  // namespace

extern constinit const Rule StdReduce = sourceRule<StdReduceCheck>(kInfo);

}  // namespace reproaudit::parallel
