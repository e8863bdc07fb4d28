// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The repository that is scanned: where it begins, what belongs to it, and
/// which revision it is.
///
/// Layer 3.
#pragma once

#include "reproaudit/report/Report.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

class Repository {
public:
  /// The git work tree around \p start, or \p start itself if there is none.
  /// Symbolic links are resolved.
  explicit Repository(const std::filesystem::path &start);

  const std::filesystem::path &root() const { return root_; }
  bool hasGit() const { return hasGit_; }

  /// \p path relative to the root with '/' as separator; "" if it lies outside.
  /// \p path is absolute; links in it are resolved if the file exists.
  std::string relative(std::string_view path) const;

  /// The files that git tracks or would track if they were added; without git
  /// those on disk, build folders and tools' own folders left out. Regular files
  /// only, sorted.
  std::vector<std::string> files() const;

  /// Remote, commit and branch; empty members without git.
  Revision revision() const;

  /// The day of HEAD's commit, `YYYY-MM-DD` in UTC, or "": today, as far as a
  /// result that must repeat may depend on it.
  std::string day() const;

private:
  std::filesystem::path root_;
  bool hasGit_ = false;
};

}  // namespace reproaudit
