// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The base class of every source rule: clang-tidy's check, minus the
/// boilerplate that a RuleInfo already answers.
///
/// A finding is one diagnostic and the notes behind it. All notes but the last
/// are its flow, source first; the last one is the cure and says what to do.
/// clang-tidy and clangd print them as they are, `scan` turns them into the
/// code flow and the help of a Finding.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/FlowStep.h"
#include "reproaudit/rule/RuleInfo.h"

#include "clang-tidy/ClangTidyCheck.h"

#include <memory>
#include <vector>

namespace reproaudit {

/// How a fact's message begins on its way through the diagnostics; behind it
/// come the name, the subject and the object, a line each.
inline constexpr llvm::StringLiteral kFactMark = "fact: ";

class Check : public clang::tidy::ClangTidyCheck {
public:
  Check(const RuleInfo &info, llvm::StringRef name,
        clang::tidy::ClangTidyContext *context);

  /// Stores what RuleInfo::options declares, so `--dump-config` cannot drift.
  void storeOptions(clang::tidy::ClangTidyOptions::OptionMap &opts) final;

  /// True in `scan`, which links facts; false in clang-tidy and clangd, which
  /// see one unit only: there a rule that needs the program stays silent or
  /// says `noteworthy`.
  static bool linksFacts() { return linksFacts_; }

  /// Says, before any check exists, that facts will be linked.
  static void linkFacts() { linksFacts_ = true; }

  /// Says, before any check exists, that findings go to an editor: each then
  /// offers the comment that suppresses it, and `noteworthy` ones are warnings
  /// that begin with kNote, because clangd takes a remark for a part of the
  /// finding before it.
  static void speakToEditor() { isForEditor_ = true; }

  static constexpr llvm::StringLiteral kNote = "note: ";

  /// A rule that overrides it calls this one too.
  void registerPPCallbacks(const clang::SourceManager &sources,
                           clang::Preprocessor * /*preprocessor*/,
                           clang::Preprocessor * /*expander*/) override {
    sources_ = &sources;
  }

protected:
  /// Exports a fact of this unit, see report/Fact.h; nothing without
  /// linksFacts() or without a \p subject that other units know. The place
  /// becomes that of a finding, if `link` reports one, and \p flow its first
  /// steps.
  void fact(clang::SourceLocation at, llvm::StringRef name,
            llvm::StringRef subject, llvm::StringRef object = "",
            llvm::ArrayRef<FlowStep> flow = {});

  /// Opens a finding at the level of the rule's tier.
  clang::DiagnosticBuilder finding(clang::SourceLocation at,
                                   llvm::StringRef message);

  /// Opens a finding that is a note whatever the tier: true, but harmless
  /// unless something that this unit does not show makes it matter.
  clang::DiagnosticBuilder noteworthy(clang::SourceLocation at,
                                      llvm::StringRef message);

  /// Adds a step of the flow to the finding opened last.
  clang::DiagnosticBuilder step(clang::SourceLocation at,
                                llvm::StringRef message);

  /// Closes the finding opened last: what to do.
  clang::DiagnosticBuilder cure(clang::SourceLocation at,
                                llvm::StringRef message);

  /// The user's value of \p option split at ';', or its fallback.
  std::vector<llvm::StringRef> list(const OptionInfo &option) const;

private:
  void offerSuppression();

  static bool linksFacts_;
  static bool isForEditor_;

  const RuleInfo &info_;
  const clang::SourceManager *sources_ = nullptr;
  clang::SourceLocation found_;  ///< Where the finding opened last is.
};

}  // namespace reproaudit
