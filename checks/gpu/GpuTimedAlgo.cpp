// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/CatalogueCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::gpu {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-gpu-timed-algo",
    .family = Family::Gpu,
    .scope = Scope::Run,
    .summary = "GPU algorithm chosen by a stopwatch",
    .since = "0.1.0",
    .why = R"md(
A library that measures its algorithms and takes the fastest takes another one
when the machine was busy, warm or shared. The algorithms round differently, so
that the results of two processes differ although each algorithm repeats.)md",
    .bad = R"cpp(
void cudnnFindConvolutionForwardAlgorithm(void *handle, int wanted, int *found);

void choose(void *handle, int *found) {
  cudnnFindConvolutionForwardAlgorithm(handle, 1, found);
}
)cpp",
    .good = R"cpp(
void cudnnGetConvolutionForwardAlgorithm_v7(void *handle, int wanted, int *found);

void choose(void *handle, int *found) {
  cudnnGetConvolutionForwardAlgorithm_v7(handle, 1, found);
}
)cpp",
    .limits =
        "Knows only what the catalogue lists. Whether the choice is stored "
        "and loaded again in the next run is not known.",
    .options = {&kCatalogueOption, 1},
});

class GpuTimedAlgoCheck final : public CatalogueCheck {
public:
  GpuTimedAlgoCheck(StringRef name, tidy::ClangTidyContext *context)
      : CatalogueCheck(kInfo, name, context) {}
};

}  // namespace

extern constinit const Rule GpuTimedAlgo =
    sourceRule<GpuTimedAlgoCheck>(kInfo, CatalogueCheck::link);

}  // namespace reproaudit::gpu
