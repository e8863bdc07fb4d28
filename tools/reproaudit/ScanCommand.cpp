// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "BaselineFile.h"
#include "Command.h"
#include "Evidence.h"
#include "Fixes.h"
#include "Output.h"
#include "ScanArguments.h"
#include "Summary.h"

#include "reproaudit/report/Edits.h"
#include "reproaudit/report/Formats.h"
#include "reproaudit/scan/Scan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace reproaudit {
namespace {

struct Arguments {
  ScanArguments scan;
  std::vector<std::string> outputs = {"text"};
  std::string diffBase;
  std::string baseline;
  std::string evidence;
  std::string shard;
  bool staged = false;
  bool cmakeTrace = false;
  bool fix = false;
  bool unsafeFixes = false;
  bool diff = false;
  std::string failOn = "warning";
  std::string colour = "auto";
  Style style;
  bool allowIncomplete = false;
  bool quiet = false;
  bool statistics = false;
};

/// The shard that \p word, "2/4", means.
std::optional<Shard> shardOf(llvm::StringRef word) {
  const auto [number, count] = word.split('/');
  Shard shard;
  if (number.getAsInteger(10, shard.number) ||
      count.getAsInteger(10, shard.count) || shard.number == 0 ||
      shard.number > shard.count)
    return std::nullopt;
  return shard;
}

void addShardOption(CLI::App &app, Arguments &arguments,
                    const std::vector<CLI::Option *> &excluded) {
  CLI::Option *shard = app.add_option(
      "--shard", arguments.shard,
      "Scan part K of N; `merge` makes one report of the SARIF logs of all");
  shard->type_name("K/N")->check(CLI::Validator(
      [](const std::string &word) {
        return shardOf(word) ? ""
                             : "'" + word + "' is not K/N with 1 <= K <= N";
      },
      ""));
  for (CLI::Option *other : excluded)
    shard->excludes(other);
}

void addOptions(CLI::App &app, Arguments &arguments) {
  CLI::Option *paths =
      app.add_option("paths", arguments.scan.paths,
                     "Report only findings in these files and folders");
  paths->type_name("PATH");
  addScanOptions(app, arguments.scan);
  app.add_option("--output", arguments.outputs,
                 "Format, and the file to write it to; may be repeated:" +
                     describeFormats())
      ->allow_extra_args(false)
      ->type_name("FORMAT[:FILE]");
  addSarifProfile(app, arguments.style);
  app.add_option("--fail-on", arguments.failOn,
                 "Lowest level of a finding that makes the exit code 1")
      ->check(CLI::IsMember({"error", "warning", "note", "never"}))
      ->capture_default_str();
  CLI::Option *base = app.add_option(
      "--diff-base", arguments.diffBase,
      "Report only what is new since the merge base with this revision");
  base->type_name("REF");
  CLI::Option *staged =
      app.add_flag("--staged", arguments.staged,
                   "Scan what is staged, and report only what is new in it");
  staged->excludes(base);
  app.add_flag("--cmake-trace", arguments.cmakeTrace,
               "Run CMake on the project, which executes its code, to evaluate "
               "what cannot be read");
  CLI::Option *fix = app.add_flag(
      "--fix", arguments.fix,
      "Change the sources: apply the fixes that keep their meaning");
  app.add_flag("--unsafe-fixes", arguments.unsafeFixes,
               "With --fix or --diff: also those that need a look");
  CLI::Option *diff =
      app.add_flag("--diff", arguments.diff,
                   "Print the fixes as a patch instead of the findings");
  CLI::Option *baseline =
      app.add_option("--baseline", arguments.baseline,
                     "Report only what this baseline does not accept");
  baseline->type_name("FILE");
  addEvidence(app, arguments.evidence);
  addShardOption(app, arguments, {paths, base, staged, fix, diff, baseline});
  app.add_option("--color", arguments.colour, "Colours in the text format")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_flag("--allow-incomplete", arguments.allowIncomplete,
               "Do not fail because a unit could not be analysed");
  app.add_flag("--statistics", arguments.statistics,
               "Print the time of every rule to stderr");
  app.add_flag("-q,--quiet", arguments.quiet,
               "No progress and no summary on stderr");
}

bool failsOn(const std::string &word, const Report &report) {
  if (word == "never")
    return false;
  return llvm::any_of(report.findings, [&](const Finding &finding) {
    return !finding.suppression &&
           (word == "note" || finding.level == Level::Error ||
            (word == "warning" && finding.level == Level::Warning));
  });
}

int exitCodeOf(const Arguments &arguments, const ScanResult &result) {
  if (result.interrupted)
    return ExitCode::Interrupted;
  if (!result.hasUnits)
    return ExitCode::Usage;
  if (!result.report.complete && !arguments.allowIncomplete)
    return ExitCode::Incomplete;
  return failsOn(arguments.failOn, result.report) ? ExitCode::Findings
                                                  : ExitCode::Clean;
}

/// Leaves out what the baseline accepts. An entry whose finding is gone makes
/// the next reader trust a list that is not true, so it is an error, unless the
/// command line has narrowed what is looked for.
std::expected<void, std::string>
applyBaseline(const Arguments &arguments, bool isNarrowed, ScanResult &result) {
  const auto baseline = readBaselineFile(arguments.baseline);
  if (!baseline)
    return std::unexpected(baseline.error());
  std::vector<Finding> &findings = result.report.findings;
  const BaselineMatch match = reproaudit::match(*baseline, findings);
  const bool sawEverything = result.report.complete && !isNarrowed &&
                             arguments.diffBase.empty() && !arguments.staged &&
                             arguments.shard.empty();
  if (sawEverything && !match.stale.empty())
    return std::unexpected(
        llvm::formatv("{0} accepts {1} that {2} not found any more (the first: "
                      "{3} in {4}); run `reproaudit baseline prune`",
                      arguments.baseline,
                      counted(match.stale.size(), "finding"),
                      match.stale.size() == 1 ? "is" : "are",
                      match.stale.front().rule, match.stale.front().path)
            .str());
  std::vector<Finding> added;
  for (std::size_t i = 0; i < findings.size(); ++i)
    if (!match.entryOf[i])
      added.push_back(std::move(findings[i]));
  result.report.known += findings.size() - added.size();
  findings = std::move(added);
  return {};
}

/// Applies fixes and takes the findings that they remove out of the report.
std::expected<void, std::string> applyFixes(const Arguments &arguments,
                                            ScanResult &result,
                                            const SourceTexts &texts) {
  std::vector<Finding> &findings = result.report.findings;
  const FixPlan plan = planFixes(findings, arguments.unsafeFixes, texts);
  for (const Edit &edit : plan.edits)
    if (result.texts.contains(edit.at.path))
      return std::unexpected(
          edit.at.path + " is not on disk as it is staged, which is what its "
                         "fixes are for; stage or stash the rest first");
  const Repository repository(result.root);
  if (const auto dirty = comparisonWith(repository, "HEAD"))
    for (const Edit &edit : plan.edits)
      if (dirty->base.contains(edit.at.path)) {
        std::fprintf(stderr,
                     "reproaudit: %s has changes that are not committed; its "
                     "fixes are mixed with them\n",
                     edit.at.path.c_str());
        break;
      }
  if (auto applied = applyFixes(plan, result.root, texts); !applied)
    return applied;
  std::vector<Finding> left;
  for (std::size_t i = 0; i < findings.size(); ++i)
    if (!plan.fixed.contains(i))
      left.push_back(std::move(findings[i]));
  findings = std::move(left);
  std::fprintf(stderr, "reproaudit: %s fixed%s\n",
               counted(plan.fixed.size(), "finding").c_str(),
               (plan.conflicting != 0)
                   ? "; others overlap with these, run it again"
                   : "");
  return {};
}

std::expected<ScanOptions, std::string> optionsOf(CLI::App &command,
                                                  const Arguments &arguments) {
  auto options = scanOptions(command, arguments.scan);
  if (!options)
    return options;
  options->diffBase = arguments.diffBase;
  options->staged = arguments.staged;
  options->cmakeTrace = arguments.cmakeTrace;
  options->shard = shardOf(arguments.shard);
  options->measureTime = arguments.statistics;
  if (!arguments.quiet && isatty(STDERR_FILENO) != 0)
    options->progress = showProgress;
  return options;
}

/// Takes what is known already into account: baseline and evidence.
std::expected<void, std::string>
applyRecords(const Arguments &arguments, bool isNarrowed, ScanResult &result) {
  if (!arguments.baseline.empty())
    if (auto applied = applyBaseline(arguments, isNarrowed, result); !applied)
      return applied;
  return applyEvidence(arguments.evidence, result.report);
}

std::expected<void, std::string>
writeReports(const Arguments &arguments, const std::vector<Output> &outputs,
             const Report &report, const SourceTexts &texts) {
  Style style = arguments.style;
  style.colour = useColour(arguments.colour);
  if (const std::size_t missing = beyondLimit(report, style.profile))
    std::fprintf(stderr,
                 "reproaudit: %s left out of the SARIF log, which would be "
                 "too long for its reader\n",
                 counted(missing, "finding").c_str());
  for (const Output &output : outputs)
    if (auto written = write(output, report, texts, style); !written)
      return written;
  return {};
}

int run(CLI::App &command, const Arguments &arguments) {
  const ScanArguments &scanned = arguments.scan;
  const bool isNarrowed = !scanned.paths.empty() || !scanned.select.empty() ||
                          !scanned.ignore.empty() || !scanned.require.empty();
  const auto options = optionsOf(command, arguments);
  if (!options)
    return fail(options.error());
  const auto outputs = parseOutputs(arguments.outputs);
  if (!outputs)
    return fail(outputs.error());
  if (options->cmakeTrace && !arguments.quiet)
    std::fprintf(stderr, "reproaudit: running cmake on the project, as "
                         "--cmake-trace asks; its code is executed\n");

  const auto start = std::chrono::steady_clock::now();
  auto result = scan(*options);
  if (!result)
    return fail(result.error());
  if (const auto applied = applyRecords(arguments, isNarrowed, *result);
      !applied)
    return fail(applied.error());
  Report &report = result->report;
  const SourceTexts texts(result->root.string(), result->texts);
  if (arguments.diff)
    return printOut(unifiedDiff(
        planFixes(report.findings, arguments.unsafeFixes, texts).edits, texts));
  if (arguments.fix)
    if (const auto applied = applyFixes(arguments, *result, texts); !applied)
      return fail(applied.error());
  report.exitCode = exitCodeOf(arguments, *result);
  printNotices(report);
  if (const auto written = writeReports(arguments, *outputs, report, texts);
      !written)
    return fail(written.error());
  if (arguments.statistics)
    printStatistics(*result);
  if (!arguments.quiet)
    printSummary(*result, std::chrono::duration<double>(
                              std::chrono::steady_clock::now() - start)
                              .count());
  // A shard judges nothing: `merge` does, over all of them.
  const bool isJudged = report.exitCode == ExitCode::Findings ||
                        report.exitCode == ExitCode::Incomplete;
  return report.shard && isJudged ? ExitCode::Clean : report.exitCode;
}

}  // namespace

Command addScan(CLI::App &app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand(
      "scan", "Find reproducibility defects in the sources and project files");
  addOptions(*command, *arguments);
  return {command, [command, arguments] { return run(*command, *arguments); }};
}

}  // namespace reproaudit
