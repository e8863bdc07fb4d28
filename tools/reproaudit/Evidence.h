// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "reproaudit/report/Finding.h"

#include <expected>
#include <string>
#include <vector>

namespace reproaudit {

/// Raises those of \p findings to errors that the report of `rerun` in the file
/// \p path confirms, and says so; or what is wrong with that file.
std::expected<void, std::string> applyEvidence(const std::string &path,
                                               std::vector<Finding> &findings);

}  // namespace reproaudit
