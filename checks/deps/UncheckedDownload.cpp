// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::deps {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unchecked-download",
    .family = Family::Deps,
    .scope = Scope::Build,
    .language = Language::Text,
    .summary = "a file is downloaded and used without a checksum",
    .since = "0.1.0",
    .why = R"md(
Nothing fixes the bytes behind a URL, not even a version in its name. A
download counts as checked if its checksum is compared before it is used: in the
declaration (`URL_HASH`, `EXPECTED_HASH`, `--checksum`, `sha256`), by `sha256sum
-c` and its like, or by a function of the project that gets the checksum. A check
whose failure is ignored (`|| true`) is none. A download that is run or included
unchecked is an error.
)md",
    .bad = R"text(
FROM scratch
RUN curl -fsSL https://example.com/tool-1.2.3.tar.gz -o tool.tar.gz && tar xf tool.tar.gz
)text",
    .good = R"text(
FROM scratch
RUN curl -fsSL https://example.com/tool-1.2.3.tar.gz -o tool.tar.gz \
 && echo "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  tool.tar.gz" | sha256sum -c - \
 && tar xf tool.tar.gz
)text",
    .limits = R"md(
Downloads by libraries from C++ or other compiled code are not followed. Keys of
package archives are notes.
)md",
    .exampleFile = "Dockerfile",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, Artefact::Download);
}

}  // namespace

extern constinit const Rule UncheckedDownload = projectRule(kInfo, check);

}  // namespace reproaudit::deps
