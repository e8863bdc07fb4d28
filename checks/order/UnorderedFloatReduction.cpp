// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OrderCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::order {
namespace {

constexpr OptionInfo kOptions[] = {kUnorderedContainers};

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
    .limits = R"md(
The type of the accumulator decides: integer sums are exact and never
reported, nor are counts kept in a floating-point variable. Functions of
other units that add for their caller are not looked into.)md",
    .options = kOptions,
});

class UnorderedFloatReductionCheck final : public OrderCheck {
public:
  UnorderedFloatReductionCheck(StringRef name, tidy::ClangTidyContext *context)
      : OrderCheck(kInfo, name, context) {}

protected:
  void judge(const Visit &visit) override;
};

/// What a named function does is right for its other callers: the call is to
/// blame. A lambda stands where it is used.
const Stmt *blamedFor(const Effect &effect) {
  if (effect.calls.empty())
    return effect.at;
  const FunctionDecl *callee = effect.calls.back()->getDirectCallee();
  const auto *method = dyn_cast_or_null<CXXMethodDecl>(callee);
  return !callee || (method && method->getOverloadedOperator() == OO_Call)
             ? effect.at
             : effect.calls.front();
}

void UnorderedFloatReductionCheck::judge(const Visit &visit) {
  if (visit.order != Order::Hash && visit.order != Order::Arrival)
    return;
  for (const Effect &effect : visit.effects) {
    if (effect.kind != Effect::Kind::FloatFold)
      continue;
    const Stmt *blamed = blamedFor(effect);
    const SourceLocation at = blamed->getBeginLoc();
    finding(at, "%0 accumulates floating-point values in %1 of %2")
        << described(effect.target) << described(visit.order)
        << described(visit.sequence) << blamed->getSourceRange();
    if (blamed != visit.site)
      step(visit.site->getBeginLoc(), "the elements are visited here");
    flow(effect, at);
    cure(visit.sequence->getBeginLoc(),
         "iterate over sorted keys, or use an ordered container");
  }
}

}  // namespace

extern constinit const Rule UnorderedFloatReduction =
    sourceRule<UnorderedFloatReductionCheck>(kInfo);

}  // namespace reproaudit::order
