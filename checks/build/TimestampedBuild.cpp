// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::build {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-timestamped-build",
    .family = Family::Build,
    .scope = Scope::Build,
    .language = Language::Text,
    .summary = "the time of the build gets into what is built",
    .since = "0.1.0",
    .why = R"md(
Two builds of one commit then differ in their bytes, so a binary cannot be checked
against its source, and caches that go by content never hit.
`string(TIMESTAMP)` follows SOURCE_DATE_EPOCH: setting it is enough.
)md",
    .bad = R"text(
string(TIMESTAMP BUILD_DATE "%Y-%m-%d")
add_compile_definitions(BUILD_DATE="${BUILD_DATE}")
)text",
    .good = R"text(
execute_process(COMMAND git rev-parse HEAD OUTPUT_VARIABLE COMMIT)
add_compile_definitions(COMMIT="${COMMIT}")
)text",
    .limits = R"md(
`__DATE__` and its like in C++ are judged here only without a compile database;
with one, the source rules do.
)md",
    .exampleFile = "CMakeLists.txt",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, std::vector{SettingKind::Timestamp});
}

}  // namespace

extern constinit const Rule TimestampedBuild = projectRule(kInfo, check);

}  // namespace reproaudit::build
