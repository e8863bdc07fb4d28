// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::data {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unseeded-split",
    .family = Family::Data,
    .scope = Scope::Run,
    .language = Language::Text,
    .summary = "data is shuffled or split without a seed",
    .since = "0.1.0",
    .why = R"md(
A split that differs in every run trains and tests on other examples each time:
scores of two runs cannot be compared, and examples that one run tested on have
trained the next. Judged are `shuf` and `sort -R` in scripts and the functions of
scikit-learn and PyTorch that split data.
)md",
    .bad = R"text(
#!/bin/sh
shuf data.txt > shuffled.txt
head -n 9000 shuffled.txt > train.txt
)text",
    .good = R"text(
#!/bin/sh
shuf --random-source=seed.bin data.txt > shuffled.txt
head -n 9000 shuffled.txt > train.txt
)text",
    .limits = R"md(
A Python file that seeds the generator of NumPy or PyTorch anywhere counts as one
that seeds its splits. Picking one line, a number or a word is no split.
)md",
    .exampleFile = "split.sh",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, std::vector{SettingKind::Shuffle});
}

}  // namespace

extern constinit const Rule UnseededSplit = projectRule(kInfo, check);

}  // namespace reproaudit::data
