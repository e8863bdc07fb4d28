// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that list packages: requirements, pyproject, Pipfile, conda and pixi
// environments, pre-commit, package.json. With the locks that cover them.
#include "Images.h"
#include "Pin.h"
#include "Readers.h"
#include "Text.h"

#include "reproaudit/analysis/Document.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace reproaudit {
namespace {

std::string normalisedName(std::string_view name) {
  std::string out = lower(name);
  std::ranges::replace(out, '_', '-');
  std::ranges::replace(out, '.', '-');
  return out;
}

/// A lock counts if git tracks it, it can be read and no merge was left in it.
std::optional<std::string> lockOf(const Project &project,
                                  std::string_view folder,
                                  std::initializer_list<const char *> names) {
  while (true) {
    for (const char *name : names) {
      const std::string path = joined(folder, name);
      if (project.contains(path) && !project.text(path).empty() &&
          !contains(project.text(path), "\n<<<<<<<"))
        return path;
    }
    if (folder.empty())
      return std::nullopt;
    folder = folderOf(folder);
  }
}

/// One logical line of a requirements file.
struct RequirementLine {
  std::string text;
  unsigned line = 0;
  unsigned endLine = 0;
};

std::vector<RequirementLine> requirementLines(std::string_view text) {
  std::vector<RequirementLine> out;
  std::string open;
  unsigned start = 0;
  unsigned number = 0;
  if (text.starts_with("\xef\xbb\xbf"))
    text.remove_prefix(3);
  for (std::string_view line : lines(text)) {
    ++number;
    if (open.empty())
      start = number;
    const std::string_view bare = trim(line);
    if (bare.starts_with('#') && open.empty())
      continue;
    const bool isContinued = bare.ends_with('\\');
    open += isContinued ? bare.substr(0, bare.size() - 1)
                        : bare.substr(0, bare.find(" #"));
    if (isContinued)
      continue;
    if (!trim(open).empty())
      out.push_back({std::string(trim(open)), start, number});
    open.clear();
  }
  return out;
}

/// What a compiled requirements file says: name to strength.
std::map<std::string, Strength> compiled(const std::string &text) {
  std::map<std::string, Strength> out;
  for (const RequirementLine &line : requirementLines(text)) {
    const Requirement one =
        requirement(line.text.substr(0, line.text.find(" --")));
    if (!one.name.empty() && one.strength >= Strength::Exact)
      out[normalisedName(one.name)] =
          contains(line.text, "--hash=") ? Strength::Content : one.strength;
  }
  return out;
}

/// The locks that were compiled from the `.in` file \p path.
std::map<std::string, std::pair<Strength, std::string>>
compiledFrom(const Project &project, const std::string &path) {
  std::map<std::string, std::pair<Strength, std::string>> out;
  if (!path.ends_with(".in"))
    return out;
  const std::string folder(folderOf(path));
  const std::string name(baseName(path));
  for (const std::string &other : project.files()) {
    if (folderOf(other) != folder || other == path ||
        (!other.ends_with(".txt") && !other.ends_with(".lock")))
      continue;
    const std::string &text = project.text(other);
    const std::string stem = name.substr(0, name.size() - 3);
    if (!contains(text, name) && !baseName(other).starts_with(stem))
      continue;
    for (const auto &[package, strength] : compiled(text))
      out.try_emplace(package, strength, other);
  }
  return out;
}

/// `-c constraints.txt` fixes what the file leaves open.
std::map<std::string, Strength>
constraints(Reading &reading, const std::vector<RequirementLine> &all) {
  std::map<std::string, Strength> out;
  for (const RequirementLine &line : all) {
    for (const std::string_view option : {"-c ", "--constraint "}) {
      if (!line.text.starts_with(option))
        continue;
      const std::string path = joined(folderOf(reading.path()),
                                      trim(line.text.substr(option.size())));
      out.merge(compiled(reading.project().text(path)));
    }
  }
  return out;
}

void addPackage(Reading &reading, std::string_view ecosystem, std::string name,
                std::string version, Strength strength, unsigned line,
                bool advisory = false,
                const std::optional<std::string> &lock = std::nullopt) {
  Dependency out{.artefact = Artefact::Package,
                 .ecosystem = std::string(ecosystem),
                 .name = std::move(name),
                 .declared = version,
                 .resolved = std::move(version),
                 .strength = strength,
                 .at = reading.at(line),
                 .evidence = {},
                 .advisory = advisory,
                 .group = {}};
  if (lock) {
    out.strength = Strength::Content;
    out.evidence.push_back({{*lock}, "locked here"});
  }
  reading.add(std::move(out));
}

/// Adds a PEP 508 string; one that is none is ignored.
void addRequirement(Reading &reading, std::string_view ecosystem,
                    std::string_view text, unsigned line, bool advisory = false,
                    const std::optional<std::string> &lock = std::nullopt) {
  const Requirement one = requirement(text);
  if (!one.local && !one.name.empty() && isResolved(one.name))
    addPackage(reading, ecosystem, one.name, one.version, one.strength, line,
               advisory, lock);
}

void addCondaPackage(Reading &reading, const Node &spec,
                     const std::optional<std::string> &lock) {
  std::string_view text = trim(spec.text);
  if (const std::size_t channel = text.find("::");
      channel != std::string_view::npos)
    text.remove_prefix(channel + 2);
  const std::size_t end = text.find_first_of("=<>!~ [");
  const std::string name(text.substr(0, end));
  std::string_view rest = end == std::string_view::npos
                              ? std::string_view{}
                              : trim(text.substr(end));
  if (name.empty() || !isResolved(name))
    return;
  const bool isRange =
      rest.find_first_of("<>!~*,|") != std::string_view::npos &&
      std::ranges::count(rest, '=') < 2;
  const std::size_t digits = rest.find_first_not_of("= ");
  const std::string_view version = digits == std::string_view::npos
                                       ? std::string_view{}
                                       : rest.substr(digits);
  Strength strength = Strength::None;
  if (!version.empty())
    strength =
        !isRange && (rest.starts_with("==") || versionParts(version) >= 3 ||
                     contains(version, "="))
            ? Strength::Exact
            : Strength::Range;
  if (name == "pip" && strength == Strength::None)
    return;  // the tool that the pip section needs
  addPackage(reading, "conda", name, std::string(rest), strength, spec.line,
             false, lock);
}

/// The tables of pixi, npm and Pipfile: name to version or to a table.
void addTable(Reading &reading, std::string_view ecosystem, const Node &table,
              const std::optional<std::string> &lock, bool advisory) {
  for (const Entry &entry : table.entries) {
    const Node &version =
        entry.value.isMap() ? entry.value["version"] : entry.value;
    if (entry.value.isMap() && !entry.value["path"].isNull())
      continue;
    const Node &git = entry.value["git"];
    std::string text = version.text;
    Strength strength = Strength::None;
    if (git.isScalar()) {
      const Node &revision = entry.value["rev"];
      text = !revision.isNull()             ? revision.text
             : !entry.value["tag"].isNull() ? entry.value["tag"].text
                                            : entry.value["branch"].text;
      if (text.empty())
        text = entry.value["ref"].text;
      strength = gitStrength(text);
    } else if (text.starts_with("file:") || text.starts_with("workspace:") ||
               text.starts_with("link:") || text.starts_with("./")) {
      continue;
    } else if (text.starts_with("==") && !contains(text, "*")) {
      strength = Strength::Exact;
    } else if (isRemote(text) || contains(text, "github:")) {
      const std::size_t hash = text.find('#');
      strength = hash == std::string::npos ? Strength::None
                                           : gitStrength(text.substr(hash + 1));
    } else {
      strength = semverStrength(text);
    }
    addPackage(reading, ecosystem, entry.key, text, strength, entry.line,
               advisory, lock);
  }
}

}  // namespace

