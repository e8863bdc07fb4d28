// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OrderCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::order {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-partial-comparator",
    .family = Family::Order,
    .scope = Scope::Platform,
    .summary = "Sort by a key that different elements can share",
    .since = "0.1.0",
    .why = R"md(
`std::sort` and its kind leave elements that compare equal in an order that the
implementation chooses: it differs between standard libraries, between versions
of one, and between the sequential and the parallel algorithm. An argsort by
score therefore ranks equal scores by chance, and everything that follows
(features, candidates, splits, metrics) follows that chance.)md",
    .bad = R"cpp(
#include <algorithm>
#include <vector>

void rank(std::vector<int> &order, const std::vector<float> &score) {
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return score[a] > score[b]; });
})cpp",
    .good = R"cpp(
#include <algorithm>
#include <vector>

void rank(std::vector<int> &order, const std::vector<float> &score) {
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return score[a] != score[b] ? score[a] > score[b] : a < b;
  });
})cpp",
    .limits = R"md(
A finding when the key is a floating-point number or is looked up elsewhere; a
note for other keys and for priority queues. A key whose name says that it
identifies its element (id, index, name, position) is taken at its word.
`std::stable_sort` is not reported: it is as repeatable as its input.)md",
});

class PartialComparatorCheck final : public OrderCheck {
public:
  PartialComparatorCheck(StringRef name, tidy::ClangTidyContext *context)
      : OrderCheck(kInfo, name, context) {}

protected:
  void judge(const Sorting &sorting) override;
};

/// `score` of `_.score` and `_->score`: the element itself goes without saying.
StringRef inWords(StringRef key) {
  if (!key.consume_front("_.") && !key.consume_front("_->"))
    key.consume_front("this->");
  return key;
}

void PartialComparatorCheck::judge(const Sorting &sorting) {
  const Comparison &comparison = sorting.comparison;
  if (comparison.totality != Totality::Partial || sorting.sort.stable)
    return;
  const bool certain =
      !sorting.isHeap && (comparison.floating || comparison.lookedUp);
  report(certain, sorting.at,
         "%0 is ordered by '%1' alone, and elements that share it come in any "
         "order")
      << described(sorting.target) << inWords(comparison.key);
  flow(sorting);
  cure(sorting.at,
       "break ties by a second key that no two elements share, such "
       "as their index");
}

}  // namespace

extern constinit const Rule PartialComparator =
    sourceRule<PartialComparatorCheck>(kInfo);

}  // namespace reproaudit::order
