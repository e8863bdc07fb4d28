// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a command that scans is told: on its command line and, where that says
/// nothing, in `.reproaudit.yaml`.
#pragma once

#include "reproaudit/scan/Scan.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <expected>
#include <string>
#include <thread>
#include <vector>

namespace reproaudit {

/// The options that decide what is found.
struct ScanArguments {
  std::vector<std::string> paths;
  std::string buildDirectory;
  std::vector<std::string> select;
  std::vector<std::string> ignore;
  std::vector<std::string> require;
  std::string engine = "fast";
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  unsigned unitSeconds = 300;
  unsigned unitMegabytes = 8192;
  bool noCache = false;
};

void addScanOptions(CLI::App &app, ScanArguments &arguments);

/// Where the settings of a scan of \p arguments are looked for.
std::filesystem::path settingsFolder(const ScanArguments &arguments);

/// The repository whose settings hold in \p folder: without git what is below
/// the current folder, if that is around it.
Repository settingsRepository(const std::filesystem::path &folder);

/// Gives every option of \p command that the command line leaves open the value
/// that \p configuration has for it in \p folder. The error is one sentence.
std::expected<void, std::string> configure(CLI::App &command,
                                           const Configuration &configuration,
                                           const std::filesystem::path &folder);

/// Reads the settings, completes \p arguments, and the other options of
/// \p command, by them, and returns the options of the scan.
std::expected<ScanOptions, std::string>
scanOptions(CLI::App &command, const ScanArguments &arguments);

}  // namespace reproaudit
