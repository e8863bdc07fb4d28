// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "BaselineFile.h"
#include "Command.h"
#include "Fixes.h"
#include "Output.h"

#include "reproaudit/report/Edits.h"
#include "reproaudit/report/Formats.h"
#include "reproaudit/scan/Cache.h"
#include "reproaudit/scan/Scan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>
#include <unistd.h>
#include <utility>

namespace reproaudit {
namespace {

constexpr unsigned kDefaultUnitSeconds = 300;
constexpr unsigned kDefaultUnitMegabytes = 8192;

struct Arguments {
  std::vector<std::string> paths;
  std::string buildDirectory;
  std::vector<std::string> select;
  std::vector<std::string> ignore;
  std::vector<std::string> require;
  std::vector<std::string> outputs = {"text"};
  std::string diffBase;
  std::string baseline;
  bool staged = false;
  bool fix = false;
  bool unsafeFixes = false;
  bool diff = false;
  std::string failOn = "warning";
  std::string colour = "auto";
  std::string engine = "fast";
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  unsigned unitSeconds = kDefaultUnitSeconds;
  unsigned unitMegabytes = kDefaultUnitMegabytes;
  bool allowIncomplete = false;
  bool noCache = false;
  bool quiet = false;
  bool statistics = false;
};

void addOptions(CLI::App &app, Arguments &arguments) {
  app.add_option("paths", arguments.paths,
                 "Report only findings in these files and folders")
      ->type_name("PATH");
  app.add_option("-p", arguments.buildDirectory,
                 "Folder of compile_commands.json (default: look in ., build*/, "
                 "cmake-build-*/, out/)")
      ->type_name("BUILD_DIR");
  app.add_option("--select", arguments.select,
                 "Only these rules or families, separated by commas")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("RULE|FAMILY");
  app.add_option("--ignore", arguments.ignore, "Not these rules or families")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("RULE|FAMILY");
  app.add_option("--require", arguments.require,
                 "How far the result must repeat; rules of other scopes are off")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(
          {"run", "threads", "platform", "env", "build"}));
  app.add_option("--output", arguments.outputs,
                 "Format, and the file to write it to; may be repeated:" +
                     describeFormats())
      ->allow_extra_args(false)
      ->type_name("FORMAT[:FILE]");
  app.add_option("--fail-on", arguments.failOn,
                 "Lowest level of a finding that makes the exit code 1")
      ->check(CLI::IsMember({"error", "warning", "note", "never"}))
      ->capture_default_str();
  CLI::Option *base = app.add_option(
      "--diff-base", arguments.diffBase,
      "Report only what is new since the merge base with this revision");
  base->type_name("REF");
  app.add_flag("--staged", arguments.staged,
               "Report only what the staged changes bring")
      ->excludes(base);
  app.add_flag("--fix", arguments.fix,
               "Change the sources: apply the fixes that keep their meaning");
  app.add_flag("--unsafe-fixes", arguments.unsafeFixes,
               "With --fix or --diff: also those that need a look");
  app.add_flag("--diff", arguments.diff,
               "Print the fixes as a patch instead of the findings");
  app.add_option("--baseline", arguments.baseline,
                 "Report only what this baseline does not accept")
      ->type_name("FILE");
  app.add_option("-j", arguments.jobs, "Units analysed at the same time")
      ->check(CLI::Range(1, 1024));
  app.add_option("--unit-timeout", arguments.unitSeconds,
                 "Seconds that one unit may take; 0 is no limit")
      ->capture_default_str();
  app.add_option("--unit-memory", arguments.unitMegabytes,
                 "Megabytes that one unit may take; 0 is no limit")
      ->capture_default_str();
  app.add_option("--engine", arguments.engine,
                 "`plain` parses everything; the findings are the same")
      ->check(CLI::IsMember({"fast", "plain"}))
      ->capture_default_str();
  app.add_option("--color", arguments.colour, "Colours in the text format")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_flag("--no-cache", arguments.noCache,
               "Analyse every unit anew and keep no results");
  app.add_flag("--allow-incomplete", arguments.allowIncomplete,
               "Do not fail because a unit could not be analysed");
  app.add_flag("--statistics", arguments.statistics,
               "Print the time of every rule to stderr");
  app.add_flag("-q,--quiet", arguments.quiet,
               "No progress and no summary on stderr");
}

std::vector<Scope> scopesOf(const std::vector<std::string> &words) {
  std::vector<Scope> scopes;
  for (const Scope scope : {Scope::Run, Scope::Threads, Scope::Platform,
                            Scope::Env, Scope::Build})
    if (llvm::is_contained(words, name(scope)))
      scopes.push_back(scope);
  return scopes;
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
    return kInterrupted;
  if (!result.hasUnits)
    return kUsage;
  if (!result.report.complete && !arguments.allowIncomplete)
    return kIncomplete;
  return failsOn(arguments.failOn, result.report) ? kFindings : kClean;
}

std::string counted(std::size_t number, const char *thing) {
  return llvm::formatv("{0} {1}{2}", number, thing, number == 1 ? "" : "s");
}

/// Leaves out what the baseline accepts. An entry whose finding is gone makes
/// the next reader trust a list that is not true, so it is an error.
std::expected<void, std::string> applyBaseline(const Arguments &arguments,
                                               ScanResult &result) {
  const auto baseline = readBaselineFile(arguments.baseline);
  if (!baseline)
    return std::unexpected(baseline.error());
  std::vector<Finding> &findings = result.report.findings;
  const BaselineMatch match = reproaudit::match(*baseline, findings);
  const bool sawEverything =
      result.report.complete && arguments.paths.empty() &&
      arguments.select.empty() && arguments.ignore.empty() &&
      arguments.require.empty() && arguments.diffBase.empty() &&
      !arguments.staged;
  if (sawEverything && !match.stale.empty())
    return std::unexpected(
        llvm::formatv("{0} accepts {1} that {2} not found any more (the first: "
                      "{3} in {4}); run `reproaudit baseline prune`",
                      arguments.baseline, counted(match.stale.size(), "finding"),
                      match.stale.size() == 1 ? "is" : "are",
                      match.stale.front().rule, match.stale.front().path)
            .str());
  std::vector<Finding> added;
  for (std::size_t i = 0; i < findings.size(); ++i)
    if (!match.entryOf[i])
      added.push_back(std::move(findings[i]));
  result.knownFindings += findings.size() - added.size();
  findings = std::move(added);
  return {};
}

/// Applies fixes and takes the findings that they remove out of the report.
std::expected<void, std::string> applyFixes(const Arguments &arguments,
                                            ScanResult &result,
                                            const SourceTexts &texts) {
  std::vector<Finding> &findings = result.report.findings;
  const FixPlan plan = planFixes(findings, arguments.unsafeFixes, texts);
  const Repository repository(result.root);
  if (const auto dirty = changesSince(repository, "HEAD"))
    for (const Edit &edit : plan.edits)
      if (dirty->contains(edit.at.path)) {
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
               plan.conflicting ? "; others overlap with these, run it again"
                                : "");
  return {};
}

void showProgress(std::size_t done, std::size_t all, const std::string &unit) {
  std::fprintf(stderr, "\r\033[K[%zu/%zu] %s%s", done, all, unit.c_str(),
               done == all ? "\r\033[K" : "");
  std::fflush(stderr);
}

void printNotices(const Report &report) {
  for (const Notice &notice : report.notices)
    std::fprintf(stderr, "reproaudit: %s%s%s\n", notice.path.c_str(),
                 notice.path.empty() ? "" : ": ", notice.text.c_str());
}

/// "37 units, 120 files: 3 findings (1 note), 2 suppressed, 1 unit failed, 4 s"
void printSummary(const ScanResult &result, double seconds) {
  const Report &report = result.report;
  std::map<Level, std::size_t> levels;
  std::size_t suppressed = 0;
  for (const Finding &finding : report.findings)
    ++(finding.suppression ? suppressed : levels[finding.level]);
  std::fprintf(
      stderr,
      "reproaudit: %s (%zu cached), %s: %s, %s, %s; %s suppressed%s (%.1f s)\n",
      counted(report.units, "unit").c_str(), result.cachedUnits,
      counted(report.files, "file").c_str(),
      counted(levels[Level::Error], "error").c_str(),
      counted(levels[Level::Warning], "warning").c_str(),
      counted(levels[Level::Note], "note").c_str(),
      std::to_string(suppressed).c_str(),
      report.complete ? "" : "; ANALYSIS INCOMPLETE, see above", seconds);
  if (result.knownFindings > 0)
    std::fprintf(stderr, "reproaudit: %s not shown: known already\n",
                 counted(result.knownFindings, "finding").c_str());
}

void printStatistics(const ScanResult &result) {
  std::vector<std::pair<double, std::string>> rows;
  double sum = 0;
  for (const auto &[rule, seconds] : result.secondsOfRule) {
    rows.emplace_back(-seconds, rule);
    sum += seconds;
  }
  std::ranges::sort(rows);
  std::fprintf(stderr, "%8s  %6s  rule\n", "seconds", "share");
  const double whole = std::max(result.seconds, 1e-9);
  for (const auto &[seconds, rule] : rows)
    std::fprintf(stderr, "%8.3f  %5.1f%%  %s\n", -seconds,
                 -100 * seconds / whole, rule.c_str());
  std::fprintf(stderr, "%8.3f  %5.1f%%  all rules\n%8.3f  100.0%%  all units\n",
               sum, 100 * sum / whole, result.seconds);
}

int run(const Arguments &arguments) {
  auto outputs = parseOutputs(arguments.outputs);
  if (!outputs)
    return fail(outputs.error());
  auto rules = selectRules(
      {arguments.select, arguments.ignore, scopesOf(arguments.require)});
  if (!rules)
    return fail(rules.error());

  ScanOptions options;
  options.rules = std::move(*rules);
  options.rulesAreExplicit = !arguments.select.empty();
  options.paths.assign(arguments.paths.begin(), arguments.paths.end());
  options.buildDirectory = arguments.buildDirectory;
  options.diffBase = arguments.diffBase;
  options.staged = arguments.staged;
  options.limits = {arguments.jobs, std::chrono::seconds(arguments.unitSeconds),
                    std::size_t{arguments.unitMegabytes} << 20};
  options.engine = arguments.engine == "plain" ? Engine::Plain : Engine::Fast;
  options.measureTime = arguments.statistics;
  if (!arguments.noCache)
    options.cacheDirectory = Cache::defaultDirectory();
  if (!arguments.quiet && isatty(STDERR_FILENO))
    options.progress = showProgress;

  const auto start = std::chrono::steady_clock::now();
  auto result = scan(options);
  if (!result)
    return fail(result.error());
  Report &report = result->report;
  if (!arguments.baseline.empty())
    if (const auto applied = applyBaseline(arguments, *result); !applied)
      return fail(applied.error());
  const SourceTexts texts(result->root.string());
  if (arguments.diff)
    return printOut(unifiedDiff(
        planFixes(report.findings, arguments.unsafeFixes, texts).edits, texts));
  if (arguments.fix)
    if (const auto applied = applyFixes(arguments, *result, texts); !applied)
      return fail(applied.error());
  report.exitCode = exitCodeOf(arguments, *result);
  printNotices(report);
  for (const Output &output : *outputs)
    if (const auto written =
            write(output, report, texts, {useColour(arguments.colour)});
        !written)
      return fail(written.error());
  if (arguments.statistics)
    printStatistics(*result);
  if (!arguments.quiet)
    printSummary(*result, std::chrono::duration<double>(
                             std::chrono::steady_clock::now() - start)
                             .count());
  return report.exitCode;
}

}  // namespace

Command addScan(CLI::App &app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand(
      "scan", "Find reproducibility defects in the sources and project files");
  addOptions(*command, *arguments);
  return {command, [arguments] { return run(*arguments); }};
}

}  // namespace reproaudit
