// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Commands that install past a lock: what it holds is then a wish.
#include "CommandList.h"
#include "Text.h"

#include <algorithm>
#include <array>

namespace reproaudit {
namespace {

struct Bypass {
  std::string_view command;  ///< Program and subcommand.
  std::string_view lock;
  std::string_view enforcing;  ///< Options that make it obey.
  std::string_view cure;
};

constexpr std::array kBypasses = {
    Bypass{"npm install", "package-lock.json", "", "use 'npm ci'"},
    Bypass{"npm i", "package-lock.json", "", "use 'npm ci'"},
    Bypass{"yarn install", "yarn.lock", "--frozen-lockfile --immutable",
           "add --frozen-lockfile, or --immutable from version 2 on"},
    Bypass{"pnpm install", "pnpm-lock.yaml", "--frozen-lockfile",
           "add --frozen-lockfile"},
    Bypass{"uv sync", "uv.lock", "--locked --frozen", "add --locked"},
    Bypass{"poetry update", "poetry.lock", "", "use 'poetry install'"},
    Bypass{"pipenv install", "Pipfile.lock", "--deploy --ignore-pipfile",
           "use 'pipenv sync', or add --deploy"},
    Bypass{"pixi install", "pixi.lock", "--locked --frozen", "add --locked"},
    Bypass{"conda env", "conda-lock.yml", "", "use 'conda-lock install'"},
    Bypass{"mamba env", "conda-lock.yml", "", "use 'conda-lock install'"},
    Bypass{"git submodule", ".gitmodules", "", "leave --remote out"},
};

bool obeys(const Bypass &bypass, const std::vector<std::string> &words) {
  if (bypass.command == "git submodule")
    return std::ranges::find(words, "--remote") == words.end();
  // `npm install NAME` changes the lock on purpose.
  const bool namesPackage =
      std::any_of(words.begin() + 2, words.end(), [](const std::string &word) {
        return !word.starts_with('-');
      });
  if (namesPackage && !bypass.command.ends_with(" env"))
    return true;
  for (const std::string_view option : split(bypass.enforcing, ' '))
    if (!option.empty() && std::ranges::find(words, option) != words.end())
      return true;
  return false;
}

/// Where the command would look for \p lock, or "".
std::string lockFile(const Reading &reading, const Command &command,
                     std::string_view lock) {
  for (const std::string &folder :
       {command.folder, joined(folderOf(reading.path()), command.folder)})
    if (const std::string path = joined(folder, lock);
        reading.project().contains(path))
      return path;
  return "";
}

void add(Reading &reading, const Command &command, std::string_view call,
         const std::string &lock, std::string cure) {
  reading.add({.artefact = Artefact::Package,
               .ecosystem = "lock",
               .name = lock,
               .declared = {},
               .resolved = {},
               .at = reading.at(command.line, command.endLine),
               .evidence = {{{lock}, "this lock is not enforced"}},
               .advisory = true,
               .group = {},
               .problem = "'" + std::string(call) +
                          "' may install other versions than '" + lock +
                          "' holds",
               .cure = std::move(cure)});
}

}  // namespace

void readLockUse(Reading &reading, const CommandList &commands, std::size_t i) {
  const std::vector<std::string> &words = commands.words(i);
  if (words.size() < 2)
    return;
  const std::string call = std::string(commands.program(i)) + " " + words[1];
  for (const Bypass &bypass : kBypasses) {
    if (bypass.command != call || obeys(bypass, words))
      continue;
    const std::string lock = lockFile(reading, commands[i], bypass.lock);
    if (!lock.empty())
      add(reading, commands[i], call, lock, std::string(bypass.cure));
  }
  // `pip install -r requirements.in` beside the file compiled from it.
  for (std::size_t k = 1; k + 1 < words.size(); ++k) {
    const std::string &file = words[k + 1];
    if (words[k] != "-r" || !file.ends_with(".in"))
      continue;
    const std::string lock = lockFile(reading, commands[i],
                                      file.substr(0, file.size() - 3) + ".txt");
    if (!lock.empty())
      add(reading, commands[i], "-r " + file, lock,
          "install '" + lock + "' instead");
  }
}

}  // namespace reproaudit
