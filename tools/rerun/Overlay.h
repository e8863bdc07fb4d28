// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "reproaudit/rerun/Run.h"

#include <filesystem>
#include <string>
#include <vector>

namespace reproaudit {

/// The artifact at \p path; links count as their target's name, deleted files
/// (an overlay's whiteouts) as such.
Artifact describe(const std::filesystem::path &path, const std::string &name);

/// Removes \p path and everything below, also what the target made unreadable.
void removeTree(const std::filesystem::path &path);

/// A private view of all file systems that can be written to: what a run
/// changes lands in the scratch directory and is gone with the next run.
class Overlay {
public:
  Overlay(std::filesystem::path directory, std::filesystem::path scratch);

  void prepare() const;
  /// Called in the child, in its own mount namespace. Everything also appears
  /// below \p elsewhere, if that is not empty. False: the work directory
  /// is not covered.
  bool mount(const std::filesystem::path &elsewhere) const;
  /// The files that the run wrote, sorted; forgets them. Those in the work
  /// directory have relative names.
  std::vector<Artifact> collect() const;
  /// What mount() could not cover: what is written there stays.
  std::vector<std::string> uncovered() const;

private:
  bool mountPlace(std::size_t i, const std::string &lower) const;
  bool keepScratch(int scratch) const;
  std::string nameOf(const std::filesystem::path &path) const;

  std::filesystem::path directory_, scratch_, upper_, layer_;
  std::vector<std::filesystem::path> places_;  ///< Outer ones first.
};

}  // namespace reproaudit
