// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ScanArguments.h"

#include "reproaudit/scan/Cache.h"
#include "reproaudit/scan/Repository.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <chrono>
#include <filesystem>
#include <utility>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

std::vector<Scope> scopesOf(const std::vector<std::string> &words) {
  std::vector<Scope> scopes;
  for (const Scope scope :
       {Scope::Run, Scope::Threads, Scope::Platform, Scope::Env, Scope::Build})
    if (llvm::is_contained(words, name(scope)))
      scopes.push_back(scope);
  return scopes;
}

bool isGiven(const CLI::Option *option) { return option->count() > 0; }

void addWords(CLI::App &app, const char *name, std::vector<std::string> &words,
              const char *summary) {
  app.add_option(name, words, summary)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("RULE|FAMILY");
}

}  // namespace

void addScanOptions(CLI::App &app, ScanArguments &arguments) {
  app.add_option(
         "-p,--build-dir", arguments.buildDirectory,
         "Folder of compile_commands.json (default: look in ., build*/, "
         "cmake-build-*/, out/)")
      ->type_name("BUILD_DIR");
  addWords(app, "--select", arguments.select,
           "Only these rules or families, separated by commas");
  addWords(app, "--ignore", arguments.ignore, "Not these rules or families");
  app.add_option(
         "--require", arguments.require,
         "How far the result must repeat; rules of other scopes are off")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"run", "threads", "platform", "env", "build"}));
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
  app.add_flag("--no-cache", arguments.noCache,
               "Analyse every unit anew and keep no results");
}

fs::path settingsFolder(const ScanArguments &arguments) {
  std::error_code ignored;
  fs::path start = fs::current_path(ignored);
  if (!arguments.paths.empty())
    start /= arguments.paths.front();
  else if (!arguments.buildDirectory.empty())
    start /= arguments.buildDirectory;
  start = fs::weakly_canonical(start, ignored);
  return fs::is_directory(start, ignored) ? start : start.parent_path();
}

Repository settingsRepository(const fs::path &folder) {
  const Repository repository(folder);
  std::error_code ignored;
  const Repository here(fs::current_path(ignored));
  const bool isAround = !here.relative(folder.string()).empty();
  return !repository.hasGit() && isAround ? here : repository;
}

std::expected<void, std::string> configure(CLI::App &command,
                                           const Configuration &configuration,
                                           const fs::path &folder) {
  for (const auto &[key, setting] : configuration.settings(folder)) {
    CLI::Option *option = command.get_option_no_throw("--" + key);
    if (option == nullptr || isGiven(option) ||
        llvm::any_of(option->get_excludes(), isGiven))
      continue;
    try {
      for (const std::string &word : setting.words)
        option->add_result(word);
      option->run_callback();
    } catch (const CLI::Error &error) {
      return std::unexpected(llvm::formatv("{0}:{1}: {2}", setting.file,
                                           setting.line, error.what())
                                 .str());
    }
  }
  return {};
}

std::expected<ScanOptions, std::string>
scanOptions(CLI::App &command, const ScanArguments &arguments) {
  ScanOptions options;
  // The command line names rules, a file of settings only narrows the default.
  options.rulesAreExplicit = !arguments.select.empty();
  const fs::path folder = settingsFolder(arguments);
  auto configuration = Configuration::read(settingsRepository(folder));
  if (!configuration)
    return std::unexpected(configuration.error());
  if (auto applied = configure(command, *configuration, folder); !applied)
    return std::unexpected(applied.error());
  auto rules = selectRules(
      {arguments.select, arguments.ignore, scopesOf(arguments.require)});
  if (!rules)
    return std::unexpected(rules.error());
  options.rules = std::move(*rules);
  options.configuration = std::move(*configuration);
  options.paths.assign(arguments.paths.begin(), arguments.paths.end());
  options.buildDirectory = arguments.buildDirectory;
  options.limits = {arguments.jobs, std::chrono::seconds(arguments.unitSeconds),
                    std::size_t{arguments.unitMegabytes} << 20};
  options.engine = arguments.engine == "plain" ? Engine::Plain : Engine::Fast;
  if (!arguments.noCache)
    options.cacheDirectory = Cache::defaultDirectory();
  return options;
}

}  // namespace reproaudit