void readRequirements(Reading &reading) {
  const std::vector<RequirementLine> all = requirementLines(reading.text());
  const auto locks = compiledFrom(reading.project(), reading.path());
  const auto fixed = constraints(reading, all);
  for (const RequirementLine &line : all) {
    std::string text = line.text;
    if (text.starts_with("-e ") || text.starts_with("--editable "))
      text = trim(std::string_view(text).substr(text.find(' ')));
    if (text.starts_with('-') || text.starts_with('<') || text.starts_with('='))
      continue;
    const bool hasHash = contains(text, "--hash=");
    const Requirement one = requirement(text.substr(0, text.find(" --")));
    if (one.local || one.name.empty() || !isResolved(one.name))
      continue;
    Dependency out{.artefact = Artefact::Package,
                   .ecosystem = "requirements file",
                   .name = one.name,
                   .declared = one.version,
                   .resolved = one.version,
                   .strength = hasHash ? Strength::Content : one.strength,
                   .at = reading.at(line.line, line.endLine),
                   .evidence = {},
                   .group = {}};
    const std::string key = normalisedName(one.name);
    if (const auto lock = locks.find(key); lock != locks.end()) {
      out.strength = std::max(out.strength, lock->second.first);
      out.evidence.push_back({{lock->second.second}, "locked here"});
    }
    if (const auto found = fixed.find(key); found != fixed.end())
      out.strength = std::max(out.strength, found->second);
    reading.add(std::move(out));
  }
}

