// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TidyOptions.h"

#include "reproaudit/analysis/TidyChecks.h"

#include <utility>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// The options of `.clang-tidy` around each file, with the checks that we run.
/// Of its `Checks` only what names our rules counts.
class OptionsProvider final : public tidy::FileOptionsProvider {
public:
  OptionsProvider(const UnitOptions &options,
                  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files)
      : FileOptionsProvider({}, tidy::ClangTidyOptions::getDefaults(), {},
                            std::move(files)),
        options_(options) {}

  std::vector<OptionsSource> getRawOptions(StringRef file) override {
    std::vector<OptionsSource> sources =
        FileOptionsProvider::getRawOptions(file);
    std::string configured;
    for (OptionsSource &source : sources) {
      if (source.first.Checks && options_.configurable)
        configured += "," + *source.first.Checks;
      source.first.Checks.reset();
    }
    tidy::ClangTidyOptions ours;
    ours.Checks = "-*," + tidyChecks(options_.rules, configured);
    sources.emplace_back(ours, "reproaudit");
    return sources;
  }

private:
  const UnitOptions &options_;
};

}  // namespace

std::unique_ptr<tidy::ClangTidyOptionsProvider>
tidyOptions(const UnitOptions &options,
            llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files) {
  return std::make_unique<OptionsProvider>(options, std::move(files));
}

}  // namespace reproaudit
