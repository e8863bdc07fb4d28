// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What makes a finding the same finding tomorrow.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Finding.h"

#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

/// GitHub's `primaryLocationLineHash` of every line of \p text, the first line
/// first: a rolling hash of the 100 characters that follow, blanks left out,
/// and how many lines before had the same one.
std::vector<std::string> lineHashes(std::string_view text);

/// The identity of \p finding across edits: rule, function and statement, in
/// 16 hexadecimal digits. Neither its line nor its file takes part, so it
/// survives reformatting, renamed files and moved functions.
std::string contextHash(const Finding &finding);

/// `contextHash:N` of each of \p findings, where N counts the findings up to
/// this one with the same hash; unique within one report.
std::vector<std::string>
contextFingerprints(const std::vector<Finding> &findings);

}  // namespace reproaudit
