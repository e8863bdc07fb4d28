// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "reproaudit/report/Report.h"

#include <expected>
#include <string>

namespace CLI {
class App;
}

namespace reproaudit {

/// Adds the option `--evidence`, which names the file for applyEvidence().
void addEvidence(CLI::App &app, std::string &path);

/// Brings what `rerun` found, its JSON report in the file \p path, into
/// \p report: findings that it confirms become errors and say so. Nothing if
/// \p path is empty. The error is one sentence about the file.
std::expected<void, std::string> applyEvidence(const std::string &path,
                                               Report &report);

}  // namespace reproaudit
