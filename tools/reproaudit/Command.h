// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The subcommands. Each file of this folder adds one to the command line and
/// says how it runs.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace reproaudit {

/// What the exit code of `scan` says; docs/guide/exit-codes.md.
enum ExitCode : std::uint8_t {
  Clean = 0,       ///< Nothing at or above `--fail-on`.
  Findings = 1,    ///< Something at or above it.
  Usage = 2,       ///< The command line, a file named on it, or no database.
  Incomplete = 3,  ///< A part could not be analysed.
  Internal = 4,    ///< A bug of ours.
  Interrupted = 130,
};

struct Command {
  CLI::App *app;  ///< Its options, bound to variables that `run` owns.
  std::function<int()> run;  ///< Called after parsing; returns the exit code.
};

Command addBaseline(CLI::App &app);
Command addCache(CLI::App &app);
Command addCompletion(CLI::App &app);
Command addConfig(CLI::App &app);
Command addDoctor(CLI::App &app);
Command addExplain(CLI::App &app);
Command addRerun(CLI::App &app);
Command addInit(CLI::App &app);
Command addMan(CLI::App &app);
Command addMerge(CLI::App &app);
Command addReport(CLI::App &app);
Command addRules(CLI::App &app);
Command addScan(CLI::App &app);
Command addVersion(CLI::App &app);

/// Prints `reproaudit: TEXT` to stderr and returns \p code.
int fail(const std::string &text, ExitCode code = ExitCode::Usage);

/// Writes \p text to stdout; a full disk or closed pipe is ExitCode::Usage.
int printOut(const std::string &text);

}  // namespace reproaudit
