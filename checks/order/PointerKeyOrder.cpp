// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/OrderCheck.h"

using namespace clang;

namespace reproaudit::order {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-pointer-key-order",
    .family = Family::Order,
    .scope = Scope::Run,
    .summary = "The order of addresses becomes visible in a result",
    .since = "0.1.0",
    .why = R"md(
A set or map of pointers is ordered, or hashed, by where the allocator put the
objects. That differs from run to run with address space randomisation and with
the timing of threads that allocate. Whatever is summed, written, numbered or
chosen in that order differs with it, and two runs on one machine can hide it:
small programs get the same addresses for a long time.)md",
    .bad = R"cpp(
#include <set>
#include <vector>

struct Node {
  int id;
};

std::vector<int> ids(const std::set<const Node *> &nodes) {
  std::vector<int> result;
  for (const Node *node : nodes)
    result.push_back(node->id);
  return result;
})cpp",
    .good = R"cpp(
#include <set>
#include <vector>

struct Node {
  int id;
};
struct ById {
  bool operator()(const Node *a, const Node *b) const { return a->id < b->id; }
};

std::vector<int> ids(const std::set<const Node *, ById> &nodes) {
  std::vector<int> result;
  for (const Node *node : nodes)
    result.push_back(node->id);
  return result;
})cpp",
    .limits = R"md(
A comparator of the project's own is taken to look at more than the address.
Choosing the best or the first element is a note; look-ups are never reported.)md",
});

StringRef messageFor(Effect::Kind kind) {
  switch (kind) {
  case Effect::Kind::FloatFold:
    return "%0 accumulates floating-point values in the order of addresses of "
           "%1";
  case Effect::Kind::TieBreak:
    return "of equally good elements, %0 keeps the one at the lowest address "
           "in %1";
  case Effect::Kind::FirstElement:
    return "the first suitable element by address of %1 wins";
  case Effect::Kind::Append:
    return "elements stand in %0 in the order of addresses of %1";
  case Effect::Kind::HandOver:
    return "elements are handed over to %0 in the order of addresses of %1";
  default:
    return "%0 depends on the order of addresses of %1";
  }
}

class PointerKeyOrderCheck final : public OrderCheck {
public:
  PointerKeyOrderCheck(StringRef name, tidy::ClangTidyContext *context)
      : OrderCheck(kInfo, name, context) {}

protected:
  void judge(const Visit &visit) override;
};

void PointerKeyOrderCheck::judge(const Visit &visit) {
  if (visit.order != Order::Address)
    return;
  // Draws are another rule's: repro-draw-in-unordered-loop.
  const Effect *effect = visit.mostCertain([](const Effect &candidate) {
    return candidate.kind != Effect::Kind::Draw;
  });
  if (!effect)
    return;
  const SourceLocation at = visit.site->getBeginLoc();
  report(effect->certain, at, messageFor(effect->kind))
      << described(effect->target) << described(visit.sequence);
  flow(*effect, at);
  cure(visit.sequence->getBeginLoc(),
       "order by a member that stays the same from run to run, such as an id");
}

}  // namespace

extern constinit const Rule PointerKeyOrder =
    sourceRule<PointerKeyOrderCheck>(kInfo);

}  // namespace reproaudit::order
