// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/CatalogueCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-nondeterministic-library-call",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Library call whose result depends on which thread comes first",
    .since = "0.1.0",
    .why = R"md(
A call can hide threads that add, insert or update in the order in which they
happen to run. The program looks sequential and does not repeat. What is known
about each library, and what mends it, is in the
[catalogue](../dev/catalogue.md); files of your own can add to it.)md",
    .bad = R"cpp(
using BoosterHandle = void *;
int XGBoosterSetParam(BoosterHandle handle, const char *name, const char *value);

void configure(BoosterHandle booster) {
  XGBoosterSetParam(booster, "updater", "shotgun");
}
)cpp",
    .good = R"cpp(
using BoosterHandle = void *;
int XGBoosterSetParam(BoosterHandle handle, const char *name, const char *value);

void configure(BoosterHandle booster) {
  XGBoosterSetParam(booster, "updater", "coord_descent");
}
)cpp",
    .limits =
        "Knows only what the catalogue lists. Text that is put together at "
        "run time, such as a parameter string, is not read.",
    .options = {&kCatalogueOption, 1},
});

class NondeterministicLibraryCallCheck final : public CatalogueCheck {
public:
  NondeterministicLibraryCallCheck(StringRef name,
                                   tidy::ClangTidyContext *context)
      : CatalogueCheck(kInfo, name, context) {}
};

}  // namespace

extern constinit const Rule NondeterministicLibraryCall =
    sourceRule<NondeterministicLibraryCallCheck>(kInfo, CatalogueCheck::link);

}  // namespace reproaudit::parallel
