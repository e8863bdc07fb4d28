// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::deps {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unpinned-package",
    .family = Family::Deps,
    .scope = Scope::Build,
    .language = Language::Text,
    .summary = "packages are installed without an exact version",
    .since = "0.1.0",
    .why = R"md(
A package without a version is whatever the index offers on the day of the
install. A new NumPy or cuDNN changes results, and an old result cannot be
repeated because nobody knows what it was made with.

A lock covers a package only if git tracks it, it can be read, it has an entry for
the package and the entry is what the manifest asks for; the finding says which of
these fails. A compiled requirements file covers the `.in` file that it names. A
command that may install past a lock (`npm install`) is noted. Comments never count.
Where another file of the repository pins the same package, its version is the value
of the fix. What
a library asks of its users (`install_requires`, `[project].dependencies`) is a
range on purpose and only noted, as are tools of the operating system on a
throw-away machine. Packages of one command are one finding.
)md",
    .bad = R"text(
numpy>=1.26
)text",
    .good = R"text(
numpy==1.26.4
)text",
    .limits = R"md(
The index is not asked whether a version still exists, and the versions of
packages that a package pulls in are only known from a lock.
)md",
    .exampleFile = "requirements.txt",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, Artefact::Package);
}

}  // namespace

extern constinit const Rule UnpinnedPackage = projectRule(kInfo, check);

}  // namespace reproaudit::deps
