// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/OrderCheck.h"

using namespace clang;

namespace reproaudit::order {
namespace {

constexpr OptionInfo kOptions[] = {kUnorderedContainers};

constexpr RuleInfo kInfo = validated({
    .name = "repro-unordered-tie-break",
    .family = Family::Order,
    .scope = Scope::Platform,
    .tier = Tier::Audit,
    .summary = "The best of unordered elements, with ties decided by the order",
    .since = "0.1.0",
    .why = R"md(
When two elements are equally good, the one that is visited first wins, and in a
hash container that is another one with another standard library. Ties are rare
among measured values and common among counts, rounded scores and the first
steps of a search.)md",
    .bad = R"cpp(
#include <unordered_map>

int mostFrequent(const std::unordered_map<int, int> &counts) {
  int best = -1, bestCount = 0;
  for (const auto &[value, count] : counts)
    if (count > bestCount) {
      bestCount = count;
      best = value;
    }
  return best;
})cpp",
    .good = R"cpp(
#include <unordered_map>

int mostFrequent(const std::unordered_map<int, int> &counts) {
  int best = -1, bestCount = 0;
  for (const auto &[value, count] : counts)
    if (count > bestCount || (count == bestCount && value < best)) {
      bestCount = count;
      best = value;
    }
  return best;
})cpp",
    .limits = "Whether the compared values can be equal is not known.",
    .options = kOptions,
});

class UnorderedTieBreakCheck final : public OrderCheck {
public:
  UnorderedTieBreakCheck(StringRef name, tidy::ClangTidyContext *context)
      : OrderCheck(kInfo, name, context) {}

protected:
  void judge(const Visit &visit) override;
};

void UnorderedTieBreakCheck::judge(const Visit &visit) {
  if (visit.order != Order::Hash && visit.order != Order::Arrival)
    return;
  const Effect *tie = visit.mostCertain([](const Effect &effect) {
    return effect.kind == Effect::Kind::TieBreak;
  });
  if (!tie)
    return;
  finding(tie->at->getBeginLoc(),
          "of equally good elements, %0 keeps the first in %1 of %2")
      << described(tie->target) << described(visit.order)
      << described(visit.sequence);
  cure(visit.sequence->getBeginLoc(), "compare the key as well when two "
                                      "elements are equally good");
}

}  // namespace

extern constinit const Rule UnorderedTieBreak =
    sourceRule<UnorderedTieBreakCheck>(kInfo);

}  // namespace reproaudit::order
