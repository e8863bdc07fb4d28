// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"

namespace reproaudit::deps {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unpinned-image",
    .family = Family::Deps,
    .scope = Scope::Env,
    .language = Language::Text,
    .summary = "a container image is named by a tag that moves, or by no tag",
    .since = "0.1.0",
    .why = R"md(
`ubuntu:22.04` is rebuilt every few weeks and `latest` means nothing: compilers,
libm and BLAS of a run change without a change in the repository. `ARG` defaults,
build matrices and YAML anchors are evaluated; earlier stages of the same file
are no images.
)md",
    .bad = R"text(
ARG VERSION=latest
FROM nvidia/cuda:${VERSION}
)text",
    .good = R"text(
FROM ubuntu:22.04@sha256:27941809078cc9b2802deb2b0bb6feed6c236cde01e487f200e24653533701ee AS base
FROM base
RUN make
)text",
    .limits = R"md(
A tag with a full version, a date or a commit counts as pinned although a
registry can replace it. Images that scripts put together at run time are not
seen.
)md",
    .exampleFile = "Dockerfile",
});

std::vector<Finding> check(const Project &project) {
  return judge(project, kInfo.name, Artefact::Image);
}

}  // namespace

extern constinit const Rule UnpinnedImage = projectRule(kInfo, check);

}  // namespace reproaudit::deps
