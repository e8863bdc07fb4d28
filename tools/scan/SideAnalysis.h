// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// One parse with the rules: of a unit that has one side, of each side of one
/// that has two, or of headers that several units share.
#pragma once

#include "FindingCollector.h"

#include "reproaudit/scan/UnitAnalysis.h"

#include "clang-tidy/ClangTidyDiagnosticConsumer.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Timer.h"
#include "llvm/Support/VirtualFileSystem.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reproaudit {

/// What is called before a parse, and after the rules have run.
struct ParseHooks {
  std::function<void(clang::CompilerInstance &)> begin = [](auto &) {};
  std::function<void()> end = [] {};
};

class SideAnalysis {
public:
  using Times = llvm::StringMap<llvm::TimeRecord>;

  SideAnalysis(const Repository &repository, const UnitOptions &options,
               const std::string &directory);

  /// The file whose `.clang-tidy` counts.
  void setSource(const std::string &path) { context_.setCurrentFile(path); }

  /// Lets \p path be read as \p text.
  void invent(const std::string &path, llvm::StringRef text);

  void run(const std::vector<std::string> &arguments, ParseHooks hooks = {});

  /// Errors of the parser so far.
  unsigned errors() const { return collector_.errors(); }

  /// Adds what was found to \p result, which is that of \p unit.
  void collect(const Unit &unit, UnitResult &result);

private:
  const UnitOptions &options_;
  llvm::IntrusiveRefCntPtr<InputRecorder> recorder_;
  llvm::IntrusiveRefCntPtr<llvm::vfs::InMemoryFileSystem> invented_;
  clang::tidy::ClangTidyContext context_;
  FindingCollector collector_;
  std::unique_ptr<clang::DiagnosticsEngine> diagnostics_;
  Times times_;
};

}  // namespace reproaudit
