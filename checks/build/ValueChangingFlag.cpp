// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::build {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-value-changing-flag",
    .family = Family::Build,
    .scope = Scope::Platform,
    .language = Language::Text,
    .summary = "a flag lets the compiler change floating-point results",
    .since = "0.1.0",
    .why = R"md(
With `-ffast-math` and its like the compiler may reorder sums, replace divisions
and assume that no NaN exists. Which of it happens depends on the version of the
compiler, the vector width and the code around it, so two builds of the same
source give different numbers, and one object linked with `-ffast-math` can change
the rounding mode of a whole process.

Flags are read from the compile commands and from the build files; one finding
stands at the line that sets the flag. Comments, messages, comparisons and probes
of the compiler do not count. A flag under an option that is off by default is a
note.
)md",
    .bad = R"text(
add_library(model model.cpp)
target_compile_options(model PRIVATE -O3 -ffast-math)
)text",
    .good = R"text(
add_library(model model.cpp)
target_compile_options(model PRIVATE -O3 -ffp-contract=off)
)text",
    .limits = R"md(
Defaults of compilers (GCC contracts a*b+c unless told otherwise, icx starts with
-fp-model=fast) are not reported.
)md",
    .exampleFile = "CMakeLists.txt",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name,
               std::vector{SettingKind::FastMath, SettingKind::Contraction,
                           SettingKind::Precision});
}

}  // namespace

extern constinit const Rule ValueChangingFlag = projectRule(kInfo, check);

}  // namespace reproaudit::build
