// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/StmtCXX.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::order {
namespace {

constexpr OptionInfo kContainers{
    .name = "Containers",
    .fallback = "::std::unordered_map;::std::unordered_multimap;"
                "::std::unordered_set;::std::unordered_multiset",
    .summary = "Class templates whose iteration order is unspecified",
};
constexpr OptionInfo kOptions[] = {kContainers};

constexpr RuleInfo kInfo = validated({
    .name = "repro-unordered-float-reduction",
    .family = Family::Order,
    .scope = Scope::Platform,
    .summary = "Floating-point accumulation in unordered iteration order",
    .since = "0.1.0",
    .why = R"md(
Floating-point addition is not associative, and the iteration order of a hash
container depends on the standard library, its version, the hash and the
history of insertions. The same data can therefore sum to different bits on
two machines, and the difference grows through every later training step.)md",
    .bad = R"cpp(
#include <unordered_map>

float totalLoss(const std::unordered_map<int, float> &lossOfShard) {
  float total = 0;
  for (const auto &entry : lossOfShard)
    total += entry.second;
  return total;
})cpp",
    .good = R"cpp(
#include <map>

float totalLoss(const std::map<int, float> &lossOfShard) {
  float total = 0;
  for (const auto &entry : lossOfShard)
    total += entry.second;
  return total;
})cpp",
    .limits = "Integer sums are exact and never reported.",
    .options = kOptions,
});

class UnorderedFloatReductionCheck final : public Check {
public:
  UnorderedFloatReductionCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context), containers_(list(kContainers)) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;

private:
  const std::vector<StringRef> containers_;
};

void UnorderedFloatReductionCheck::registerMatchers(MatchFinder *finder) {
  const auto unordered = expr(hasType(
      hasCanonicalType(hasDeclaration(cxxRecordDecl(hasAnyName(containers_))))));

  const auto floatUpdate = binaryOperator(
      hasAnyOperatorName("+=", "-=", "*=", "/="),
      hasLHS(declRefExpr(
          to(varDecl(hasType(realFloatingPointType())).bind("accumulator")))));

  finder->addMatcher(
      cxxForRangeStmt(hasRangeInit(unordered),
                      hasBody(findAll(floatUpdate.bind("update"))))
          .bind("loop"),
      this);
}

void UnorderedFloatReductionCheck::check(
    const MatchFinder::MatchResult &result) {
  const auto *loop = result.Nodes.getNodeAs<CXXForRangeStmt>("loop");
  const auto *update = result.Nodes.getNodeAs<BinaryOperator>("update");
  const auto *accumulator = result.Nodes.getNodeAs<VarDecl>("accumulator");

  // A variable born inside the loop forgets the order of the iterations.
  if (result.SourceManager->isPointWithin(
          accumulator->getLocation(), loop->getBeginLoc(), loop->getEndLoc()))
    return;

  finding(update->getOperatorLoc(),
          "%0 accumulates floating-point values in an unspecified order")
      << accumulator << update->getSourceRange();
  cure(loop->getRangeInit()->getBeginLoc(),
       "iteration order of this container is unspecified; iterate over sorted "
       "keys or use an ordered container");
}

}  // namespace

extern constinit const Rule UnorderedFloatReduction =
    sourceRule<UnorderedFloatReductionCheck>(kInfo);

}  // namespace reproaudit::order
