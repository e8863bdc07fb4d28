// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The scratch directory of one audit and the view of the target's work
/// directory that a run may write to.
#pragma once

#include "Environment.h"
#include "Overlay.h"
#include "reproaudit/rerun/Run.h"

#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace reproaudit {

/// A temporary directory that goes away with its owner, or at the next start if
/// the owner was killed.
class Scratch {
public:
  static std::expected<Scratch, std::string> create();
  Scratch(Scratch &&other) noexcept;
  Scratch &operator=(Scratch &&) = delete;
  ~Scratch();

  const std::filesystem::path &path() const { return path_; }

private:
  Scratch(std::filesystem::path path, int lock);
  std::filesystem::path path_;
  int lock_ = -1;  ///< Held while the owner lives.
};

/// How a run sees the work directory.
enum class View : std::uint8_t {
  Overlay,  ///< At its path, through a private overlay: costs nothing.
  Copy,     ///< A copy at another path, when mounts are not allowed.
};

/// What runs do to the work directory, collected and undone.
class Workspace {
public:
  Workspace(std::filesystem::path directory,
            const std::filesystem::path &scratch, View view);

  /// Makes the view ready for a run; says what went wrong, or "".
  std::string prepare(bool elsewhere);
  /// Called in the child, in its own mount namespace: makes the view visible.
  bool mount(bool elsewhere) const;
  /// Directories where what a run writes stays; known after a mount().
  std::vector<std::string> uncovered() const { return overlay_.uncovered(); }
  /// Where the run starts.
  std::filesystem::path start(bool elsewhere) const;
  /// The files that the run wrote, sorted; forgets them.
  std::vector<Artifact> collect(bool elsewhere);

private:
  struct Stamp {
    std::uintmax_t size;
    std::filesystem::file_time_type time;
    bool operator==(const Stamp &) const = default;
  };
  std::string copyAll();
  std::vector<Artifact> collectCopy();

  std::filesystem::path directory_, copy_, elsewhere_;
  View view_;
  Overlay overlay_;
  std::map<std::string, Stamp> pristine_;  ///< The copy before a run.
};

}  // namespace reproaudit
