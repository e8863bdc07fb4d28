// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The bridge to clang-tidy: registers every source rule under its name.
#include "reproaudit/analysis/Rule.h"

#include "clang-tidy/ClangTidyModule.h"

namespace reproaudit {
namespace {

class TidyModule final : public clang::tidy::ClangTidyModule {
public:
  void
  addCheckFactories(clang::tidy::ClangTidyCheckFactories &factories) override {
    for (const Rule *rule : allRules())
      if (rule->makeCheck)
        factories.registerCheckFactory(rule->info->name, rule->makeCheck);
  }
};

const clang::tidy::ClangTidyModuleRegistry::Add<TidyModule>
    Registration("reproaudit-module", "Reproducibility rules for ML code.");

}  // namespace
}  // namespace reproaudit
