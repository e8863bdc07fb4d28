// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::data {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unchecked-data",
    .family = Family::Data,
    .scope = Scope::Run,
    .language = Language::Text,
    .summary = "a data set is downloaded or tracked without a checksum",
    .since = "0.1.0",
    .why = R"md(
Training on other bytes gives another model. A data set behind a URL is changed
by its owner without notice, and a DVC stage without `dvc.lock` has no record of
what it read.
)md",
    .bad = R"text(
import urllib.request

URL = "https://example.com/data/train.csv"
urllib.request.urlretrieve(URL, "train.csv")
)text",
    .good = R"text(
import hashlib
import urllib.request

URL = "https://example.com/data/train.csv"
urllib.request.urlretrieve(URL, "train.csv")
assert hashlib.sha256(open("train.csv", "rb").read()).hexdigest() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)text",
    .limits = R"md(
A file of Python code that computes any checksum counts as one that checks its
downloads.
)md",
    .exampleFile = "download.py",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, Artefact::Data);
}

}  // namespace

extern constinit const Rule UncheckedData = projectRule(kInfo, check);

}  // namespace reproaudit::data
