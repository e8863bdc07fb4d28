// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Check.h"

#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/SmallVector.h"

namespace reproaudit {

using clang::DiagnosticBuilder;
using clang::DiagnosticIDs;
using clang::SourceLocation;
using llvm::StringRef;

Check::Check(const RuleInfo &info, StringRef name,
             clang::tidy::ClangTidyContext *context)
    : ClangTidyCheck(name, context), info_(info) {}

void Check::storeOptions(clang::tidy::ClangTidyOptions::OptionMap &opts) {
  for (const OptionInfo &option : info_.options)
    Options.store(opts, option.name, Options.get(option.name, option.fallback));
}

bool Check::linksFacts_ = false;
bool Check::isForEditor_ = false;

void Check::fact(SourceLocation at, StringRef name, StringRef subject,
                 StringRef object, llvm::ArrayRef<FlowStep> flow) {
  if (!linksFacts_ || subject.empty() || at.isInvalid())
    return;
  diag(at, "%0", DiagnosticIDs::Remark)
      << (kFactMark + name + "\n" + subject + "\n" + object).str();
  for (const FlowStep &taken : flow)
    if (taken.at.isValid())
      step(taken.at, "%0") << taken.message;
}

DiagnosticBuilder Check::finding(SourceLocation at, StringRef message) {
  found_ = at;
  return diag(at, message);
}

DiagnosticBuilder Check::noteworthy(SourceLocation at, StringRef message) {
  found_ = at;
  return isForEditor_ ? diag(at, (kNote + message).str())
                      : diag(at, message, DiagnosticIDs::Remark);
}

DiagnosticBuilder Check::step(SourceLocation at, StringRef message) {
  return diag(at, message, DiagnosticIDs::Note);
}

DiagnosticBuilder Check::cure(SourceLocation at, StringRef message) {
  if (isForEditor_ && found_.isValid())
    offerSuppression();
  return diag(at, message, DiagnosticIDs::Note);
}

void Check::offerSuppression() {
  const SourceLocation at = sources_->getFileLoc(found_);
  const auto [file, offset] = sources_->getDecomposedLoc(at);
  const StringRef text = sources_->getBufferData(file);
  const std::size_t lineStart = text.substr(0, offset).rfind('\n') + 1;
  const StringRef indent = text.substr(lineStart).take_while(
      [](char c) { return c == ' ' || c == '\t'; });
  diag(at, "suppress the finding here, with a reason", DiagnosticIDs::Note)
      << clang::FixItHint::CreateInsertion(
             sources_->getLocForStartOfFile(file).getLocWithOffset(
                 static_cast<int>(lineStart)),
             (indent + "// NOLINTNEXTLINE(" + info_.name + "): say why\n")
                 .str());
}

std::vector<StringRef> Check::list(const OptionInfo &option) const {
  llvm::SmallVector<StringRef> parts;
  const StringRef value = Options.get(option.name, option.fallback);
  value.split(parts, ';', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  return {parts.begin(), parts.end()};
}

}  // namespace reproaudit
