// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-random-shuffle",
    .family = Family::Rng,
    .scope = Scope::Platform,
    .summary = "std::random_shuffle with a generator that is left open",
    .since = "0.1.0",
    .why = R"md(
`std::random_shuffle(first, last)` draws from a generator of the library's
choice, usually `rand()`, which other code and other threads draw from as well.
No seed of the program is sure to reach it, and C++17 removed it.)md",
    .bad = R"cpp(
#include <algorithm>
#include <vector>

void shuffled(std::vector<int> &order) {
  std::random_shuffle(order.begin(), order.end());
})cpp",
    .good = R"cpp(
#include <algorithm>
#include <random>
#include <vector>

void shuffled(std::vector<int> &order, unsigned seed) {
  std::mt19937 engine(seed);
  std::shuffle(order.begin(), order.end(), engine);
})cpp",
    .limits = "The form with a function object is left to the rules about "
              "what that object draws from.",
    .flags = "-std=c++14",
});

class RandomShuffleCheck final : public RandomCheck {
public:
  RandomShuffleCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override {
    for (const Drawing &drawing : use.drawings()) {
      const auto *call = dyn_cast<CallExpr>(drawing.at);
      const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
      if (!callee || !isRandomShuffle(callee) || !isFirstAt(call->getExprLoc()))
        continue;
      finding(call->getExprLoc(),
              "std::random_shuffle draws from a generator that the program "
              "does not choose");
      cure(call->getExprLoc(),
           "use std::shuffle with an engine that the run's seed reaches");
    }
  }
};

}  // namespace

extern constinit const Rule RandomShuffle =
    sourceRule<RandomShuffleCheck>(kInfo);

}  // namespace reproaudit::rng
