// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Lock files: what they fix, and why it does or does not count.
#pragma once

#include "Readers.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

struct Locked {
  std::string version;  ///< "" if the lock names only the content.
  bool hasHash = false;
};

/// A lock counts for a package if git tracks it, it parses, it has an entry for
/// the package and the entry satisfies the manifest.
struct Lock {
  std::string path;       ///< "" if there is none.
  std::string problem;    ///< Why nothing in it counts, or "".
  bool isOpaque = false;  ///< Binary or huge: taken on trust.
  /// By name as lockKey() spells it; a package may be there in more versions.
  std::multimap<std::string, Locked> entries;
};

/// \p name as pip, npm and conda compare names: `Foo_Bar` is `foo-bar`.
std::string lockKey(std::string_view name);

/// Reads \p text as the lock file \p path, whose name tells the format.
Lock parseLock(std::string path, std::string_view text);

/// A requirements file that lists exact versions, or constraints, as a lock.
Lock compiledRequirements(const std::string &path, std::string_view text);

/// The nearest file called like one of \p names, in \p folder or above it.
Lock lockOf(const Project &project, std::string_view folder,
            const std::vector<std::string_view> &names);

/// Puts what \p lock fixes into \p dependency, or a remark that says why it
/// fixes nothing. \p key is the entry's name, if it is not the dependency's.
void applyLock(Dependency &dependency, const Lock &lock,
               std::string_view key = "");

}  // namespace reproaudit
