// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Environments of conda and pixi.
#include "Images.h"
#include "PackageTables.h"
#include "Pin.h"
#include "Text.h"

#include <algorithm>
#include <string>

namespace reproaudit {
namespace {

void addCondaPackage(Reading &reading, const Node &spec, const Lock &lock) {
  std::string_view text = trim(spec.text);
  if (const std::size_t channel = text.find("::");
      channel != std::string_view::npos)
    text.remove_prefix(channel + 2);
  const std::size_t end = text.find_first_of("=<>!~ [");
  const std::string name(text.substr(0, end));
  const std::string_view rest = end == std::string_view::npos
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

}  // namespace

void readPixi(Reading &reading) {
  const Node root = tomlOf(reading);
  const Lock lock =
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
  const Lock lock = lockOf(reading.project(), folderOf(reading.path()),
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

}  // namespace reproaudit
