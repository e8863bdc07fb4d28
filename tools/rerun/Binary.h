// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reproaudit {

/// What the executable file of the target says about itself. Offsets are those
/// of the loaded module.
struct Binary {
  /// Instructions that draw random numbers, rdrand and rdseed.
  std::vector<std::uint64_t> draws;
  /// What libgcc finds out about the processor, in programs that ask
  /// __builtin_cpu_supports; 0: not there.
  std::uint64_t processorModel = 0;
  bool traces = false;  ///< Includes reproaudit/trace/trace.h.
};

/// Where \p command, as typed in \p directory, is found.
std::filesystem::path executableOf(const std::string &command,
                                   const std::filesystem::path &directory);

/// Reads the executable at \p path; knows nothing about what is no ELF file for
/// this processor.
Binary readBinary(const std::filesystem::path &path);

}  // namespace reproaudit
