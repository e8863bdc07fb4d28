// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Package managers of C and C++: Conan, vcpkg, Spack, xmake.
#include "Calls.h"
#include "Images.h"
#include "Lock.h"
#include "Pin.h"
#include "Readers.h"
#include "Text.h"

#include <algorithm>
#include <string>
#include <utility>

namespace reproaudit {
void readVcpkg(Reading &reading) {
  // A port has its recipe beside it; only the manifest on top is installed.
  const std::string folder(folderOf(reading.path()));
  const Project &project = reading.project();
  if (project.contains(joined(folder, "portfile.cmake")))
    return;
  const Node root = jsonOf(reading);
  const Node &dependencies = root["dependencies"];
  if (!dependencies.isList())
    return;
  bool hasBaseline =
      isCommit(root["builtin-baseline"].text) ||
      isCommit(
          root["vcpkg-configuration"]["default-registry"]["baseline"].text);
  const std::string configuration = joined(folder, "vcpkg-configuration.json");
  if (project.contains(configuration))
    hasBaseline |= isCommit(parseJson(project.text(configuration))
                                .root["default-registry"]["baseline"]
                                .text);
  // The submodule's commit is the baseline.
  hasBaseline |= contains(project.text(".gitmodules"), "vcpkg");
  for (const Entry &item : dependencies.entries) {
    const Node &name = item.value.isMap() ? item.value["name"] : item.value;
    const bool isOverridden =
        std::ranges::any_of(root["overrides"].entries, [&](const Entry &one) {
          return one.value["name"].text == name.text;
        });
    Dependency out = reading.record(
        Artefact::Package, "vcpkg", name.text, item.value["version>="].text,
        hasBaseline                          ? Strength::Content
        : isOverridden                       ? Strength::Exact
        : item.value["version>="].isScalar() ? Strength::Range
                                             : Strength::None,
        item.value.isMap() ? name.line : item.line);
    out.group = "vcpkg manifest";
    reading.add(std::move(out));
  }
}

namespace {

void addConan(Reading &reading, std::string_view text, unsigned line,
              const Lock &lock) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !isResolved(text) ||
      contains(text, "{") || contains(text.substr(0, text.find('[')), " "))
    return;
  const std::string_view version = text.substr(slash + 1);
  Strength strength = Strength::Exact;
  if (contains(version, "#"))
    strength = Strength::Content;
  else if (version.starts_with('['))
    strength = Strength::Range;
  Dependency out = reading.record(Artefact::Package, "Conan",
                                  std::string(text.substr(0, slash)),
                                  std::string(version), strength, line);
  // `[>=1.2 <2]`, `1.2@user/channel`, `1.2#revision`.
  std::string_view plain = version.substr(0, version.find_first_of("@#"));
  if (plain.starts_with('[') && plain.ends_with(']'))
    plain = plain.substr(1, plain.size() - 2);
  out.declared = plain;
  applyLock(out, lock);
  out.declared = version;
  reading.add(std::move(out));
}

Lock conanLock(const Reading &reading) {
  return lockOf(reading.project(), folderOf(reading.path()), {"conan.lock"});
}

}  // namespace

void readConanfile(Reading &reading) {
  const Lock lock = conanLock(reading);
  bool isRequirement = false;
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = trim(raw.substr(0, raw.find(" #")));
    if (line.starts_with('['))
      isRequirement = contains(line, "requires]");
    else if (isRequirement && !line.starts_with('#'))
      addConan(reading, line, number, lock);
  }
}

void readConanScript(Reading &reading) {
  const SyntaxTree tree(Grammar::Python, reading.text());
  const CallReader reader(tree);
  const Lock lock = conanLock(reading);
  for (const Call &call : reader.calls()) {
    const bool isRequirement =
        call.name == "self.requires" || call.name == "self.tool_requires" ||
        call.name == "self.build_requires" || call.name == "self.test_requires";
    if (isRequirement && !call.operands.empty())
      if (const auto text = reader.value(call.operands[0]))
        addConan(reading, *text, call.line(), lock);
  }
  for (const char *name :
       {"requires", "tool_requires", "build_requires", "python_requires"})
    if (const SyntaxNode node = reader.constant(name)) {
      const std::vector<SyntaxNode> items =
          node.is("string") ? std::vector{node} : node.children();
      for (const SyntaxNode item : items)
        if (const auto text = reader.value(item))
          addConan(reading, *text, item.line(), lock);
    }
}

void readSpack(Reading &reading) {
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()), {"spack.lock"});
  const Node root = yamlOf(reading);
  for (const Entry &item : root["spack"]["specs"].entries) {
    const std::string_view spec = item.value.text;
    const std::size_t at = spec.find('@');
    std::string_view version =
        at == std::string_view::npos ? "" : spec.substr(at + 1);
    version = version.substr(0, version.find_first_of(" +~%^"));
    Strength strength = Strength::None;
    if (version.starts_with('=') && versionParts(version) >= 2)
      strength = Strength::Exact;
    else if (isMovingWord(version))
      strength = Strength::Mutable;
    else if (!version.empty())
      strength = Strength::Range;
    Dependency out = reading.record(
        Artefact::Package, "Spack",
        std::string(spec.substr(0, spec.find_first_of("@ +~%^"))),
        std::string(version), strength, item.line);
    applyLock(out, lock);
    reading.add(std::move(out));
  }
}

void readXmake(Reading &reading) {
  const Lock lock = lockOf(reading.project(), folderOf(reading.path()),
                           {"xmake-requires.lock"});
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = trim(raw.substr(0, raw.find("--")));
    if (!line.starts_with("add_requires("))
      continue;
    for (std::string_view item : split(line.substr(13), ',')) {
      item = trim(item);
      if (!item.starts_with('"'))
        break;  // the table of options
      const std::string text(item.substr(1, item.find('"', 1) - 1));
      const std::vector<std::string> parts = words(text);
      if (parts.empty())
        continue;
      const std::string version = parts.size() > 1 ? parts[1] : "";
      Dependency out =
          reading.record(Artefact::Package, "xmake", parts[0], version,
                         version.empty()         ? Strength::None
                         : isMovingWord(version) ? Strength::Mutable
                                                 : semverStrength(version),
                         number);
      applyLock(out, lock);
      reading.add(std::move(out));
    }
  }
}

}  // namespace reproaudit
