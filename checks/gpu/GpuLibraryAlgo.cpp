// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/CatalogueCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::gpu {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-gpu-library-algo",
    .family = Family::Gpu,
    .scope = Scope::Run,
    .summary = "GPU library told to compute in an order that changes",
    .since = "0.1.0",
    .why = R"md(
Libraries for GPUs often have two ways to do a thing: one that adds in a fixed
order, and a faster one in which blocks add as they arrive. Some take the second
by default. Its results differ in their last bits from run to run, and training
amplifies that. What is known about each library, and what mends it, is in the
[catalogue](../dev/catalogue.md); files of your own can add to it.)md",
    .bad = R"cpp(
enum cudnnConvolutionBwdFilterAlgo_t {
  CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0,
  CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1,
};
void cudnnConvolutionBackwardFilter(void *handle,
                                    cudnnConvolutionBwdFilterAlgo_t algo);

void backward(void *handle) {
  cudnnConvolutionBackwardFilter(handle, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0);
}
)cpp",
    .good = R"cpp(
enum cudnnConvolutionBwdFilterAlgo_t {
  CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0,
  CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1,
};
void cudnnConvolutionBackwardFilter(void *handle,
                                    cudnnConvolutionBwdFilterAlgo_t algo);

void backward(void *handle) {
  cudnnConvolutionBackwardFilter(handle, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1);
}
)cpp",
    .limits =
        "Knows only what the catalogue lists. A value that is chosen at run "
        "time is at most a note. An environment variable that is set "
        "outside of the program is not seen.",
    .options = {&kCatalogueOption, 1},
});

class GpuLibraryAlgoCheck final : public CatalogueCheck {
public:
  GpuLibraryAlgoCheck(StringRef name, tidy::ClangTidyContext *context)
      : CatalogueCheck(kInfo, name, context) {}
};

}  // namespace

extern constinit const Rule GpuLibraryAlgo =
    sourceRule<GpuLibraryAlgoCheck>(kInfo, CatalogueCheck::link);

}  // namespace reproaudit::gpu
