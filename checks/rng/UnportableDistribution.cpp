// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unportable-distribution",
    .family = Family::Rng,
    .scope = Scope::Platform,
    .tier = Tier::Pedantic,
    .summary = "Distribution or shuffle whose result the standard leaves open",
    .since = "0.1.0",
    .why = R"md(
The engines of `<random>` are specified to the bit, the distributions,
`std::shuffle` and `std::sample` are not: libstdc++, libc++ and Microsoft's
library make other numbers from the same engine.)md",
    .bad = R"cpp(
#include <random>

float noise(std::mt19937 &engine) {
  return std::normal_distribution<float>()(engine);
})cpp",
    .good = R"cpp(
#include <random>

float noise(std::mt19937 &engine) {
  return static_cast<float>(engine() >> 8) * 0x1p-24F;
})cpp",
    .limits = "Distributions of Boost are portable and not reported.",
});

/// What in \p call the standard leaves open, or nothing.
std::string openPart(const CallExpr *call) {
  const FunctionDecl *callee = call->getDirectCallee();
  if (!callee)
    return {};
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(call)) {
    const CXXRecordDecl *record =
        op->getArg(0)->getType()->getAsCXXRecordDecl();
    const bool open = record != nullptr && record->isInStdNamespace() &&
                      isDistribution(op->getArg(0)->getType());
    return open ? plainName(record) : std::string();
  }
  const IdentifierInfo *name = callee->getIdentifier();
  const bool open =
      name != nullptr && callee->isInStdNamespace() &&
      llvm::StringSwitch<bool>(name->getName())
          .Cases({"shuffle", "sample", "generate_canonical"}, true)
          .Default(false);
  return open ? plainName(callee) : std::string();
}

class UnportableDistributionCheck final : public RandomCheck {
public:
  UnportableDistributionCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override {
    for (const Drawing &drawing : use.drawings()) {
      const auto *call = dyn_cast<CallExpr>(drawing.at);
      const std::string open = call ? openPart(call) : std::string();
      if (open.empty() || !isFirstAt(call->getExprLoc()))
        continue;
      finding(call->getExprLoc(),
              "%0 gives other numbers with another standard library")
          << open;
      cure(call->getExprLoc(), "use an implementation that the program ships, "
                               "such as Boost.Random");
    }
  }
};

}  // namespace

extern constinit const Rule UnportableDistribution =
    sourceRule<UnportableDistributionCheck>(kInfo);

}  // namespace reproaudit::rng
