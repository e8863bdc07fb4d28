// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/OrderCheck.h"

using namespace clang;

namespace reproaudit::order {
namespace {

constexpr OptionInfo kOptions[] = {kUnorderedContainers};

constexpr RuleInfo kInfo = validated({
    .name = "repro-unordered-first-element",
    .family = Family::Order,
    .scope = Scope::Platform,
    .tier = Tier::Audit,
    .summary = "The first suitable element of an unordered container is taken",
    .since = "0.1.0",
    .why = R"md(
Which element of a hash container comes first depends on the standard library,
the hash and the history of insertions. A search that ends at the first suitable
element gives another answer elsewhere if several are suitable.)md",
    .bad = R"cpp(
#include <unordered_map>

int anyPositive(const std::unordered_map<int, float> &scores) {
  for (const auto &[id, score] : scores)
    if (score > 0)
      return id;
  return -1;
})cpp",
    .good = R"cpp(
#include <map>

int anyPositive(const std::map<int, float> &scores) {
  for (const auto &[id, score] : scores)
    if (score > 0)
      return id;
  return -1;
})cpp",
    .limits =
        "Whether several elements are suitable is not known. Worklists that "
        "erase what they take are not reported.",
    .options = kOptions,
});

class UnorderedFirstElementCheck final : public OrderCheck {
public:
  UnorderedFirstElementCheck(StringRef name, tidy::ClangTidyContext *context)
      : OrderCheck(kInfo, name, context) {}

protected:
  void judge(const Visit &visit) override;
};

void UnorderedFirstElementCheck::judge(const Visit &visit) {
  if (visit.order != Order::Hash && visit.order != Order::Arrival)
    return;
  const Effect *first = visit.mostCertain([](const Effect &effect) {
    return effect.kind == Effect::Kind::FirstElement;
  });
  if (!first)
    return;
  finding(first->at->getBeginLoc(),
          "the first suitable element in %0 of %1 wins")
      << described(visit.order) << described(visit.sequence);
  cure(visit.sequence->getBeginLoc(), "say which element is wanted: the one "
                                      "with the smallest key, for example");
}

}  // namespace

extern constinit const Rule UnorderedFirstElement =
    sourceRule<UnorderedFirstElementCheck>(kInfo);

}  // namespace reproaudit::order
