// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// `--output FORMAT[:FILE]`: which formats go where.
#pragma once

#include "reproaudit/report/Formats.h"

#include <CLI/CLI.hpp>

#include <expected>
#include <string>
#include <vector>

namespace reproaudit {

struct Output {
  const Format *format;
  std::string file;  ///< Empty or `-`: the standard output.
};

/// The formats with their summaries, for `--help`.
std::string describeFormats();

/// Reads the words of `--output`. The error is one sentence: an unknown format,
/// a folder that is not there, or two formats on the standard output.
std::expected<std::vector<Output>, std::string>
parseOutputs(const std::vector<std::string> &words);

/// Renders \p report and writes it; a file appears whole or not at all.
std::expected<void, std::string> write(const Output &output,
                                       const Report &report,
                                       const SourceTexts &texts,
                                       const Style &style);

/// Writes \p text to \p path through a temporary file beside it, so that no
/// reader meets a half of it. The error is one sentence.
std::expected<void, std::string> replaceFile(const std::string &path,
                                             const std::string &text);

/// Adds `--sarif-profile`; what it says goes to \p style once parsed.
void addSarifProfile(CLI::App &app, Style &style);

/// Whether `--color=WORD` means colours here; `auto` asks the terminal and the
/// environment variables NO_COLOR and CLICOLOR_FORCE.
bool useColour(const std::string &word);

}  // namespace reproaudit
