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
    .name = "repro-parallel-std-reduce",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Parallel library reduction of floating-point values",
    .since = "0.1.0",
    .why = R"md(
`std::reduce` with a parallel policy and `tbb::parallel_reduce` group their
operands as the scheduler finds idle threads. Floating-point addition is not
associative, so the result differs in its last bits from run to run.)md",
    .bad = R"cpp(
#include <execution>
#include <numeric>
#include <vector>

double sum(const std::vector<double> &values) {
  return std::reduce(std::execution::par, values.begin(), values.end());
})cpp",
    .good = R"cpp(
#include <numeric>
#include <vector>

double sum(const std::vector<double> &values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
})cpp",
    .limits = "Minima and maxima are not reported. Without a policy the order "
              "is open too, but fixed in every known library.",
});

class ParallelStdReduceCheck final : public Check {
public:
  ParallelStdReduceCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;

private:
  llvm::DenseSet<SourceLocation> reported_;
};

StringRef recordName(QualType type) {
  const CXXRecordDecl *record =
      type.getNonReferenceType()->getAsCXXRecordDecl();
  return record && record->getIdentifier() ? record->getName() : StringRef();
}

bool isParallelPolicy(QualType type) {
  const StringRef name = recordName(type);
  return name == "parallel_policy" || name == "parallel_unsequenced_policy";
}

/// True if \p operation picks one of its operands instead of adding them.
bool picks(const Expr *operation) {
  const StringRef type = recordName(operation->getType());
  if (type.contains_insensitive("max") || type.contains_insensitive("min"))
    return true;
  const auto *lambda = dyn_cast<LambdaExpr>(bare(operation));
  if (!lambda)
    return false;
  bool adds = false;
  bool chooses = false;
  anyStmt(callOperator(*lambda)->getBody(), [&](const Stmt &stmt) {
    if (const auto *op = dyn_cast<BinaryOperator>(&stmt))
      adds = adds || op->isAdditiveOp() || op->isMultiplicativeOp();
    else if (isa<ConditionalOperator, IfStmt>(stmt))
      chooses = true;
    else if (const auto *call = dyn_cast<CallExpr>(&stmt))
      if (const FunctionDecl *callee = call->getDirectCallee();
          callee && callee->getIdentifier())
        chooses = chooses || callee->getName().contains("max") ||
                  callee->getName().contains("min");
    return false;
  });
  return chooses && !adds;
}

/// The floating type in which \p call reduces, null if it does not.
QualType reducedType(const CallExpr &call) {
  const QualType result = call.getType();
  if (!result->isVoidType())
    if (QualType rounds = roundingType(result); !rounds.isNull())
      return rounds;
  // Scans return an iterator, and the imperative form of TBB changes a body.
  for (const Expr *argument : call.arguments()) {
    QualType type = argument->getType().getNonReferenceType();
    if (type->isPointerType())
      type = type->getPointeeType();
    else if (const auto *iterator =
                 dyn_cast_or_null<ClassTemplateSpecializationDecl>(
                     type->getAsCXXRecordDecl());
             iterator != nullptr && iterator->getName().ends_with("iterator") &&
             iterator->getTemplateArgs()[0].getKind() ==
                 TemplateArgument::Type) {
      type = iterator->getTemplateArgs()[0].getAsType();
      if (type->isPointerType())
        type = type->getPointeeType();
    } else if (recordName(type).ends_with("range") ||
               type->isFunctionPointerType())
      continue;
    if (QualType rounds = roundingType(type); !rounds.isNull())
      return rounds;
  }
  return {};
}

/// True if \p callee is what its name says, not a function of the project.
bool isOfALibrary(const FunctionDecl &callee, const SourceManager &sources) {
  const std::string name = callee.getQualifiedNameAsString();
  const StringRef qualified(name);
  return sources.isInSystemHeader(callee.getLocation()) ||
         qualified.starts_with("tbb::") || qualified.starts_with("oneapi::") ||
         qualified.starts_with("Kokkos::") || qualified.starts_with("hpx::");
}

void ParallelStdReduceCheck::registerMatchers(MatchFinder *finder) {
  finder->addMatcher(
      callExpr(unless(isExpansionInSystemHeader()),
               callee(functionDecl(
                   hasAnyName("reduce", "transform_reduce", "inclusive_scan",
                              "exclusive_scan", "transform_inclusive_scan",
                              "transform_exclusive_scan", "parallel_reduce",
                              "parallel_scan", "inner_product", "accumulate"))))
          .bind("call"),
      this);
}

void ParallelStdReduceCheck::check(const MatchFinder::MatchResult &result) {
  const auto *call = result.Nodes.getNodeAs<CallExpr>("call");
  const FunctionDecl *callee = call->getDirectCallee();
  if (!callee || call->getNumArgs() == 0 ||
      !isOfALibrary(*callee, *result.SourceManager))
    return;
  const StringRef name = callee->getName();
  const bool parallel = name.starts_with("parallel_") ||
                        isParallelPolicy(call->getArg(0)->getType()) ||
                        callee->getQualifiedNameAsString().find(
                            "__gnu_parallel") != std::string::npos;
  if (!parallel)
    return;
  for (const Expr *argument : call->arguments())
    if (picks(argument))
      return;
  if (reducedType(*call).isNull() ||
      !reported_.insert(call->getExprLoc()).second)
    return;
  finding(call->getExprLoc(),
          "'%0' groups floating-point values as threads become idle")
      << name << call->getSourceRange();
  cure(call->getExprLoc(),
       name == "parallel_reduce"
           ? "use tbb::parallel_deterministic_reduce, or reduce blocks of "
             "fixed size and combine them in order"
           : "use std::accumulate, or reduce blocks of fixed size in parallel "
             "and combine them in order");
}

}  // namespace

extern constinit const Rule ParallelStdReduce =
    sourceRule<ParallelStdReduceCheck>(kInfo);

}  // namespace reproaudit::parallel
