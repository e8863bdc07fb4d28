// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Turns the diagnostics of the rules into findings, and those of the parser
/// into notices.
#pragma once

#include "reproaudit/report/Fact.h"
#include "reproaudit/report/Finding.h"
#include "reproaudit/scan/Repository.h"

#include "clang-tidy/ClangTidyDiagnosticConsumer.h"
#include "clang/AST/ASTContext.h"
#include "clang/Basic/Diagnostic.h"

#include <map>
#include <string>
#include <vector>

namespace reproaudit {

class FindingCollector final : public clang::DiagnosticConsumer {
public:
  FindingCollector(clang::tidy::ClangTidyContext &context,
                   const Repository &repository)
      : context_(context), repository_(repository) {}

  void HandleDiagnostic(clang::DiagnosticsEngine::Level level,
                        const clang::Diagnostic &info) override;

  /// Names the function around each finding; call while \p ast is alive.
  void nameFunctions(clang::ASTContext &ast);

  /// What was found, in the order of the diagnostics.
  std::vector<Finding> takeFindings();

  /// What was exported for the program-wide pass; call after takeFindings().
  std::vector<Fact> takeFacts() { return std::move(facts_); }

  /// Errors of the parser: how many, and the first of them.
  unsigned errors() const { return errors_; }
  const Notice &firstError() const { return firstError_; }

private:
  /// A finding while its notes are still coming.
  struct Open {
    Finding finding;
    std::vector<Remark> notes;
    clang::SourceLocation location;
  };

  void rememberError(const clang::Diagnostic &info);
  void addNote(const clang::Diagnostic &info);
  void openFinding(clang::DiagnosticsEngine::Level level,
                   const clang::Diagnostic &info, const std::string &rule);
  Range rangeOf(const clang::Diagnostic &info) const;
  std::vector<Edit> editsOf(const clang::Diagnostic &info) const;
  const std::string &pathOf(clang::FileID file,
                            const clang::SourceManager &sources) const;

  clang::tidy::ClangTidyContext &context_;
  const Repository &repository_;
  std::vector<Open> open_;
  bool dropsNotes_ = true;  ///< The last diagnostic was not a finding of ours.
  std::vector<Fact> facts_;
  unsigned errors_ = 0;
  Notice firstError_;
  mutable std::map<clang::FileID, std::string> paths_;
};

}  // namespace reproaudit
