// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::meta {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unused-suppression",
    .family = Family::Meta,
    .scope = Scope::Run,
    .language = Language::Text,
    .summary = "a comment suppresses a finding that does not exist",
    .since = "0.1.0",
    .why = R"md(
A `NOLINT` that outlives its finding, or names no rule, is ready to hide the next
defect on that line. So is one that was meant for a while: `until=2027-01-31` in
the reason makes it end with the first commit after that day.
)md",
    .bad = R"text(
FROM ubuntu:22.04  # NOLINT(repro-unpinned-imgae): a mirror of ours, never changed
)text",
    .good = R"text(
FROM ubuntu:22.04  # NOLINT(repro-unpinned-image): a mirror of ours, never changed
)text",
    .limits = R"md(
A rule that is off and a source file that no unit reads are not judged, nor are
comments in macro definitions. Code that the preprocessor leaves out has no
findings, so a comment there counts as unused.
)md",
    .exampleFile = "Dockerfile",
});

struct Words {
  std::string message;
  std::string cure;
};

Words wordsFor(const Directive &directive) {
  if (directive.use == Directive::Use::Misnamed)
    return {"no rule is called '" + directive.name +
                "', so nothing is suppressed",
            directive.nearest.empty()
                ? "remove the comment"
                : "write '" + directive.nearest + "' if that is meant"};
  if (directive.use == Directive::Use::Expired)
    return {"the suppression of '" + directive.name + "' ended on " +
                directive.until,
            "mend the finding, or set a later day"};
  return {"'" + directive.name + "' finds nothing here that is suppressed",
          "remove the comment"};
}

std::vector<Finding> check(std::span<const Directive> directives) {
  std::vector<Finding> findings;
  for (const Directive &directive : directives) {
    if (directive.use == Directive::Use::Unknown ||
        directive.use == Directive::Use::Used)
      continue;
    const Words words = wordsFor(directive);
    Finding finding{.at = directive.at,
                    .rule = std::string(kInfo.name),
                    .message = words.message,
                    .cure = Remark{directive.at, words.cure},
                    .statement = directive.name};
    if (directive.fix && directive.use == Directive::Use::Unused)
      finding.fixes = {{"remove the comment", /*safe=*/true, {*directive.fix}}};
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

extern constinit const Rule UnusedSuppression = directiveRule(kInfo, check);

}  // namespace reproaudit::meta
