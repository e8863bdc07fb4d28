// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/UnitOrder.h"

#include "OrderCandidates.h"
#include "Sequences.h"
#include "Sortings.h"
#include "Visits.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

struct Memo {
  const ASTContext *context = nullptr;
  std::vector<StringRef> extra;
  UnitOrder order;
};
thread_local Memo memo;

}  // namespace

const Effect *
Visit::mostCertain(llvm::function_ref<bool(const Effect &)> wanted) const {
  const Effect *best = nullptr;
  for (const Effect &effect : effects)
    if (wanted(effect) && (!best || (effect.certain && !best->certain)))
      best = &effect;
  return best;
}

const UnitOrder &orderOfUnit(ASTContext &context,
                             const std::vector<StringRef> &extra) {
  if (memo.context == &context && memo.extra == extra)
    return memo.order;
  const OrderCandidates candidates = orderCandidates(context);
  const Sequences sequences(context, extra);
  VisitFinder visits(context, sequences, candidates);
  for (const OrderCandidates::Place &place : candidates.places)
    visits.look(place);
  memo = {
      &context,
      extra,
      {.visits = visits.take(), .sortings = sortingsOf(candidates, context)}};
  return memo.order;
}

void forgetUnitOrder() { memo = {}; }

}  // namespace reproaudit
