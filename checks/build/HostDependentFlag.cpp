// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::build {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-host-dependent-flag",
    .family = Family::Build,
    .scope = Scope::Platform,
    .language = Language::Text,
    .summary = "code is compiled for the machine that builds",
    .since = "0.1.0",
    .why = R"md(
`-march=native` and CUDA's `native` architecture pick instructions by the machine
that happens to build: with or without FMA, with wider or narrower vectors. Sums
are then split differently and results differ from machine to machine. A flag
under an option that is off by default, or that SOURCE_DATE_EPOCH turns off, is a
note.
)md",
    .bad = R"text(
add_compile_options(-O2 -march=native)
)text",
    .good = R"text(
option(NATIVE "use all instructions of this machine" OFF)
add_compile_options(-O2 -march=x86-64-v3)
)text",
    .limits = R"md(
Dispatch at run time by the CPU, inside libraries, is not seen here.
)md",
    .exampleFile = "CMakeLists.txt",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, std::vector{SettingKind::Native});
}

}  // namespace

extern constinit const Rule HostDependentFlag = projectRule(kInfo, check);

}  // namespace reproaudit::build
