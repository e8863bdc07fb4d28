// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/CatalogueCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-library-entropy",
    .family = Family::Rng,
    .scope = Scope::Run,
    .summary = "Library that seeds itself from entropy",
    .since = "0.1.0",
    .why = R"md(
Some libraries take the clock or the entropy of the system as their seed when
they are told to, or unless they are told otherwise. Nothing in the program looks
random, and still every run differs.)md",
    .bad = R"cpp(
namespace dlib {
struct bayesian_network_gibbs_sampler {
  bayesian_network_gibbs_sampler();
};
}  // namespace dlib

void infer() {
  dlib::bayesian_network_gibbs_sampler sampler;
}
)cpp",
    .good = R"cpp(
namespace dlib {
struct bayesian_network_join_tree {
  bayesian_network_join_tree();
};
}  // namespace dlib

void infer() {
  dlib::bayesian_network_join_tree exact;
}
)cpp",
    .limits =
        "Knows only what the catalogue lists. Generators that the program "
        "seeds itself are other rules' business.",
    .options = {&kCatalogueOption, 1},
});

class LibraryEntropyCheck final : public CatalogueCheck {
public:
  LibraryEntropyCheck(StringRef name, tidy::ClangTidyContext *context)
      : CatalogueCheck(kInfo, name, context) {}
};

}  // namespace

extern constinit const Rule LibraryEntropy =
    sourceRule<LibraryEntropyCheck>(kInfo, CatalogueCheck::link);

}  // namespace reproaudit::rng
