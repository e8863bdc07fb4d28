// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The repository as project rules see it: its files, and the compile commands
/// of its units.
///
/// Layer 2: layers 0-1; no clang.
#pragma once

#include "reproaudit/report/Report.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

struct Inventory;

/// One translation unit of the compile database.
struct ProjectUnit {
  std::string path;                    ///< Relative to the repository root.
  std::vector<std::string> arguments;  ///< As written, the compiler first.
};

class Project {
public:
  /// \p files are relative to \p root and sorted; those in \p instead have the
  /// text given there. \p cmakeTrace is what CMake evaluated, if it was run.
  Project(std::string root, std::vector<std::string> files,
          std::vector<ProjectUnit> units,
          std::map<std::string, std::string> instead = {},
          std::string cmakeTrace = {});
  ~Project();
  Project(const Project &) = delete;
  Project &operator=(const Project &) = delete;

  const std::string &root() const { return root_; }

  /// Every file of the repository: those that git tracks, or without git those
  /// on disk outside build folders. Sorted.
  const std::vector<std::string> &files() const { return files_; }

  const std::vector<ProjectUnit> &units() const { return units_; }

  /// One JSON object a line, as `cmake --trace-format=json-v1` writes, or "".
  const std::string &cmakeTrace() const { return cmakeTrace_; }

  bool contains(const std::string &path) const;

  /// True if \p path is on the disk, but no file of the repository: git ignores
  /// it or nobody added it.
  bool isUntracked(const std::string &path) const;

  /// The text of the file at \p path, "" if it cannot be read. Only regular
  /// files inside the root and of sane size are: see unreadable().
  const std::string &text(const std::string &path) const;

  /// Line \p number (from 1) of \p path without its end, "" if there is none.
  std::string_view line(const std::string &path, unsigned number) const {
    return texts_.line(path, number);
  }

  /// Why text() gives nothing for \p path, or "".
  std::string unreadable(const std::string &path) const;

  /// What the files declare; read on the first call. Its notices tell which
  /// files were not understood.
  const Inventory &inventory() const;

private:
  std::string root_;
  std::vector<std::string> files_;
  std::vector<ProjectUnit> units_;
  std::map<std::string, std::string> instead_;
  std::string cmakeTrace_;
  SourceTexts texts_;
  mutable std::unique_ptr<Inventory> inventory_;
};

}  // namespace reproaudit
