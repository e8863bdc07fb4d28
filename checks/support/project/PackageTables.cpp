// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "PackageTables.h"

#include "Pin.h"
#include "Text.h"

#include <utility>

namespace reproaudit {

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
    const Node &version =
        entry.value.isMap() ? entry.value["version"] : entry.value;
    const bool isLocal = entry.value.isMap() && !entry.value["path"].isNull();
    if (isLocal || (ecosystem == "poetry" && entry.key == "python"))
      continue;  // the interpreter: a range of what the code can run on
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

}  // namespace reproaudit
