// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The repository as project rules see it: its files, and the compile commands
/// of its units.
///
/// Layer 2: layers 0-1; no clang.
#pragma once

#include "reproaudit/report/Report.h"

#include <string>
#include <vector>

namespace reproaudit {

/// One translation unit of the compile database.
struct ProjectUnit {
  std::string path;  ///< Relative to the repository root.
  std::vector<std::string> arguments;  ///< As written, the compiler first.
};

class Project {
public:
  /// \p files are relative to \p root and sorted.
  Project(std::string root, std::vector<std::string> files,
          std::vector<ProjectUnit> units);

  /// Every file of the repository: those that git tracks, or without git those
  /// on disk outside build folders. Sorted.
  const std::vector<std::string> &files() const { return files_; }

  const std::vector<ProjectUnit> &units() const { return units_; }

  /// The text of the file at \p path, "" if it cannot be read.
  const std::string &text(const std::string &path) const {
    return texts_.text(path);
  }

private:
  std::vector<std::string> files_;
  std::vector<ProjectUnit> units_;
  SourceTexts texts_;
};

}  // namespace reproaudit
