// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that list packages of Python, with the locks that cover them.
#include "Images.h"
#include "PackageTables.h"
#include "Pin.h"
#include "Text.h"

#include "reproaudit/analysis/Document.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reproaudit {
namespace {

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
  for (std::string_view const line : lines(text)) {
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

/// The locks that were compiled from the `.in` file \p path.
std::vector<Lock> compiledFrom(const Project &project,
                               const std::string &path) {
  std::vector<Lock> out;
  if (!path.ends_with(".in"))
    return out;
  const std::string folder(folderOf(path));
  const std::string name(baseName(path));
  const std::string stem = name.substr(0, name.size() - 3);
  for (const std::string &other : project.files()) {
    if (folderOf(other) != folder || other == path ||
        (!other.ends_with(".txt") && !other.ends_with(".lock")))
      continue;
    const std::string &text = project.text(other);
    if (contains(text, name) || baseName(other).starts_with(stem))
      out.push_back(compiledRequirements(other, text));
  }
  return out;
}

/// `-c constraints.txt` fixes what the file leaves open.
std::vector<Lock> constraints(const Reading &reading,
                              const std::vector<RequirementLine> &all) {
  std::vector<Lock> out;
  for (const RequirementLine &line : all)
    for (const std::string_view option : {"-c ", "--constraint "})
      if (line.text.starts_with(option)) {
        const std::string path = joined(folderOf(reading.path()),
                                        trim(line.text.substr(option.size())));
        out.push_back(compiledRequirements(path, reading.project().text(path)));
      }
  return out;
}

/// Applies the lock that fixes \p dependency best; if none does, the first one
/// says why.
void applyLocks(Dependency &dependency, const std::vector<Lock> &locks) {
  std::optional<Dependency> best;
  for (const Lock &lock : locks) {
    Dependency one = dependency;
    applyLock(one, lock);
    if (!best || one.strength > best->strength)
      best = std::move(one);
  }
  if (best)
    dependency = std::move(*best);
}

}  // namespace

Lock compiledRequirements(const std::string &path, std::string_view text) {
  Lock out{.path = path};
  for (const RequirementLine &line : requirementLines(text)) {
    const Requirement one =
        requirement(line.text.substr(0, line.text.find(" --")));
    if (one.name.empty() || one.strength < Strength::Exact)
      continue;
    const bool isPlain = one.version.starts_with("==");
    out.entries.emplace(lockKey(one.name),
                        Locked{isPlain ? one.version.substr(2) : one.version,
                               contains(line.text, "--hash=")});
  }
  return out;
}

void readRequirements(Reading &reading) {
  const std::vector<RequirementLine> all = requirementLines(reading.text());
  std::vector<Lock> locks = compiledFrom(reading.project(), reading.path());
  std::ranges::move(constraints(reading, all), std::back_inserter(locks));
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
    applyLocks(out, locks);
    reading.add(std::move(out));
  }
}

/// `install_requires` of setup.cfg: what a library asks of its users.
void readSetupCfg(Reading &reading) {
  bool isList = false;
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = trim(raw);
    const bool isIndented = raw.starts_with(' ') || raw.starts_with('\t');
    if (!isIndented && !line.empty())
      isList = line.starts_with("install_requires") ||
               line.starts_with("setup_requires");
    const std::size_t equals = line.find("requires");
    const std::string_view text =
        isIndented || equals == std::string_view::npos
            ? line
            : trim(line.substr(
                  std::min(line.size(), line.find('=', equals) + 1)));
    if (isList && !text.empty() && !text.starts_with('#'))
      addRequirement(reading, "setup.cfg", text, number, true);
  }
}

/// MLflow's python_env.yaml.
void readPythonEnvironment(Reading &reading) {
  const Node root = yamlOf(reading);
  for (const char *key : {"build_dependencies", "dependencies"})
    for (const Entry &item : root[key].entries)
      if (item.value.isScalar() && !item.value.text.starts_with('-'))
        addRequirement(reading, "python_env", item.value.text, item.value.line);
}

void readPyproject(Reading &reading) {
  const Node root = tomlOf(reading);
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()),
             {"uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"});
  // What a library asks of its users is a range on purpose.
  const auto list = [&](const Node &node, std::string_view ecosystem,
                        const Lock &by) {
    for (const Entry &item : node.entries)
      if (item.value.isScalar())
        addRequirement(reading, ecosystem, item.value.text, item.value.line,
                       true, by);
  };
  list(root["build-system"]["requires"], "build-system", Lock{});
  list(root["project"]["dependencies"], "pyproject", lock);
  for (const Entry &extra : root["project"]["optional-dependencies"].entries)
    list(extra.value, "pyproject", lock);
  for (const Entry &group : root["dependency-groups"].entries)
    list(group.value, "pyproject", lock);
  list(root["tool"]["uv"]["dev-dependencies"], "pyproject", lock);
  for (const Entry &group : root["tool"]["pdm"]["dev-dependencies"].entries)
    list(group.value, "pyproject", lock);
  Node git{.kind = Node::Kind::Map};
  for (const Entry &source : root["tool"]["uv"]["sources"].entries)
    if (source.value["git"].isScalar())
      git.entries.push_back(source);
  addTable(reading, "uv source", git, lock, true);
  const Node &poetry = root["tool"]["poetry"];
  for (const char *key : {"dependencies", "dev-dependencies"})
    addTable(reading, "poetry", poetry[key], lock, true);
  for (const Entry &group : poetry["group"].entries)
    addTable(reading, "poetry", group.value["dependencies"], lock, true);
  addTable(reading, "pixi", root["tool"]["pixi"]["dependencies"],
           lockOf(reading.project(), folderOf(reading.path()), {"pixi.lock"}),
           false);
}

void readPipfile(Reading &reading) {
  const Node root = tomlOf(reading);
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()), {"Pipfile.lock"});
  addTable(reading, "pipenv", root["packages"], lock, false);
  addTable(reading, "pipenv", root["dev-packages"], lock, false);
}

}  // namespace reproaudit
