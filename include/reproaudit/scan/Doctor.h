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
/// ScanOptions.
std::vector<Diagnosis> examine(const std::filesystem::path &start,
                               const std::filesystem::path &buildDirectory);

}  // namespace reproaudit
