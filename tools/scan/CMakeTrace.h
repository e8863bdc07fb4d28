// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What CMake evaluates when it configures a project: the opt-in that runs code
/// of the project.
#pragma once

#include <filesystem>
#include <string>

namespace reproaudit {

struct CMakeTrace {
  std::string text;     ///< One JSON object a line; only calls of the project.
  std::string problem;  ///< Why it is not whole, or "".
};

/// Configures \p root in a temporary folder with `--trace-expand`. FetchContent
/// gets nothing, packages that are missing count as found, and proxies that
/// lead nowhere keep downloads from the network; commands of the project do
/// run.
CMakeTrace traceCMake(const std::filesystem::path &root);

}  // namespace reproaudit
