// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::@family@ {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "@id@",
    .family = Family::@Family@,
    .scope = Scope::Run,
    .summary = "",
    .since = "0.1.0",
    .why = R"md(
)md",
    .bad = R"cpp(
)cpp",
    .good = R"cpp(
)cpp",
    .limits = "",
});

class @Name@Check final : public Check {
public:
  @Name@Check(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;
};

void @Name@Check::registerMatchers(MatchFinder *finder) {
  finder->addMatcher(callExpr().bind("call"), this);
}

void @Name@Check::check(const MatchFinder::MatchResult &result) {
  const auto *call = result.Nodes.getNodeAs<CallExpr>("call");
  finding(call->getBeginLoc(), "") << call->getSourceRange();
  cure(call->getBeginLoc(), "");
}

}  // namespace

extern constinit const Rule @Name@ = sourceRule<@Name@Check>(kInfo);

}  // namespace reproaudit::@family@
