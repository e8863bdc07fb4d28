// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Sinks.h"

#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-entropy-as-data",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Entropy drawn for data instead of for a seed",
    .since = "0.1.0",
    .why = R"md(
`std::random_device` as the engine of a distribution or of `std::shuffle` has no
seed at all: there is nothing to record and nothing to set, so the run cannot be
repeated even in principle.)md",
    .bad = R"cpp(
#include <algorithm>
#include <random>
#include <vector>

void shuffled(std::vector<int> &order) {
  std::random_device device;
  std::shuffle(order.begin(), order.end(), device);
})cpp",
    .good = R"cpp(
#include <algorithm>
#include <random>
#include <vector>

void shuffled(std::vector<int> &order, unsigned seed) {
  std::mt19937 engine(seed);
  std::shuffle(order.begin(), order.end(), engine);
})cpp",
    .limits = "Single words of entropy are reported only where they are cut to "
              "a range; what becomes of a raw word is often a seed elsewhere. "
              "Keys, tokens, identifiers and scratch names are left alone.",
});

/// True if \p value is cut to a range or scaled on its way.
bool becomesANumberInRange(const Expr *value, ASTContext &context) {
  bool cut = false;
  const Destination goal = destinationOf(*value, context, [&](const Expr &e) {
    if (const auto *op = dyn_cast<BinaryOperator>(&e))
      cut |= op->getOpcode() == BO_Rem || op->getOpcode() == BO_Div ||
             op->getOpcode() == BO_And || op->isComparisonOp();
    return false;
  });
  using Kind = Destination::Kind;
  const auto *named = goal.target;
  if (named && named->getIdentifier() &&
      (soundsLikeSeed(named->getName()) || wantsUnpredictable(named)))
    return false;
  return cut && goal.kind != Kind::Seeded && goal.kind != Kind::Diagnostic &&
         goal.kind != Kind::Nowhere && goal.kind != Kind::Text;
}

class EntropyAsDataCheck final : public RandomCheck {
public:
  EntropyAsDataCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override {
    for (const Drawing &drawing : use.drawings()) {
      if (!drawing.entropic || use.endsInSeed(drawing.at))
        continue;
      const FunctionDecl *function = use.unit().functionAt(drawing.place);
      if (function && wantsUnpredictable(function))
        continue;
      const auto *op = dyn_cast<CXXOperatorCallExpr>(drawing.at);
      const bool word =
          !isa<CallExpr>(drawing.at) ||
          (op != nullptr && isEntropyClass(op->getArg(0)->getType())) ||
          cast<CallExpr>(drawing.at)->getNumArgs() == 0;
      if (word && !becomesANumberInRange(drawing.at, use.unit().context()))
        continue;
      if (!word && drawsBytes(drawing))
        continue;
      const SourceLocation at = drawing.at->getExprLoc();
      if (!isFirstAt(at))
        continue;
      finding(at, "random numbers come straight from entropy, so no seed can "
                  "repeat them");
      cure(at, "draw from an engine that the run's seed reaches");
    }
  }

  /// `getrandom(buffer, size)`: what the bytes are for is not visible here.
  static bool drawsBytes(const Drawing &drawing) {
    const FunctionDecl *callee = cast<CallExpr>(drawing.at)->getDirectCallee();
    return callee != nullptr && randomFunction(callee) != nullptr &&
           callee->getNumParams() > 0 &&
           callee->getParamDecl(0)->getType()->isPointerType();
  }
};

}  // namespace

extern constinit const Rule EntropyAsData =
    sourceRule<EntropyAsDataCheck>(kInfo);

}  // namespace reproaudit::rng
