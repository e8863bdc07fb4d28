// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Evidence.h"

#include "BaselineFile.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace reproaudit {

void addEvidence(CLI::App &app, std::string &path) {
  app.add_option("--evidence", path,
                 "What runs showed, a JSON report of `rerun`: findings that it "
                 "confirms are errors, and `html` shows it")
      ->type_name("FILE");
}

std::expected<void, std::string> applyEvidence(const std::string &path,
                                               Report &report) {
  if (path.empty())
    return {};
  const auto text = readFile(path);
  if (!text)
    return std::unexpected(text.error());
  auto evidence = readEvidence(*text);
  if (!evidence)
    return std::unexpected(path + ": " + evidence.error());
  for (Finding &finding : report.findings) {
    const auto confirmed =
        std::ranges::find_if(evidence->confirmed, [&](const auto &each) {
          return each.rule == finding.rule && each.path == finding.at.path &&
                 each.line == finding.at.line;
        });
    if (confirmed == evidence->confirmed.end())
      continue;
    finding.level = Level::Error;
    finding.message +=
        "; confirmed by running the program: " + confirmed->evidence;
  }
  report.evidence = std::move(*evidence);
  return {};
}

}  // namespace reproaudit
