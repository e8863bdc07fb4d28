// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What differs between a base revision and the files that are scanned.
///
/// Layer 3.
#pragma once

#include "reproaudit/scan/Repository.h"

#include <expected>
#include <map>
#include <optional>
#include <string>

namespace reproaudit {

/// The texts of some files in another state of the repository, by path relative
/// to the root; nothing for a file that is not there.
using Changes = std::map<std::string, std::optional<std::string>>;

/// Two states to compare, by what they have instead of the files on disk.
struct Comparison {
  Changes now;
  Changes base;  ///< Where it differs from `now`.
};

/// The files on disk and the merge base of \p reference and HEAD. The error is
/// one sentence with the command that makes the base reachable.
std::expected<Comparison, std::string>
comparisonWith(const Repository &repository, const std::string &reference);

/// What is staged for the next commit, and HEAD. Files that git does not track
/// are as on disk in both.
std::expected<Comparison, std::string>
comparisonOfStaged(const Repository &repository);

}  // namespace reproaudit
