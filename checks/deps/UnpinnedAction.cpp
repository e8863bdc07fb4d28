// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::deps {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unpinned-action",
    .family = Family::Deps,
    .scope = Scope::Build,
    .language = Language::Text,
    .summary =
        "an action, hook or template of others runs at a branch or major tag",
    .since = "0.1.0",
    .why = R"md(
Actions and hooks run with the rights of the workflow and decide what is built:
compiler, flags, caches. `@v4` is moved with every release, so the same commit
of the repository builds differently next month, or after an attack on the
action.
)md",
    .bad = R"text(
repos:
  - repo: https://github.com/psf/black
    rev: stable
    hooks:
      - id: black
)text",
    .good = R"text(
repos:
  - repo: https://github.com/psf/black
    rev: 552baf822992936134cbd31a38f69c8cfe7c0f05  # 24.1.0
    hooks:
      - id: black
)text",
    .limits = R"md(
A full version tag counts as pinned. What an action downloads itself is not
seen.
)md",
    .exampleFile = ".pre-commit-config.yaml",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, Artefact::Action);
}

}  // namespace

extern constinit const Rule UnpinnedAction = projectRule(kInfo, check);

}  // namespace reproaudit::deps
