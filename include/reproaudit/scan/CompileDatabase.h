// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The compile database: which units there are and how each is compiled.
///
/// Layer 3.
#pragma once

#include "reproaudit/report/Finding.h"

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace reproaudit {

struct CompileCommand {
  std::string directory;               ///< Absolute.
  std::string file;                    ///< Absolute and lexically normal.
  std::vector<std::string> arguments;  ///< The compiler first.
};

struct CompileDatabase {
  std::filesystem::path directory;       ///< Where compile_commands.json lies.
  std::vector<CompileCommand> commands;  ///< In the order of the file.
  std::vector<Notice> notices;           ///< Entries that had to be left out.
};

/// Looks for compile_commands.json in \p start, then in its folders `build*/`,
/// `cmake-build-*/` and `out/` and one level below those, in alphabetical
/// order. Returns its directory, or an empty path.
std::filesystem::path findCompileDatabase(const std::filesystem::path &start);

/// Reads `compile_commands.json` in \p directory; an error is one sentence that
/// names the file and the place in it. Entries that are not usable are left out
/// with a notice. A file that is compiled twice with the same arguments counts
/// once.
std::expected<CompileDatabase, std::string>
loadCompileDatabase(const std::filesystem::path &directory);

}  // namespace reproaudit
