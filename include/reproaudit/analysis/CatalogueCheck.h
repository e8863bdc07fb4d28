// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The check behind every rule of the catalogue: it reports what the entries of
/// its rule describe, unless a guard mends it.
///
/// What one unit cannot tell is left to the program: whether a guard of the
/// whole process is set elsewhere, whether the program has what an entry needs.
/// Where a single switch is missing, the program gets a single note.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/Guarding.h"
#include "reproaudit/report/Fact.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"

#include <set>
#include <span>

namespace reproaudit {

/// The user's own catalogue files, separated by `;`. It is set for all rules at
/// once, and each file is looked for in the folders above the source.
inline constexpr OptionInfo kCatalogueOption = {
    .name = "CatalogueFiles",
    .fallback = "",
    .summary = "Files that describe more libraries, separated by `;`"};

class CatalogueCheck : public Check {
public:
  CatalogueCheck(const RuleInfo &info, llvm::StringRef name,
                 clang::tidy::ClangTidyContext *context);

  void registerPPCallbacks(const clang::SourceManager &sources,
                           clang::Preprocessor *preprocessor,
                           clang::Preprocessor *expander) final;
  void registerMatchers(clang::ast_matchers::MatchFinder *finder) final;
  void check(const clang::ast_matchers::MatchFinder::MatchResult &result) final;

  /// The program-wide part, for Rule::link.
  static std::vector<Finding> link(std::span<const Fact> facts);

private:
  void loadUserFiles(clang::FileManager &files, llvm::StringRef source);
  void judge(const catalogue::Library &library, const LibraryUses &uses);
  void judge(const catalogue::Entry &entry, const catalogue::Library &library,
             const LibraryUses &uses);
  void report(const LibraryUse &use, const catalogue::Entry &entry,
              const catalogue::Library &library, const LibraryUses &uses);
  void steps(const LibraryUse &use, const Guarding &guarding);
  void exportGuards(const catalogue::Library &library, const LibraryUses &uses);
  bool holds(const catalogue::VersionTest &test) const;

  const RuleInfo &rule_;
  const clang::tidy::ClangTidyContext &context_;
  clang::Preprocessor *preprocessor_ = nullptr;
  std::vector<catalogue::Library> userLibraries_;
  std::set<std::pair<const catalogue::Entry *, clang::SourceLocation>>
      reported_;
  llvm::StringSet<> missingSwitches_;  ///< Those that have had their note.
};

}  // namespace reproaudit
