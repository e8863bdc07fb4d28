// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::data {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unpinned-model",
    .family = Family::Data,
    .scope = Scope::Run,
    .language = Language::Text,
    .summary = "a model or data set of a hub is loaded without a commit",
    .since = "0.1.0",
    .why = R"md(
The owner of a model can replace its weights, its tokenizer or its code at any
time; `resolve/main` and a call without `revision` then load something else.
Scores that were published with the old weights cannot be repeated.
)md",
    .bad = R"text(
from datasets import load_dataset

data = load_dataset("HuggingFaceFW/fineweb")
)text",
    .good = R"text(
from datasets import load_dataset

REVISION = "9bb295ddab0e05d785b879661af7260fed5140fc"
data = load_dataset("HuggingFaceFW/fineweb", revision=REVISION)
)text",
    .limits = R"md(
A name or revision that the caller passes in is not judged. Own functions of the
same name are told apart by the imports of the file.
)md",
    .exampleFile = "train.py",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, Artefact::Model);
}

}  // namespace

extern constinit const Rule UnpinnedModel = projectRule(kInfo, check);

}  // namespace reproaudit::data
