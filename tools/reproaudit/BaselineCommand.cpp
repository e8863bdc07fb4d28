// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "BaselineFile.h"
#include "Command.h"
#include "Output.h"
#include "ScanArguments.h"

#include "reproaudit/scan/Scan.h"

#include "llvm/Support/FormatVariadic.h"

#include <filesystem>
#include <memory>

namespace reproaudit {
namespace {

struct Arguments {
  std::string action;
  std::string file = ".reproaudit-baseline.json";
  ScanArguments scan;
  bool acceptNew = false;
};

int run(CLI::App &command, const Arguments &arguments) {
  const bool creates = arguments.action == "create";
  if (creates && std::filesystem::exists(arguments.file))
    return fail(arguments.file + " exists already; use `baseline update`");
  Baseline before;
  if (!creates) {
    auto read = readBaselineFile(arguments.file);
    if (!read)
      return fail(read.error());
    before = std::move(*read);
  }

  const auto options = scanOptions(command, arguments.scan);
  if (!options)
    return fail(options.error());
  const auto result = scan(*options);
  if (!result)
    return fail(result.error());
  if (!result->report.complete)
    return fail("the analysis is not complete, so what is fixed cannot be "
                "told from what was not seen; `reproaudit scan` says why",
                ExitCode::Incomplete);

  const std::vector<Finding> &findings = result->report.findings;
  const Baseline after =
      creates ? createBaseline(findings)
      : arguments.action == "update"
          ? updateBaseline(before, findings, arguments.acceptNew)
          : pruneBaseline(before, findings);
  if (const auto written = replaceFile(arguments.file, writeBaseline(after));
      !written)
    return fail(written.error());
  return printOut(llvm::formatv("{0}: {1} findings accepted, {2} before\n",
                                arguments.file, after.entries.size(),
                                before.entries.size()));
}

}  // namespace

Command addBaseline(CLI::App &app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand(
      "baseline", "Accept today's findings, so that only new ones count");
  command
      ->add_option("action", arguments->action,
                   "create; update (follow moved findings, drop fixed ones); "
                   "prune (only drop fixed ones)")
      ->required()
      ->check(CLI::IsMember({"create", "update", "prune"}));
  command->add_option("--file", arguments->file, "The baseline")
      ->capture_default_str();
  addScanOptions(*command, arguments->scan);
  command->add_flag("--accept-new", arguments->acceptNew,
                    "update: add the new findings too");
  return {command, [command, arguments] { return run(*command, *arguments); }};
}

}  // namespace reproaudit
