// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Command.h"

#include "reproaudit/report/Formats.h"
#include "reproaudit/report/SarifReader.h"
#include "reproaudit/rerun/Audit.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <unistd.h>

namespace reproaudit {
namespace fs = std::filesystem;

namespace {

struct Arguments {
  std::vector<std::string> command, factors, outputs, masks, reports;
  std::string level = "L5", replay, findings;
  unsigned runs = 3;
  double timeBudget = 120, timeout = 600, tolerance = 1e-5;
  std::uint64_t memory = 0, outputLimit = 4096, processLimit = 4096;
  bool network = false, noNamespaces = false;
};

/// Beside this executable, in a build tree or installed.
std::optional<fs::path> findLibrary() {
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  constexpr const char *kName = "libreproaudit_perturb.so";
  for (const fs::path &directory :
       {here / "../lib", here / "../" REPROAUDIT_LIBDIR})
    if (fs::exists(directory / kName, error))
      return directory / kName;
  return std::nullopt;
}

std::optional<Factor> factorCalled(std::string_view word) {
  for (const FactorInfo &factor : kFactors)
    if (factor.name == word)
      return factor.factor;
  return std::nullopt;
}

/// A problem with the command line, as one sentence.
struct UsageError {
  std::string text;
};

std::vector<Factor> parseFactors(const std::vector<std::string> &words) {
  std::vector<Factor> factors;
  for (const std::string &word : words) {
    const auto factor = factorCalled(word);
    if (!factor)
      throw UsageError{fmt::format("there is no factor '{}'", word)};
    factors.push_back(*factor);
  }
  return factors;
}

/// The interventions in a report of an earlier audit.
std::vector<Intervention> readReplay(const std::string &path) {
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("replay") ||
      !json["replay"].is_array())
    throw UsageError{fmt::format("{} is not a report of `rerun`", path)};
  std::vector<Intervention> replay;
  for (const auto &entry : json["replay"]) {
    Intervention intervention;
    for (const auto &[word, seed] : entry.at("seeds").items())
      if (const auto factor = factorCalled(word))
        intervention.seeds[*factor] = seed.get<std::uint64_t>();
    for (const auto &site : entry.at("sites"))
      intervention.sites.push_back(
          std::stoull(site.get<std::string>(), nullptr, 16));
    replay.push_back(std::move(intervention));
  }
  return replay;
}

/// The findings in a SARIF log of `scan`.
std::vector<Finding> readFindings(const std::string &path) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto log = readSarif(
      text, [](std::string_view) -> const RuleInfo * { return nullptr; });
  if (const auto *problem = std::get_if<std::string>(&log))
    throw UsageError{fmt::format("{}: {}", path, *problem)};
  return std::get<SarifLog>(std::move(log)).report.findings;
}

AuditOptions optionsOf(const Arguments &arguments) {
  AuditOptions options;
  options.runs = arguments.runs;
  options.factors = parseFactors(arguments.factors);
  options.level = static_cast<RepeatLevel>(arguments.level[1] - '0');
  options.outputs = arguments.outputs;
  options.budget = std::chrono::duration<double>(arguments.timeBudget);
  options.compare.tolerance = arguments.tolerance;
  for (const std::string &mask : arguments.masks) {
    try {
      options.compare.masks.emplace_back(mask);
    } catch (const std::regex_error &) {
      throw UsageError{fmt::format("'{}' is not a regular expression", mask)};
    }
  }
  if (!arguments.replay.empty())
    options.replay = readReplay(arguments.replay);
  if (!arguments.findings.empty())
    options.findings = readFindings(arguments.findings);
  return options;
}

std::string render(const std::string &format, const RerunReport &report) {
  if (format == "text")
    return toText(report);
  if (format == "json")
    return toJson(report).dump(2) + "\n";
  if (const Format *known = findFormat(format)) {
    Report findings = toFindings(report);
    findings.evidence = readEvidence(toJson(report).dump()).value();
    return known->render(findings, SourceTexts(fs::current_path().string()),
                         {});
  }
  throw UsageError{fmt::format("there is no format '{}'", format)};
}

