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

/// The changed files, by path relative to the root: their text in the base, or
/// nothing if the base does not have them.
using Changes = std::map<std::string, std::optional<std::string>>;

/// The changes since the merge base of \p reference and HEAD, those not
/// committed yet included. The error is one sentence with the command that
/// makes the base reachable.
std::expected<Changes, std::string> changesSince(const Repository &repository,
                                                 const std::string &reference);

/// The changes that are staged for the next commit.
std::expected<Changes, std::string> stagedChanges(const Repository &repository);

}  // namespace reproaudit
