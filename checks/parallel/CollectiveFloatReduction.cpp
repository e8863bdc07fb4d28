// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-collective-float-reduction",
    .family = Family::Parallel,
    .scope = Scope::Threads,
    .tier = Tier::Audit,
    .summary = "Processes add floating-point values in a collective operation",
    .since = "0.1.0",
    .why = R"md(
`MPI_Allreduce` and its relatives may combine the contributions of the processes
in any grouping. It depends on the number of processes, on the algorithm that
the library picks for the size of the message, and on the network, so the last
bits of the sum change with the machine and with the library.)md",
    .bad = R"cpp(
typedef int MPI_Datatype, MPI_Op, MPI_Comm;
enum { MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD };
int MPI_Allreduce(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm);

double total(double mine) {
  double all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return all;
})cpp",
    .good = R"cpp(
typedef int MPI_Datatype, MPI_Op, MPI_Comm;
enum { MPI_LONG, MPI_SUM, MPI_COMM_WORLD };
int MPI_Allreduce(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm);

long total(long mine) {
  long all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  return all;
})cpp",
    .limits = "Looks for sums and products of floating types that the call "
              "names. Types and operations in variables are not followed.",
});

class CollectiveFloatReductionCheck final : public Check {
public:
  CollectiveFloatReductionCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override {
    finder->addMatcher(
        callExpr(unless(isExpansionInSystemHeader()), callee(functionDecl()))
            .bind("call"),
        this);
  }

  void check(const MatchFinder::MatchResult &result) override;
};

/// `MPI_Allreduce`, `MPI_Reduce_scatter`, `MPI_Iscan`, `ncclAllReduce`, ...
bool isReduction(StringRef name) {
  static constexpr llvm::StringLiteral kPrefixes[] = {
      "MPI_Allreduce", "MPI_Iallreduce", "MPI_Reduce", "MPI_Ireduce",
      "MPI_Scan",      "MPI_Iscan",      "MPI_Exscan", "MPI_Iexscan",
      "ncclAllReduce", "ncclReduce"};
  return llvm::any_of(
      kPrefixes, [&](StringRef prefix) { return name.starts_with(prefix); });
}

/// The name of the constant that \p argument is, macro or not.
StringRef constantName(const Expr &argument, const ASTContext &context) {
  const SourceLocation at = argument.getBeginLoc();
  if (at.isMacroID())
    return Lexer::getImmediateMacroName(at, context.getSourceManager(),
                                        context.getLangOpts());
  const auto *reference = dyn_cast<DeclRefExpr>(bare(&argument));
  return reference ? nameOf(reference->getDecl()) : StringRef();
}

bool isFloatingType(StringRef name) {
  return name.contains("FLOAT") || name.contains("DOUBLE") ||
         name.contains("COMPLEX") || name.starts_with("ncclFloat") ||
         name.starts_with("ncclHalf") || name.starts_with("ncclBfloat") ||
         name.starts_with("ncclDouble");
}

bool isInexactOperation(StringRef name) {
  return name == "MPI_SUM" || name == "MPI_PROD" || name == "ncclSum" ||
         name == "ncclProd" || name == "ncclAvg";
}

void CollectiveFloatReductionCheck::check(
    const MatchFinder::MatchResult &result) {
  const auto *call = result.Nodes.getNodeAs<CallExpr>("call");
  if (!isReduction(nameOf(call->getDirectCallee())))
    return;
  bool isFloating = false;
  bool isInexact = false;
  for (const Expr *argument : call->arguments()) {
    const StringRef name = constantName(*argument, *result.Context);
    isFloating |= isFloatingType(name);
    isInexact |= isInexactOperation(name);
  }
  if (!isFloating || !isInexact)
    return;
  finding(call->getExprLoc(),
          "%0 adds the floating-point values of the processes in an order that "
          "depends on their number and on the library")
      << call->getDirectCallee() << call->getSourceRange();
  cure(call->getExprLoc(),
       "gather the values and add them in the order of the ranks, or sum "
       "integers of a fixed scale");
}

}  // namespace

extern constinit const Rule CollectiveFloatReduction =
    sourceRule<CollectiveFloatReductionCheck>(kInfo);

}  // namespace reproaudit::parallel
