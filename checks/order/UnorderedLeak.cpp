// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/OrderCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Sinks.h"

using namespace clang;

namespace reproaudit::order {
namespace {

constexpr OptionInfo kOptions[] = {kUnorderedContainers};

constexpr RuleInfo kInfo = validated({
    .name = "repro-unordered-leak",
    .family = Family::Order,
    .scope = Scope::Platform,
    .summary = "Unordered iteration order becomes visible in a result",
    .since = "0.1.0",
    .why = R"md(
What is appended, written, numbered, hashed or overwritten while a hash
container is iterated keeps the order of that iteration. It depends on the
standard library, the hash and the history of insertions, and from the sequence
it spreads: to the rows of a data set, the ids of features, the bytes of a model
file.)md",
    .bad = R"cpp(
#include <string>
#include <unordered_map>
#include <vector>

std::vector<std::string>
vocabulary(const std::unordered_map<std::string, int> &counts) {
  std::vector<std::string> words;
  for (const auto &[word, count] : counts)
    words.push_back(word);
  return words;
})cpp",
    .good = R"cpp(
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

std::vector<std::string>
vocabulary(const std::unordered_map<std::string, int> &counts) {
  std::vector<std::string> words;
  for (const auto &[word, count] : counts)
    words.push_back(word);
  std::sort(words.begin(), words.end());
  return words;
})cpp",
    .limits = R"md(
Silent when a sort by a total order comes before anyone looks, on every path of
the function or of all its callers in the unit. A sort in another unit is not
seen. Output to standard output and calls of functions without a visible body
that seem to write are notes; logging is never reported.)md",
    .options = kOptions,
});

/// What became of the order, with %0 for what is written and %1 for how.
StringRef messageFor(Effect::Kind kind) {
  switch (kind) {
  case Effect::Kind::Append:
    return "elements stand in %0 in %1 of %2";
  case Effect::Kind::Output:
    return "%0 is written in %1 of %2";
  case Effect::Kind::Number:
    return "%0 numbers elements in %1 of %2";
  case Effect::Kind::Overwrite:
    return "%0 keeps the last element in %1 of %2";
  case Effect::Kind::OrderedFold:
    return "%0 combines elements in %1 of %2, and another order gives another "
           "value";
  case Effect::Kind::Selection:
    return "%0 takes only the first elements in %1 of %2";
  case Effect::Kind::HandOver:
    return "elements are handed over to %0 in %1 of %2";
  default:
    return {};
  }
}

bool isForPeople(const Effect &leak) {
  const auto *variable = dyn_cast_or_null<ValueDecl>(leak.target);
  return variable && holdsMessages(*variable);
}

class UnorderedLeakCheck final : public OrderCheck {
public:
  UnorderedLeakCheck(StringRef name, tidy::ClangTidyContext *context)
      : OrderCheck(kInfo, name, context) {}

protected:
  void judge(const Visit &visit) override;
};

void UnorderedLeakCheck::judge(const Visit &visit) {
  if (visit.order != Order::Hash && visit.order != Order::Arrival)
    return;
  const Effect *leak = visit.mostCertain(
      [](const Effect &effect) { return !messageFor(effect.kind).empty(); });
  if (!leak || isForPeople(*leak))
    return;
  const SourceLocation at = visit.site->getBeginLoc();
  report(leak->certain, at, messageFor(leak->kind))
      << described(leak->target) << described(visit.order)
      << described(visit.sequence);
  flow(*leak, at);
  cure(
      visit.sequence->getBeginLoc(),
      "visit the elements by sorted key, or sort the result before it is used");
}

}  // namespace

extern constinit const Rule UnorderedLeak =
    sourceRule<UnorderedLeakCheck>(kInfo);

}  // namespace reproaudit::order
