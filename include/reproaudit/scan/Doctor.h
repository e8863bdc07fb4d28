// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a scan needs of the machine and of the project, checked one by one.
///
/// Layer 3.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reproaudit {

struct Diagnosis {
  enum class State : std::uint8_t { Good, Advice, Missing };
  State state;
  std::string subject;  ///< What was looked at.
  std::string text;     ///< What is there, or what to do.
};

/// Examines this machine and the project at \p start; \p buildDirectory as in
/// ScanOptions. The libraries that the project includes are compared with the
/// catalogue, and all of those in \p catalogues, files of the user.
std::vector<Diagnosis>
examine(const std::filesystem::path &start,
        const std::filesystem::path &buildDirectory,
        const std::vector<std::filesystem::path> &catalogues = {});

}  // namespace reproaudit
