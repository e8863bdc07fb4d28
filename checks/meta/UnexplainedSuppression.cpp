// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::meta {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unexplained-suppression",
    .family = Family::Meta,
    .scope = Scope::Run,
    .tier = Tier::Audit,
    .language = Language::Text,
    .summary = "a finding is suppressed without a reason",
    .since = "0.1.0",
    .why = R"md(
Whoever reads `NOLINT(repro-…)` next cannot tell whether somebody thought about
it. The text behind the list of rules is the reason; it is exported to SARIF.
)md",
    .bad = R"text(
FROM ubuntu:22.04  # NOLINT(repro-unpinned-image)
)text",
    .good = R"text(
FROM ubuntu:22.04  # NOLINT(repro-unpinned-image): a mirror of ours, never changed
)text",
    .limits = R"md(
Any text counts as a reason. A bare `NOLINT` is not looked at: it is meant for
other tools as well.
)md",
    .exampleFile = "Dockerfile",
});

std::vector<Finding> check(std::span<const Directive> directives) {
  std::vector<Finding> findings;
  for (const Directive &directive : directives)
    if (directive.reason.empty())
      findings.push_back(
          {.at = directive.at,
           .rule = std::string(kInfo.name),
           .level = Level::Note,
           .message = "'" + directive.name + "' is suppressed without a reason",
           .cure =
               Remark{directive.at,
                      "write behind the parenthesis why it does not matter"},
           .statement = directive.name});
  return findings;
}

}  // namespace

extern constinit const Rule UnexplainedSuppression =
    directiveRule(kInfo, check);

}  // namespace reproaudit::meta
