// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Logs that were written before: converted, or several merged into one.
#include "BaselineFile.h"
#include "Command.h"
#include "Evidence.h"
#include "Output.h"

#include "reproaudit/analysis/Rule.h"
#include "reproaudit/report/SarifReader.h"
#include "reproaudit/scan/Scan.h"

#include <algorithm>
#include <expected>
#include <filesystem>
#include <memory>
#include <variant>

namespace reproaudit {
namespace {

struct Arguments {
  std::vector<std::string> logs;
  std::vector<std::string> outputs;
  std::string evidence;
  Style style;
  bool merges = false;  ///< All logs, those of shards into that of their scan.
};

const RuleInfo *infoOf(std::string_view name) {
  const Rule *rule = findRule(name);
  return rule ? rule->info : nullptr;
}

bool areShards(const std::vector<Report> &reports) {
  return std::ranges::any_of(
      reports, [](const Report &report) { return report.shard.has_value(); });
}

std::expected<Report, std::string>
joinedShards(const std::vector<Report> &reports) {
  const auto configuration =
      Configuration::read(Repository(std::filesystem::current_path()));
  if (!configuration)
    return std::unexpected(configuration.error());
  return mergeShards(reports, *configuration);
}

int run(const Arguments &arguments) {
  const auto outputs = parseOutputs(arguments.outputs);
  if (!outputs)
    return fail(outputs.error());
  std::vector<Report> reports;
  std::map<std::string, std::string> texts;
  for (const std::string &path : arguments.logs) {
    const auto text = readFile(path);
    if (!text)
      return fail(text.error());
    auto log = readSarif(*text, infoOf);
    if (const auto *problem = std::get_if<std::string>(&log))
      return fail(path + ": " + *problem);
    reports.push_back(std::move(std::get<SarifLog>(log).report));
    texts.merge(std::get<SarifLog>(log).texts);
  }
  const bool joinsShards = arguments.merges && areShards(reports);
  std::expected<Report, std::string> report =
      joinsShards           ? joinedShards(reports)
      : reports.size() == 1 ? std::move(reports.front())
                            : merged(reports);
  if (!report)
    return fail(report.error());
  if (const auto applied = applyEvidence(arguments.evidence, *report); !applied)
    return fail(applied.error());
  const SourceTexts sources(".", texts);
  Style style = arguments.style;
  style.colour = useColour("auto");
  for (const Output &output : *outputs)
    if (const auto written = write(output, *report, sources, style); !written)
      return fail(written.error());
  return joinsShards ? report->exitCode : ExitCode::Clean;
}

}  // namespace

Command addReport(CLI::App &app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand(
      "report", "Show a SARIF log of `scan` or `rerun` in another format");
  command->add_option("log", arguments->logs, "The SARIF log")
      ->required()
      ->expected(1);
  command
      ->add_option("--to", arguments->outputs,
                   "Format, and the file to write it to:" + describeFormats())
      ->required()
      ->allow_extra_args(false)
      ->type_name("FORMAT[:FILE]");
  addEvidence(*command, arguments->evidence);
  addSarifProfile(*command, arguments->style);
  return {command, [arguments] { return run(*arguments); }};
}

Command addMerge(CLI::App &app) {
  const auto arguments = std::make_shared<Arguments>();
  arguments->outputs = {"sarif"};
  arguments->merges = true;
  CLI::App *command =
      app.add_subcommand("merge", "Merge SARIF logs of several scans into one");
  command->add_option("logs", arguments->logs, "SARIF logs")->required();
  command
      ->add_option("--output", arguments->outputs,
                   "Format, and the file to write it to")
      ->allow_extra_args(false)
      ->type_name("FORMAT[:FILE]");
  addSarifProfile(*command, arguments->style);
  return {command, [arguments] { return run(*arguments); }};
}

}  // namespace reproaudit
