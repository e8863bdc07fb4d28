// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::deps {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unpinned-source",
    .family = Family::Deps,
    .scope = Scope::Build,
    .language = Language::Text,
    .summary = "source code of another project is fetched at a branch, a "
               "moving tag or no revision at all",
    .since = "0.1.0",
    .why = R"md(
A build that fetches `main` compiles other code tomorrow than today: another
summation order, another default, another bug. Nothing in the repository says
which code a published result came from. Values are evaluated first, so a
variable, a cache default, a function argument or a list that holds the
revision counts like the revision itself.

Where another file pins the same repository to a commit, that commit is the value of
the fix. `--cmake-trace` runs CMake on the project to learn the values that cannot
be read.

Judged are CMake (FetchContent, ExternalProject, CPM, rapids-cmake and functions
that forward to them), `git clone` with the checkout that follows it, Bazel,
Meson wraps, Nix flakes, git submodules and sources that a workflow checks out.
)md",
    .bad = R"text(
include(FetchContent)
FetchContent_Declare(json
  GIT_REPOSITORY https://github.com/nlohmann/json
  GIT_TAG        develop)
)text",
    .good = R"text(
include(FetchContent)
set(JSON_COMMIT 9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03)  # v3.11.3
FetchContent_Declare(json
  GIT_REPOSITORY https://github.com/nlohmann/json
  GIT_TAG        ${JSON_COMMIT})
)text",
    .limits = R"md(
A release tag counts as pinned although its owner can move it. Whether a word is
a branch or a tag is guessed from its form; the network is not asked. A value
that only the caller can give is a note.
)md",
    .exampleFile = "CMakeLists.txt",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, Artefact::Source);
}

}  // namespace

extern constinit const Rule UnpinnedSource = projectRule(kInfo, check);

}  // namespace reproaudit::deps