/// Writes every requested report; `FORMAT` goes to stdout, `FORMAT:FILE` to a
/// file.
int write(const std::vector<std::string> &outputs, const RerunReport &report) {
  for (const std::string &output : outputs) {
    const std::size_t colon = output.find(':');
    const std::string text = render(output.substr(0, colon), report);
    if (colon == std::string::npos) {
      if (const int written = printOut(text); written != ExitCode::Clean)
        return written;
      continue;
    }
    const std::string path = output.substr(colon + 1);
    std::ofstream file(path, std::ios::binary);
    if (!(file << text) || !file.flush())
      return fail(fmt::format("cannot write {}", path));
  }
  return report.exitCode;
}

int run(const Arguments &arguments) {
  const auto library = findLibrary();
  if (!library)
    return fail("libreproaudit_perturb.so is not beside this program; the "
                "installation is incomplete");
  Target target;
  target.command = arguments.command;
  target.directory = fs::current_path();
  target.timeout = std::chrono::duration<double>(arguments.timeout);
  target.outputLimit = arguments.outputLimit << 20;
  target.memoryLimit = arguments.memory << 20;
  target.processLimit = arguments.processLimit;
  target.network = arguments.network;
  target.namespaces = !arguments.noNamespaces;
  try {
    const AuditOptions options = optionsOf(arguments);
    const auto outputs = arguments.reports.empty()
                             ? std::vector<std::string>{"text"}
                             : arguments.reports;
    for (const std::string &output : outputs)
      render(output.substr(0, output.find(':')), {});
    return write(outputs, audit(target, options, *library));
  } catch (const UsageError &error) {
    return fail(error.text);
  }
}

void addOptions(CLI::App &command, Arguments &arguments) {
  command
      .add_option("command", arguments.command, "The program and its arguments")
      ->required();
  command.add_option("--runs", arguments.runs, "Ordinary runs to start with")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      .add_option("--factors", arguments.factors, "Change only these factors")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B");
  command
      .add_option("--level", arguments.level,
                  "Repeatability to ask for: L2 tolerance, L3 last digits, "
                  "L4 bits on this machine, L5 bits under every factor")
      ->check(CLI::IsMember({"L0", "L1", "L2", "L3", "L4", "L5"}))
      ->capture_default_str();
  command
      .add_option("--outputs", arguments.outputs,
                  "Compare only artifacts whose name matches, such as "
                  "stdout or '*.bin'")
      ->allow_extra_args(false)
      ->type_name("GLOB");
  command.add_option("--mask", arguments.masks, "Text that does not count")
      ->allow_extra_args(false)
      ->type_name("REGEX");
  command
      .add_option("--tolerance", arguments.tolerance,
                  "Relative difference that level L2 allows")
      ->capture_default_str();
  command
      .add_option("--time-budget", arguments.timeBudget,
                  "Seconds after which no new question is asked")
      ->capture_default_str();
  command
      .add_option("--timeout", arguments.timeout,
                  "Seconds that the first run may take")
      ->capture_default_str();
  command
      .add_option("--memory", arguments.memory,
                  "MiB that a process of the program may use")
      ->default_str("what the machine has");
  command
      .add_option("--output-limit", arguments.outputLimit,
                  "MiB that the program may write to a file or stream")
      ->capture_default_str();
  command
      .add_option("--process-limit", arguments.processLimit,
                  "Processes that the program may have at the same time")
      ->capture_default_str();
  command
      .add_option("--findings", arguments.findings,
                  "Say which findings in this SARIF log of `scan` are "
                  "confirmed by running the program")
      ->type_name("FILE");
  command
      .add_option("--replay", arguments.replay,
                  "Repeat only the runs that differed in this JSON report")
      ->type_name("FILE");
  command
      .add_option("--output", arguments.reports,
                  "Write a report: text, json or a format of `scan` such as "
                  "sarif, to stdout or to a file")
      ->allow_extra_args(false)
      ->type_name("FORMAT[:FILE]");
  command.add_flag("--network", arguments.network, "Leave the network on");
  command.add_flag("--no-namespaces", arguments.noNamespaces,
                   "Run in a copy of the directory instead of an overlay");
}

}  // namespace

Command addRerun(CLI::App &app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand(
      "rerun", "Run a program again and again, changing one thing at a time, "
               "and name what changes its output");
  command->prefix_command(false)->positionals_at_end();
  addOptions(*command, *arguments);
  return {command, [arguments] { return run(*arguments); }};
}

}  // namespace reproaudit