void readPyproject(Reading &reading) {
  const Node root = tomlOf(reading);
  const auto lock =
      lockOf(reading.project(), folderOf(reading.path()),
             {"uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"});
  // What a library asks of its users is a range on purpose.
  const auto list = [&](const Node &node, std::string_view ecosystem,
                        const std::optional<std::string> &by) {
    for (const Entry &item : node.entries)
      if (item.value.isScalar())
        addRequirement(reading, ecosystem, item.value.text, item.value.line,
                       true, by);
  };
  list(root["build-system"]["requires"], "build-system", std::nullopt);
  list(root["project"]["dependencies"], "pyproject", lock);
  for (const Entry &extra : root["project"]["optional-dependencies"].entries)
    list(extra.value, "pyproject", lock);
  for (const Entry &group : root["dependency-groups"].entries)
    list(group.value, "pyproject", lock);
  const Node &poetry = root["tool"]["poetry"];
  addTable(reading, "poetry", poetry["dependencies"], lock, true);
  for (const Entry &group : poetry["group"].entries)
    addTable(reading, "poetry", group.value["dependencies"], lock, true);
  addTable(reading, "pixi", root["tool"]["pixi"]["dependencies"],
           lockOf(reading.project(), folderOf(reading.path()), {"pixi.lock"}),
           false);
}

void readPipfile(Reading &reading) {
  const Node root = tomlOf(reading);
  const auto lock =
      lockOf(reading.project(), folderOf(reading.path()), {"Pipfile.lock"});
  addTable(reading, "pipenv", root["packages"], lock, false);
  addTable(reading, "pipenv", root["dev-packages"], lock, false);
}

void readPixi(Reading &reading) {
  const Node root = tomlOf(reading);
  const auto lock =
      lockOf(reading.project(), folderOf(reading.path()), {"pixi.lock"});
  const auto tables = [&](const Node &node) {
    for (const char *key : {"dependencies", "pypi-dependencies",
                            "build-dependencies", "host-dependencies"})
      addTable(reading, "pixi", node[key], lock, false);
  };
  tables(root);
  for (const char *group : {"feature", "target"})
    for (const Entry &one : root[group].entries)
      tables(one.value);
}

void readCondaEnvironment(Reading &reading) {
  const Node root = yamlOf(reading);
  const auto lock = lockOf(reading.project(), folderOf(reading.path()),
                           {"conda-lock.yml", "conda-lock.yaml"});
  for (const Entry &item : root["dependencies"].entries) {
    if (item.value.isScalar())
      addCondaPackage(reading, item.value, lock);
    for (const Entry &line : item.value["pip"].entries)
      if (!line.value.text.starts_with('-'))
        addRequirement(reading, "conda pip", line.value.text, line.value.line,
                       false, lock);
  }
}

void readPreCommit(Reading &reading) {
  const Node root = yamlOf(reading);
  for (const Entry &item : root["repos"].entries) {
    const Node &repo = item.value["repo"];
    const Node &rev = item.value["rev"];
    if (repo.isScalar() && repo.text != "local" && repo.text != "meta") {
      // A tag of two numbers is a release here: hooks have no other name.
      reading.add({.artefact = Artefact::Action,
                   .ecosystem = "pre-commit",
                   .name = repo.text,
                   .declared = rev.text,
                   .resolved = rev.text,
                   .strength = gitStrength(rev.text),
                   .at = reading.at(rev.isNull() ? repo.line : rev.line),
                   .evidence = {},
                   .group = {}});
    }
    for (const Entry &hook : item.value["hooks"].entries)
      for (const Entry &extra : hook.value["additional_dependencies"].entries) {
        const std::string &text = extra.value.text;
        if (text.find('@') != std::string::npos && !contains(text, "@ "))
          addPackage(reading, "npm", text.substr(0, text.find('@', 1)), text,
                     semverStrength(text.substr(text.find('@', 1) + 1)),
                     extra.value.line, true);
        else
          addRequirement(reading, "pre-commit", text, extra.value.line, true);
      }
  }
}

void readPackageJson(Reading &reading) {
  const Node root = jsonOf(reading);
  const auto lock = lockOf(reading.project(), folderOf(reading.path()),
                           {"package-lock.json", "npm-shrinkwrap.json",
                            "yarn.lock", "pnpm-lock.yaml", "bun.lockb"});
  const bool isLibrary = root["private"].text != "true";
  addTable(reading, "npm", root["dependencies"], lock, isLibrary);
  addTable(reading, "npm", root["devDependencies"], lock, true);
}

}  // namespace reproaudit
