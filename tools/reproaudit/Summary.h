// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a scan says on stderr: how far it is, what went wrong, how it ended.
#pragma once

#include "reproaudit/scan/Scan.h"

#include <cstddef>
#include <string>

namespace reproaudit {

/// "1 file", "2 files".
std::string counted(std::size_t number, const char *thing);

/// The line that says how far a scan is; gone when it is at the end.
void showProgress(std::size_t done, std::size_t all, const std::string &unit);

void printNotices(const Report &report);

/// The closing line: how much was analysed, what was found, how long it took.
void printSummary(const ScanResult &result, double seconds);

/// The time of every rule.
void printStatistics(const ScanResult &result);

}  // namespace reproaudit
