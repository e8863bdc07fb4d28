// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// A baseline on disk.
#pragma once

#include "reproaudit/report/Baseline.h"

#include <expected>
#include <string>

namespace reproaudit {

/// The text of \p path; the error is one sentence.
std::expected<std::string, std::string> readFile(const std::string &path);

/// The baseline in \p path; the error is one sentence.
std::expected<Baseline, std::string> readBaselineFile(const std::string &path);

}  // namespace reproaudit
