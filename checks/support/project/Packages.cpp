// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Package managers on the command line. A table says how each one spells what
// it installs; only pip and conda have a syntax of their own for versions.
#include "Commands.h"
#include "Lock.h"
#include "Pin.h"
#include "Text.h"

#include <algorithm>
#include <array>
#include <string>

namespace reproaudit {
namespace {

enum class Syntax : unsigned char { Equals, Pep508, Conda, At, Flag, Dash };

struct Manager {
  std::string_view program;
  std::string_view subcommands;   ///< Words that install, separated by blanks.
  std::string_view valueOptions;  ///< Options that take the next word.
  Syntax syntax;
  bool isSystem;  ///< Changes the operating system of the machine.
};

constexpr std::string_view kPipOptions =
    "-r --requirement -c --constraint -e --editable -i --index-url "
    "--extra-index-url -f --find-links -t --target --prefix --root --python "
    "--platform --python-version --timeout --retries --trusted-host --proxy "
    "--cache-dir --log --no-binary --only-binary --src -p --index "
    "--progress-bar --config-settings --global-option --install-option "
    "--upgrade-strategy --python-platform -b --build --with --report "
    "--root-user-action --index-strategy --default-index --torch-backend "
    "--override --resolution --no-build-package --reinstall-package "
    "-w --wheel-dir -d --dest --keyring-provider --link-mode -C "
    "--implementation --abi --exists-action";
constexpr std::string_view kAptOptions = "-t --target-release -o -c --option";
constexpr std::string_view kDnfOptions =
    "--enablerepo --disablerepo --repo --setopt --installroot --releasever "
    "--exclude -x --nogpgcheck= -c --forcearch -d -e";
constexpr std::string_view kCondaOptions =
    "-n --name -p --prefix -c --channel -f --file --solver --platform "
    "--experimental-solver -r --root-prefix --rc-file";
constexpr std::string_view kNpmOptions = "--prefix --registry -C --cwd --dir";

constexpr std::array kManagers = {
    Manager{"apt-get", "install", kAptOptions, Syntax::Equals, true},
    Manager{"apt", "install", kAptOptions, Syntax::Equals, true},
    Manager{"aptitude", "install", kAptOptions, Syntax::Equals, true},
    Manager{"apt-fast", "install", kAptOptions, Syntax::Equals, true},
    Manager{"apk", "add", "--virtual -t --repository -X -p", Syntax::Equals,
            true},
    Manager{"dnf", "install reinstall", kDnfOptions, Syntax::Dash, true},
    Manager{"microdnf", "install", kDnfOptions, Syntax::Dash, true},
    Manager{"yum", "install", kDnfOptions, Syntax::Dash, true},
    Manager{"tdnf", "install", kDnfOptions, Syntax::Dash, true},
    Manager{"zypper", "install in", "-r --repo --from", Syntax::Equals, true},
    Manager{"pacman", "-S -Sy -Syu -Syyu", "--ignore", Syntax::Equals, true},
    Manager{"brew", "install", "", Syntax::At, true},
    Manager{"choco", "install",
            "-s --source --params --package-parameters "
            "--installargs --install-arguments --ia "
            "--execution-timeout",
            Syntax::Flag, true},
    Manager{"winget", "install", "--source -s", Syntax::Flag, true},
    Manager{"scoop", "install", "", Syntax::At, true},
    Manager{"pip", "install download wheel", kPipOptions, Syntax::Pep508,
            false},
    Manager{"pipx", "install", kPipOptions, Syntax::Pep508, false},
    Manager{"conda", "install create", kCondaOptions, Syntax::Conda, false},
    Manager{"mamba", "install create", kCondaOptions, Syntax::Conda, false},
    Manager{"micromamba", "install create", kCondaOptions, Syntax::Conda,
            false},
    Manager{"npm", "install i add", kNpmOptions, Syntax::At, false},
    Manager{"pnpm", "add", kNpmOptions, Syntax::At, false},
    Manager{"yarn", "add", kNpmOptions, Syntax::At, false},
    Manager{"gem", "install", "-s --source -i --install-dir -n --bindir",
            Syntax::Flag, false},
    Manager{"cargo", "install",
            "--git --path --root --features --target --rev "
            "--tag --branch -F --profile --bin",
            Syntax::Flag, false},
    Manager{"go", "install", "-ldflags -tags -mod", Syntax::At, false},
    Manager{"dotnet", "install add", "", Syntax::Flag, false},
};

bool hasWord(std::string_view list, std::string_view word) {
  for (const std::string_view one : split(list, ' '))
    if (one == word)
      return true;
  return false;
}

/// The words of \p words after \p from that are no options and no values of
/// options; options end up in \p options as `name` or `name=value`.
std::vector<std::string> operands(const std::vector<std::string> &words,
                                  std::size_t from,
                                  std::string_view valueOptions,
                                  std::vector<std::string> &options) {
  std::vector<std::string> out;
  for (std::size_t i = from; i < words.size(); ++i) {
    const std::string &word = words[i];
    if (!word.starts_with('-') || word == "-") {
      if (!word.empty() && word != "\\")
        out.push_back(word);
    } else if (hasWord(valueOptions, word) && i + 1 < words.size()) {
      options.push_back(word + "=" + words[++i]);
    } else {
      options.push_back(word);
    }
  }
  return out;
}

/// `name-1.2.3-4.el8`, or a version in the name: `intel-mkl-2020.4-912`.
bool hasVersionInName(std::string_view name) {
  const std::size_t last = name.rfind('-');
  const bool endsInYear = last != std::string_view::npos &&
                          name.substr(last + 1).starts_with("20") &&
                          name.substr(last + 1).find('.') == 4;
  return std::ranges::count(name, '-') >= 2 &&
         (versionParts(name) >= 3 || endsInYear);
}

/// `apt-get upgrade`: every package of the system becomes the newest.
bool upgradesAll(const Manager &manager,
                 const std::vector<std::string> &words) {
  static constexpr std::array kWords = {"upgrade", "dist-upgrade",
                                        "full-upgrade", "dup"};
  static constexpr std::array kUpdaters = {"dnf", "yum", "microdnf", "tdnf"};
  if (!manager.isSystem || manager.syntax == Syntax::At ||
      manager.syntax == Syntax::Flag)
    return false;
  std::vector<std::string> options;
  const std::vector<std::string> names =
      operands(words, 1, manager.valueOptions, options);
  return names.size() == 1 &&
         (isOneOf(names[0], kWords) ||
          (names[0] == "update" && isOneOf(manager.program, kUpdaters)));
}

struct Package {
  std::string name;
  std::string version;
  Strength strength = Strength::None;
  bool isLocal = false;
};

Package separated(const std::string &word, char separator) {
  Package out;
  const std::size_t at = word.find(separator, 1);
  out.name = word.substr(0, at);
  if (at != std::string::npos) {
    out.version = trim(std::string_view(word).substr(
        std::min(word.find_first_not_of("=<>~", at), word.size())));
    out.strength = contains(word, "<") || contains(word, ">") ||
                           contains(word, "*") || contains(word, "~")
                       ? Strength::Range
                       : Strength::Exact;
  } else if (hasVersionInName(word)) {
    out.strength = Strength::Exact;
  }
  out.isLocal = word.starts_with("./") || word.starts_with("/") ||
                word.starts_with("../") || word.ends_with(".deb") ||
                word.ends_with(".rpm") || word.ends_with(".apk");
  return out;
}

/// `name=1.2`, `name==1.2.3`, `name=1.2.3=build`, `channel::name`.
Package condaPackage(std::string word) {
  Package out;
  if (const std::size_t channel = word.find("::"); channel != std::string::npos)
    word = word.substr(channel + 2);
  const std::size_t at = word.find_first_of("=<>! ~");
  out.name = word.substr(0, at);
  if (at == std::string::npos)
    return out;
  const std::string_view spec = trim(std::string_view(word).substr(at));
  out.version = spec;
  const std::string_view number =
      spec.substr(std::min(spec.find_first_not_of("= "), spec.size()));
  const std::string_view version = number.substr(0, number.find('='));
  const bool isRange = spec.find_first_of("<>!~,|") != std::string_view::npos ||
                       version.ends_with('*');
  const bool isExact = spec.starts_with("==") || versionParts(version) >= 3 ||
                       number.find('=') != std::string_view::npos;
  out.strength = !isRange && isExact ? Strength::Exact : Strength::Range;
  if (!isResolved(version) && !isRange)
    out.strength = Strength::Exact;
  return out;
}

Package atPackage(const std::string &word, const Manager &manager) {
  Package out;
  const std::size_t at = word.find('@', 1);
  out.name = word.substr(0, at);
  out.isLocal = word.starts_with("./") || word.starts_with("/") ||
                word.starts_with("../") || word == "." ||
                word.ends_with(".tgz") || word.ends_with(".rb");
  if (at == std::string::npos)
    return out;
  out.version = word.substr(at + 1);
  if (manager.program == "go")
    out.strength = out.version == "latest" ? Strength::None
                   : versionParts(out.version) >= 3 || isHex(out.version, 7, 40)
                       ? Strength::Content
                       : Strength::Mutable;
  else if (manager.program == "brew")
    out.strength = Strength::Range;
  else
    out.strength = semverStrength(out.version);
  return out;
}

Package pepPackage(const std::string &word) {
  const Requirement from = requirement(word);
  return {from.name, from.version,
          !isResolved(from.version) && from.version.starts_with("==")
              ? Strength::Exact
              : from.strength,
          from.local};
}

const Manager *managerOf(std::string_view program) {
  if (program == "pip3" || program.starts_with("pip3.") || program == "pip2")
    program = "pip";
  const auto *found = std::ranges::find(kManagers, program, &Manager::program);
  return found == kManagers.end() ? nullptr : found;
}

/// The program and the index of the word after it: `python -m pip`, `uv pip`
/// and `uv tool` are pip.
const Manager *managerOf(const std::vector<std::string> &words,
                         std::size_t &next) {
  for (std::size_t i = 1; i + 1 < words.size(); ++i)
    if (words[i] == "-m" && words[i + 1] == "pip") {
      next = i + 2;
      return managerOf("pip");
    }
  if (words.size() > 1 && words[0] == "uv" &&
      (words[1] == "pip" || words[1] == "tool")) {
    next = 2;
    return managerOf(words[1] == "pip" ? "pip" : "pipx");
  }
  next = 1;
  Command program;
  program.words = words;
  return managerOf(program.program());
}

Package packageOf(const Manager &manager, const std::string &word) {
  switch (manager.syntax) {
  case Syntax::Pep508:
    return pepPackage(word);
  case Syntax::Conda:
    return condaPackage(word);
  case Syntax::At:
    return atPackage(word, manager);
  case Syntax::Equals:
  case Syntax::Dash:
  case Syntax::Flag:
    break;
  }
  return separated(word, manager.syntax == Syntax::Flag ? '@' : '=');
}

/// A version that an option gives to every package of the call.
Strength optionStrength(const Manager &manager,
                        const std::vector<std::string> &options,
                        const std::vector<std::string> &words) {
  for (const std::string &option : options) {
    if (option.starts_with("--require-hashes"))
      return Strength::Content;
    if (option.starts_with("--rev="))
      return gitStrength(option.substr(6));
    if (manager.syntax == Syntax::Flag &&
        (option.starts_with("--version") || option == "-v" ||
         option.starts_with("-v=") || option.starts_with("--version=") ||
         option.starts_with("--vers") || option.starts_with("--tag=")))
      return Strength::Exact;
  }
  return manager.syntax == Syntax::Flag && std::ranges::count(words, "-v") > 0
             ? Strength::Exact
             : Strength::None;
}

/// `pip install --no-index -f wheels` takes what was built or fetched before.
bool takesLocalFilesOnly(const std::vector<std::string> &options) {
  return std::ranges::count(options, "--no-index") > 0 &&
         std::ranges::none_of(options, [](const std::string &option) {
           return contains(option, "://");
         });
}

/// The constraints that `pip install -c FILE` names. In an image FILE is where
/// the Dockerfile copied it to: then the project's only file of that name.
Lock constraintsOf(const Project &project, const Command &command,
                   const std::vector<std::string> &options) {
  for (const std::string &option : options) {
    if (!option.starts_with("-c=") && !option.starts_with("--constraint="))
      continue;
    const std::string name = option.substr(option.find('=') + 1);
    std::string path = joined(command.folder, name);
    for (const std::string &file : project.files())
      if (!project.contains(path) && baseName(file) == baseName(name))
        path = file;
    if (project.contains(path))
      return compiledRequirements(path, project.text(path));
  }
  return {};
}

}  // namespace

bool readPackages(Reading &reading, const Command &command,
                  const std::vector<std::string> &words, bool buildsImage) {
  std::size_t next = 0;
  const Manager *manager = managerOf(words, next);
  if (manager == nullptr)
    return false;
  if (upgradesAll(*manager, words))
    reading.add({.artefact = Artefact::Package,
                 .ecosystem = std::string(manager->program),
                 .name = "every installed package",
                 .declared = {},
                 .resolved = {},
                 .at = reading.at(command.line, command.endLine),
                 .evidence = {},
                 .advisory = !buildsImage,
                 .group = {}});
  while (next < words.size() && !hasWord(manager->subcommands, words[next]))
    ++next;
  if (next >= words.size())
    return true;
  std::vector<std::string> options;
  const std::string valueOptions =
      std::string(manager->valueOptions) +
      (manager->syntax == Syntax::Flag ? " --version -v --vers" : "");
  const std::vector<std::string> names =
      operands(words, next + 1, valueOptions, options);
  if (takesLocalFilesOnly(options))
    return true;
  const Strength forAll = optionStrength(*manager, options, words);
  const Lock lock = manager->syntax == Syntax::Pep508
                        ? constraintsOf(reading.project(), command, options)
                        : Lock{};
  for (const std::string &word : names) {
    const Package package = packageOf(*manager, word);
    const bool isName =
        !package.name.empty() && isResolved(package.name) &&
        package.name.find_first_of("*()/\\<>|\"'`") == std::string::npos;
    const bool isPath = manager->program == "go" || manager->program == "npm";
    if (package.isLocal || (!isName && !(isPath && isResolved(word))))
      continue;
    Dependency &added =
        reading.add({.artefact = Artefact::Package,
                     .ecosystem = std::string(manager->program),
                     .name = package.name,
                     .declared = package.version,
                     .resolved = package.version,
                     .strength = std::max(package.strength, forAll),
                     .at = reading.at(command.line, command.endLine),
                     .evidence = {},
                     .advisory = manager->isSystem && !buildsImage,
                     .group = std::string(manager->program) + " " +
                              std::to_string(command.line)});
    if (!lock.path.empty() && added.strength < Strength::Exact)
      applyLock(added, lock);
  }
  return true;
}

}  // namespace reproaudit
