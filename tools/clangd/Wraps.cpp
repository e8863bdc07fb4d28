// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Three functions of clangd 22 that the linker replaces (`--wrap`), because
/// clangd would otherwise hide checks that it does not know: it runs none whose
/// speed it has not measured, enables none by default, links each to a page that
/// does not exist and knows only warnings. The test over the protocol notices if
/// a later clangd has other functions.
#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/TidyChecks.h"
#include "reproaudit/report/RuleMarkdown.h"

#include "clang-tidy/ClangTidyOptions.h"
#include "llvm/ADT/FunctionExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"

#include <optional>

using llvm::StringRef;
using Options = clang::tidy::ClangTidyOptions;
using TidyProvider = llvm::unique_function<void(Options &, StringRef) const>;

namespace clang::clangd {
struct PublishDiagnosticsParams;
}

// What `--wrap` calls the functions, for the real ones and for ours, which the
// linker calls by these names.
// NOLINTBEGIN(*-identifier*, misc-use-internal-linkage)
std::optional<bool> realIsFast(StringRef check) asm(
    "__real__ZN5clang6clangd15isFastTidyCheckEN4llvm9StringRefE");
std::optional<bool> isFast(StringRef check) asm(
    "__wrap__ZN5clang6clangd15isFastTidyCheckEN4llvm9StringRefE");

TidyProvider
realDefaultChecks() asm("__real__ZN5clang6clangd20provideDefaultChecksEv");
TidyProvider
defaultChecks() asm("__wrap__ZN5clang6clangd20provideDefaultChecksEv");

llvm::json::Value
realToJson(const clang::clangd::PublishDiagnosticsParams &params) asm(
    "__real__ZN5clang6clangd6toJSONERKNS0_24PublishDiagnosticsParamsE");
llvm::json::Value
toJson(const clang::clangd::PublishDiagnosticsParams &params) asm(
    "__wrap__ZN5clang6clangd6toJSONERKNS0_24PublishDiagnosticsParamsE");
// NOLINTEND(*-identifier*, misc-use-internal-linkage)

std::optional<bool> isFast(StringRef check) {
  return reproaudit::findRule(check) ? true : realIsFast(check);
}

TidyProvider defaultChecks() {
  return [real = realDefaultChecks()](Options &options, StringRef file) {
    real(options, file);
    options.Checks = options.Checks.value_or("") + "," +
                     reproaudit::tidyChecks(reproaudit::defaultRules(),
                                            options.Checks.value_or(""));
  };
}

/// The severity of the protocol for what `scan` would call an error, a warning
/// or a note. clangd has made the first letter of \p message a capital.
static int severity(const reproaudit::RuleInfo &info, StringRef message) {
  constexpr int kError = 1, kWarning = 2, kInformation = 3;
  if (message.starts_with_insensitive(reproaudit::Check::kNote))
    return kInformation;
  switch (reproaudit::defaultLevel(info)) {
  case reproaudit::Level::Error:
    return kError;
  case reproaudit::Level::Warning:
    return kWarning;
  case reproaudit::Level::Note:
    break;
  }
  return kInformation;
}

llvm::json::Value
toJson(const clang::clangd::PublishDiagnosticsParams &params) {
  llvm::json::Value json = realToJson(params);
  auto *diagnostics = json.getAsObject()->getArray("diagnostics");
  for (llvm::json::Value &diagnostic : *diagnostics) {
    llvm::json::Object &object = *diagnostic.getAsObject();
    const auto *rule =
        reproaudit::findRule(object.getString("code").value_or(""));
    if (!rule)
      continue;
    object["codeDescription"] =
        llvm::json::Object{{"href", reproaudit::ruleUri(*rule->info)}};
    object["severity"] =
        severity(*rule->info, object.getString("message").value_or(""));
  }
  return json;
}
