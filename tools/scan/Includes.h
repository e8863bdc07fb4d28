// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a unit includes and which macros decide about it, read from the
/// directives alone: what PreludePlan.h needs to know.
#pragma once

#include "reproaudit/scan/UnitAnalysis.h"

#include "clang/DependencyScanning/DependencyScanningFilesystem.h"
#include "clang/DependencyScanning/DependencyScanningService.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reproaudit {

struct IncludedFile {
  std::string path;  ///< As clang found it.
  std::string
      spelling;  ///< `vector` if a file of the project includes <vector>.
  bool system = false;
  bool movable = false;  ///< Guarded, entered once, at file scope.
};

struct UnitIncludes {
  bool complete = true;  ///< Nothing was missing.
  std::vector<IncludedFile>
      files;  ///< In the order of entry, the source first.
  /// Who includes whom, as indices of `files`.
  std::vector<std::pair<unsigned, unsigned>> edges;

  /// A macro that a file of the project defines or takes away.
  struct Definition {
    std::string macro;
    unsigned file;
    unsigned entered;  ///< How many files had been entered by then.
  };
  std::vector<Definition> definitions;

  /// Files of the project that ask whether a macro is defined, with the file
  /// that defines it only later.
  std::vector<std::pair<unsigned, unsigned>> earlyQuestions;
};

/// Reads the directives of units; each file is read once for all of them.
class IncludeScanner {
public:
  IncludeScanner();

  /// The includes of \p unit, which has one side.
  UnitIncludes scan(const Unit &unit);

  /// Which of \p names occur as identifiers in the file at \p path.
  std::vector<llvm::StringRef> mentions(const std::string &path,
                                        const llvm::StringSet<> &names);

private:
  std::shared_ptr<clang::CompilerInvocation>
  invocationOf(const std::vector<std::string> &arguments);

  clang::dependencies::DependencyScanningService service_;
  llvm::IntrusiveRefCntPtr<
      clang::dependencies::DependencyScanningWorkerFilesystem>
      files_;
  /// By the arguments without the source, which cost the driver time.
  llvm::StringMap<std::shared_ptr<clang::CompilerInvocation>> invocations_;
};

}  // namespace reproaudit
