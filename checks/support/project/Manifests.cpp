// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Manifests of other languages and of tools: npm, pre-commit, R, Julia.
#include "Images.h"
#include "PackageTables.h"
#include "Pin.h"
#include "Text.h"

#include <algorithm>
#include <string>

namespace reproaudit {

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
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()),
             {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock",
              "pnpm-lock.yaml", "bun.lock", "bun.lockb"});
  const bool isLibrary = root["private"].text != "true";
  addTable(reading, "npm", root["dependencies"], lock, isLibrary);
  addTable(reading, "npm", root["devDependencies"], lock, true);
}

/// DESCRIPTION of an R package: fields, `Name: a (>= 1.2), b`, that lines with
/// white space in front continue.
void readRDescription(Reading &reading) {
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()), {"renv.lock"});
  bool isList = false;
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const bool isContinued = raw.starts_with(' ') || raw.starts_with('\t');
    std::string_view text = raw;
    if (!isContinued) {
      const std::size_t colon = std::min(raw.find(':'), raw.size());
      const std::string_view field = raw.substr(0, colon);
      isList = field == "Imports" || field == "Depends" ||
               field == "Suggests" || field == "LinkingTo";
      text = raw.substr(std::min(colon + 1, raw.size()));
    }
    if (!isList)
      continue;
    for (const std::string_view item : split(text, ',')) {
      const std::size_t open = item.find('(');
      const std::string name(trim(item.substr(0, open)));
      const std::string version(
          open == std::string_view::npos
              ? std::string_view{}
              : trim(item.substr(open + 1, item.find(')') - open - 1)));
      if (!name.empty() && name != "R")
        addPackage(reading, "R package", name, version,
                   version.starts_with("==") ? Strength::Exact
                   : version.empty()         ? Strength::None
                                             : Strength::Range,
                   number, true, lock);
    }
  }
}

void readJuliaProject(Reading &reading) {
  const Node root = tomlOf(reading);
  const Lock lock = lockOf(reading.project(), folderOf(reading.path()),
                           {"Manifest.toml", "JuliaManifest.toml"});
  // A package with a name and a version leaves its users the choice.
  const bool isLibrary = !root["version"].isNull();
  for (const Entry &entry : root["deps"].entries) {
    // `1.2, 2` allows what is compatible with one of them.
    std::string version;
    for (const std::string_view one :
         split(root["compat"][entry.key].text, ','))
      if (const std::string_view text = trim(one); !text.empty())
        version += (version.empty() ? "" : " || ") +
                   std::string(text[0] >= '0' && text[0] <= '9' ? "^" : "") +
                   std::string(text);
    addPackage(reading, "Julia", entry.key, version,
               version.empty()            ? Strength::None
               : version.starts_with('=') ? Strength::Exact
                                          : Strength::Range,
               entry.line, isLibrary, lock);
  }
}

}  // namespace reproaudit
