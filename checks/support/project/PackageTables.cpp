// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "PackageTables.h"

#include "Pin.h"
#include "Text.h"

#include <optional>
#include <utility>

namespace reproaudit {
namespace {

struct Pinned {
  std::string version;
  Strength strength = Strength::None;
};

/// \p package comes from a git repository.
Pinned gitPin(const Node &package) {
  const Node &revision = package["rev"];
  const Node &tag = package["tag"];
  std::string ref = !revision.isNull() ? revision.text
                    : !tag.isNull()    ? tag.text
                                       : package["branch"].text;
  if (ref.empty())
    ref = package["ref"].text;
  const Strength strength = gitStrength(ref);
  return {std::move(ref), strength};
}

Strength versionStrength(std::string_view version) {
  if (version.starts_with("==") && !contains(version, "*"))
    return Strength::Exact;
  if (!isRemote(version) && !contains(version, "github:"))
    return semverStrength(version);
  const std::size_t hash = version.find('#');
  return hash == std::string::npos ? Strength::None
                                   : gitStrength(version.substr(hash + 1));
}

/// What a table says about \p package; nothing if it is a folder nearby.
std::optional<Pinned> pinOf(const Node &package) {
  if (package.isMap() && !package["path"].isNull())
    return std::nullopt;
  if (package["git"].isScalar())
    return gitPin(package);
  const std::string &version =
      package.isMap() ? package["version"].text : package.text;
  for (const char *prefix : {"file:", "workspace:", "link:", "./"})
    if (version.starts_with(prefix))
      return std::nullopt;
  return Pinned{version, versionStrength(version)};
}

}  // namespace

void addPackage(Reading &reading, std::string_view ecosystem, std::string name,
                std::string version, Strength strength, unsigned line,
                bool advisory, const Lock &lock) {
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
  applyLock(out, lock);
  reading.add(std::move(out));
}

void addRequirement(Reading &reading, std::string_view ecosystem,
                    std::string_view text, unsigned line, bool advisory,
                    const Lock &lock) {
  const Requirement one = requirement(text);
  if (!one.local && !one.name.empty() && isResolved(one.name))
    addPackage(reading, ecosystem, one.name, one.version, one.strength, line,
               advisory, lock);
}

void addTable(Reading &reading, std::string_view ecosystem, const Node &table,
              const Lock &lock, bool advisory) {
  for (const Entry &entry : table.entries) {
    if (ecosystem == "poetry" && entry.key == "python")
      continue;  // the interpreter: a range of what the code can run on
    if (const std::optional<Pinned> pinned = pinOf(entry.value))
      addPackage(reading, ecosystem, entry.key, pinned->version,
                 pinned->strength, entry.line, advisory, lock);
  }
}

}  // namespace reproaudit
