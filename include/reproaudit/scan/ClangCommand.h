// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// From the command that a project compiles a unit with to the command that our
/// clang parses it with. Whatever runs code, writes files or only concerns
/// another compiler is left behind.
///
/// Layer 3.
#pragma once

#include "reproaudit/scan/CompileDatabase.h"

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace reproaudit {

struct ClangCommand {
  /// One command for each side of a CUDA unit, else one.
  std::vector<std::vector<std::string>> sides;
  /// Arguments that would have run code from the scanned tree; not used.
  std::vector<std::string> refused;
};

/// Translates \p command. Response files are read only below \p trusted
/// folders. The error is one sentence: why the unit cannot be parsed here and
/// what to install.
std::expected<ClangCommand, std::string>
toClang(const CompileCommand &command,
        const std::vector<std::filesystem::path> &trusted);

/// The CUDA toolkit that \p compiler (a path or name) belongs to, else that of
/// the environment variable CUDA_PATH, else /usr/local/cuda; empty if none.
std::filesystem::path findCudaToolkit(const std::string &compiler);

/// Rewrites the arguments of nvcc (without the compiler) into those of clang.
/// Flags of ptxas, of linking and of code generation are dropped.
std::vector<std::string>
translateNvcc(const std::vector<std::string> &arguments);

}  // namespace reproaudit
