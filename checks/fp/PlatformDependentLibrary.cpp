// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/CatalogueCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::fp {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-platform-dependent-library",
    .family = Family::Fp,
    .scope = Scope::Platform,
    .tier = Tier::Pedantic,
    .summary = "Library setting whose rounding depends on the hardware",
    .since = "0.1.0",
    .why = R"md(
Reduced-precision modes and algorithms that are picked for the device at hand
repeat on one machine and differ on another. That matters when results have to
agree between machines, or between today and the next upgrade.)md",
    .bad = R"cpp(
enum cublasMath_t { CUBLAS_DEFAULT_MATH, CUBLAS_TF32_TENSOR_OP_MATH };
void cublasSetMathMode(void *handle, cublasMath_t mode);

void configure(void *handle) {
  cublasSetMathMode(handle, CUBLAS_TF32_TENSOR_OP_MATH);
}
)cpp",
    .good = R"cpp(
enum cublasMath_t { CUBLAS_DEFAULT_MATH, CUBLAS_TF32_TENSOR_OP_MATH };
void cublasSetMathMode(void *handle, cublasMath_t mode);

void configure(void *handle) {
  cublasSetMathMode(handle, CUBLAS_DEFAULT_MATH);
}
)cpp",
    .limits =
        "Knows only what the catalogue lists: settings that are written in "
        "the program, not defaults of the library.",
    .options = {&kCatalogueOption, 1},
});

class PlatformDependentLibraryCheck final : public CatalogueCheck {
public:
  PlatformDependentLibraryCheck(StringRef name, tidy::ClangTidyContext *context)
      : CatalogueCheck(kInfo, name, context) {}
};

}  // namespace

extern constinit const Rule PlatformDependentLibrary =
    sourceRule<PlatformDependentLibraryCheck>(kInfo, CatalogueCheck::link);

}  // namespace reproaudit::fp
