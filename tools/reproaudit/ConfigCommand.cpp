// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// `.reproaudit.yaml`: what holds here and which file says so.
#include "Command.h"
#include "ScanArguments.h"

#include "reproaudit/scan/Configuration.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <filesystem>
#include <memory>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

struct Arguments {
  std::string action;
  std::string path = ".";
};

/// `key: value  # file:line` for what some file sets.
std::string shownSettings(const Configuration &configuration,
                          const fs::path &folder, const fs::path &root) {
  const auto settings = configuration.settings(folder);
  std::string text;
  for (const ConfigurationKey &key : configurationKeys()) {
    const auto setting = settings.find(std::string(key.name));
    if (setting == settings.end())
      continue;
    std::vector<std::string> words = setting->second.words;
    if (key.of == ConfigurationKey::Of::Path)
      for (std::string &word : words)
        word = fs::path(word).lexically_relative(root).generic_string();
    text += llvm::formatv("{0}: {1}  # {2}:{3}\n", key.name,
                          llvm::join(words, ", "), setting->second.file,
                          setting->second.line);
  }
  return text.empty() ? "# no setting: every option has its default\n" : text;
}

std::string shownRules(const std::vector<RuleSetting> &rules) {
  std::string text =
      rules.empty() ? "" : "levels:  # the last that fits counts\n";
  for (const RuleSetting &rule : rules)
    text += llvm::formatv("  {0}: {1}  # {2}:{3}\n", rule.word,
                          rule.level ? name(*rule.level) : "off", rule.file,
                          rule.line);
  return text;
}

int run(const Arguments &arguments) {
  if (arguments.action == "schema")
    return printOut(configurationSchema());
  std::error_code error;
  const fs::path path = fs::canonical(arguments.path, error);
  if (error)
    return fail("there is no file or folder '" + arguments.path + "'");
  const fs::path folder =
      fs::is_directory(path, error) ? path : path.parent_path();
  const Repository repository = settingsRepository(folder);
  const auto configuration = Configuration::read(repository);
  if (!configuration)
    return fail(configuration.error());
  if (arguments.action == "verify")
    return printOut(configuration->empty()
                        ? "no .reproaudit.yaml here; the defaults hold\n"
                        : "every .reproaudit.yaml here is valid\n");
  const fs::path asFile = folder == path ? path / "*" : path;
  return printOut(shownSettings(*configuration, folder, repository.root()) +
                  shownRules(configuration->ruleSettings(asFile)));
}

}  // namespace

Command addConfig(CLI::App &app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App *command = app.add_subcommand(
      "config", "Show, verify or describe the settings of .reproaudit.yaml");
  command
      ->add_option("action", arguments->action,
                   "show (what holds and which line says so); verify (every "
                   "file of the repository); schema (as JSON Schema)")
      ->required()
      ->check(CLI::IsMember({"show", "verify", "schema"}));
  command
      ->add_option("path", arguments->path,
                   "The file or folder that is asked about")
      ->capture_default_str();
  return {command, [arguments] { return run(*arguments); }};
}

}  // namespace reproaudit
