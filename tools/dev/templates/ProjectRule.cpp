// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Project.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::@family@ {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "@id@",
    .family = Family::@Family@,
    .scope = Scope::Build,
    .language = Language::Text,
    .summary = "",
    .since = "0.1.0",
    .why = R"md(
)md",
    .bad = R"text(
)text",
    .good = R"text(
)text",
    .limits = "",
    .exampleFile = "",
});

std::vector<Finding> check(const Project &project) {
  std::vector<Finding> findings;
  for (const std::string &path : project.files()) {
    Finding &finding = findings.emplace_back();
    finding.at.path = path;
    finding.rule = kInfo.name;
    finding.message = "";
  }
  return findings;
}

}  // namespace

extern constinit const Rule @Name@ = projectRule(kInfo, check);

}  // namespace reproaudit::@family@
