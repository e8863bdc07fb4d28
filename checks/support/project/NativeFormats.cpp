// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Package managers and build systems of C and C++ with small declarative
// files: Meson, Conan, vcpkg, Spack, xmake, Nix, git submodules.
#include "Calls.h"
#include "Commands.h"
#include "Flags.h"
#include "Images.h"
#include "Pin.h"
#include "Readers.h"
#include "Text.h"

#include <git2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace reproaudit {
namespace {

struct IniValue {
  std::string section;
  std::string key;
  std::string value;
  unsigned line = 0;
};

/// `[section]` and `key = value`, as .wrap and .gitmodules have them.
std::vector<IniValue> parseIni(std::string_view text) {
  std::vector<IniValue> out;
  std::string section;
  unsigned number = 0;
  for (const std::string_view raw : lines(text)) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#') || line.starts_with(';'))
      continue;
    if (line.starts_with('[')) {
      section = trim(line.substr(1, line.find(']') - 1));
      out.push_back({section, "", "", number});
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos)
      out.push_back({section, lower(trim(line.substr(0, equals))),
                     std::string(trim(line.substr(equals + 1))), number});
  }
  return out;
}

Dependency source(const Reading &reading, std::string ecosystem,
                  std::string name, std::string declared, Strength strength,
                  unsigned line) {
  return {.artefact = Artefact::Source,
          .ecosystem = std::move(ecosystem),
          .name = std::move(name),
          .declared = declared,
          .resolved = std::move(declared),
          .strength = strength,
          .at = reading.at(line),
          .evidence = {},
          .group = {}};
}

std::string stemOf(std::string_view path) {
  const std::string_view name = baseName(path);
  return std::string(name.substr(0, name.rfind('.')));
}

/// The commits that git's index holds for submodules, by path.
std::map<std::string, std::string> gitlinks(const std::string &root) {
  std::map<std::string, std::string> out;
  git_libgit2_init();
  git_repository *repository = nullptr;
  git_index *index = nullptr;
  if (git_repository_open(&repository, root.c_str()) == 0 &&
      git_repository_index(&index, repository) == 0) {
    for (std::size_t i = 0; i < git_index_entrycount(index); ++i) {
      const git_index_entry *entry = git_index_get_byindex(index, i);
      if (entry->mode != GIT_FILEMODE_COMMIT)
        continue;
      char text[GIT_OID_HEXSZ + 1];
      out.emplace(entry->path, git_oid_tostr(text, sizeof text, &entry->id));
    }
  }
  git_index_free(index);
  git_repository_free(repository);
  git_libgit2_shutdown();
  return out;
}

}  // namespace

void readSubmodules(Reading &reading) {
  const std::map<std::string, std::string> links =
      gitlinks(reading.project().root());
  for (const IniValue &one : parseIni(reading.text())) {
    if (one.key != "path")
      continue;
    const auto link = links.find(one.value);
    Dependency out = source(
        reading, "git submodule", one.value,
        link == links.end() ? "" : link->second,
        link == links.end() ? Strength::None : Strength::Content, one.line);
    reading.add(std::move(out));
  }
}

void readMesonWrap(Reading &reading) {
  std::map<std::string, std::map<std::string, IniValue>> sections;
  for (IniValue &one : parseIni(reading.text()))
    sections[one.section].emplace(one.key, std::move(one));
  const std::string name = stemOf(reading.path());
  const auto has = [](const auto &section, const char *key) {
    return section.contains(key);
  };
  for (auto &[kind, keys] : sections) {
    const unsigned start = keys.contains("") ? keys[""].line : 1;
    if (kind == "wrap-git") {
      const bool isSet = has(keys, "revision");
      const std::string revision = isSet ? keys["revision"].value : "";
      reading.add(source(reading, "Meson wrap", name, revision,
                         gitStrength(revision),
                         isSet ? keys["revision"].line : start));
    } else if (kind == "wrap-file" && has(keys, "source_url")) {
      const bool hasHash = has(keys, "source_hash") &&
                           (!has(keys, "patch_url") || has(keys, "patch_hash"));
      const std::string url = keys["source_url"].value;
      Dependency out = source(reading, "Meson wrap", name, url,
                              hasHash ? Strength::Content : urlStrength(url),
                              keys["source_url"].line);
      out.artefact = Artefact::Download;
      reading.add(std::move(out));
    } else if (kind == "wrap-svn" || kind == "wrap-hg") {
      const std::string revision =
          has(keys, "revision") ? keys["revision"].value : "";
      reading.add(
          source(reading, "Meson wrap", name, revision,
                 versionParts(revision) > 0 ? Strength::Exact : Strength::None,
                 start));
    }
  }
}

void readMesonBuild(Reading &reading) {
  // Flags are strings; a condition on an option of the project makes them the
  // user's choice. Options are off unless meson_options says otherwise.
  std::vector<bool> optional;
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = trim(raw.substr(0, raw.find('#')));
    if (line.starts_with("if ") || line.starts_with("elif ")) {
      const bool asks = contains(line, "get_option(") &&
                        !contains(line, "not ") && !contains(line, "buildtype");
      if (line.starts_with("if "))
        optional.push_back(asks);
      else if (!optional.empty())
        optional.back() = asks;
    } else if (line == "endif" && !optional.empty()) {
      optional.pop_back();
    } else if (line.starts_with("foreach ")) {
      continue;
    } else {
      addFlags(reading, line, number,
               std::ranges::find(optional, true) != optional.end());
    }
  }
}

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
  for (const std::string &file : project.files())
    if (file == ".gitmodules" && contains(project.text(file), "vcpkg"))
      hasBaseline = true;  // the submodule's commit is the baseline
  for (const Entry &item : dependencies.entries) {
    const Node &name = item.value.isMap() ? item.value["name"] : item.value;
    const bool isOverridden =
        std::ranges::any_of(root["overrides"].entries, [&](const Entry &one) {
          return one.value["name"].text == name.text;
        });
    Dependency out =
        source(reading, "vcpkg", name.text, item.value["version>="].text,
               hasBaseline                          ? Strength::Content
               : isOverridden                       ? Strength::Exact
               : item.value["version>="].isScalar() ? Strength::Range
                                                    : Strength::None,
               item.value.isMap() ? name.line : item.line);
    out.artefact = Artefact::Package;
    out.group = "vcpkg manifest";
    reading.add(std::move(out));
  }
}

namespace {

void addConan(Reading &reading, std::string_view text, unsigned line,
              bool hasLock) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !isResolved(text) ||
      contains(text, "{") || contains(text, " "))
    return;
  const std::string_view version = text.substr(slash + 1);
  Strength strength = Strength::Exact;
  if (hasLock || contains(version, "#"))
    strength = Strength::Content;
  else if (version.starts_with('['))
    strength = Strength::Range;
  Dependency out = source(reading, "Conan", std::string(text.substr(0, slash)),
                          std::string(version), strength, line);
  out.artefact = Artefact::Package;
  reading.add(std::move(out));
}

bool hasConanLock(const Reading &reading) {
  return reading.project().contains(
      joined(folderOf(reading.path()), "conan.lock"));
}

}  // namespace

void readConanfile(Reading &reading) {
  const bool hasLock = hasConanLock(reading);
  bool isRequirement = false;
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = trim(raw.substr(0, raw.find(" #")));
    if (line.starts_with('['))
      isRequirement = contains(line, "requires]");
    else if (isRequirement && !line.starts_with('#'))
      addConan(reading, line, number, hasLock);
  }
}

void readConanScript(Reading &reading) {
  const SyntaxTree tree(Grammar::Python, reading.text());
  const CallReader reader(tree);
  const bool hasLock = hasConanLock(reading);
  for (const Call &call : reader.calls()) {
    const bool isRequirement =
        call.name == "self.requires" || call.name == "self.tool_requires" ||
        call.name == "self.build_requires" || call.name == "self.test_requires";
    if (isRequirement && !call.operands.empty())
      if (const auto text = reader.value(call.operands[0]))
        addConan(reading, *text, call.line(), hasLock);
  }
  for (const char *name :
       {"requires", "tool_requires", "build_requires", "python_requires"})
    if (const SyntaxNode node = reader.constant(name)) {
      const std::vector<SyntaxNode> items =
          node.is("string") ? std::vector{node} : node.children();
      for (const SyntaxNode item : items)
        if (const auto text = reader.value(item))
          addConan(reading, *text, item.line(), hasLock);
    }
}

void readNixFlake(Reading &reading) {
  const std::string lock = joined(folderOf(reading.path()), "flake.lock");
  const std::string &lockText = reading.project().text(lock);
  const bool hasLock = reading.project().contains(lock) &&
                       contains(lockText, "narHash") &&
                       !contains(lockText, "<<<<<<<");
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = raw.substr(0, raw.find('#'));
    const std::size_t url = line.find("url = \"");
    const std::size_t alone = line.find("url=\"");
    const std::size_t begin = url != std::string_view::npos ? url + 7
                              : alone != std::string_view::npos
                                  ? alone + 5
                                  : std::string_view::npos;
    if (begin == std::string_view::npos)
      continue;
    const std::string_view text =
        line.substr(begin, line.find('"', begin) - begin);
    if (text.starts_with("path:") || text.starts_with("./") || text.empty())
      continue;
    const std::vector<std::string_view> parts = split(text, '/');
    const bool isPinned = !parts.empty() && isCommit(parts.back());
    reading.add(source(reading, "Nix flake", std::string(text), "",
                       hasLock || isPinned ? Strength::Content : Strength::None,
                       number));
  }
}

void readSpack(Reading &reading) {
  const bool hasLock = reading.project().contains(
      joined(folderOf(reading.path()), "spack.lock"));
  const Node root = yamlOf(reading);
  for (const Entry &item : root["spack"]["specs"].entries) {
    const std::string_view spec = item.value.text;
    const std::size_t at = spec.find('@');
    std::string_view version =
        at == std::string_view::npos ? "" : spec.substr(at + 1);
    version = version.substr(0, version.find_first_of(" +~%^"));
    Strength strength = Strength::None;
    if (hasLock)
      strength = Strength::Content;
    else if (version.starts_with('=') && versionParts(version) >= 2)
      strength = Strength::Exact;
    else if (isMovingWord(version))
      strength = Strength::Mutable;
    else if (!version.empty())
      strength = Strength::Range;
    Dependency out =
        source(reading, "Spack",
               std::string(spec.substr(0, spec.find_first_of("@ +~%^"))),
               std::string(version), strength, item.line);
    out.artefact = Artefact::Package;
    reading.add(std::move(out));
  }
}

void readXmake(Reading &reading) {
  const bool hasLock = reading.project().contains(
      joined(folderOf(reading.path()), "xmake-requires.lock"));
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
      Dependency out = source(reading, "xmake", parts[0], version,
                              hasLock                 ? Strength::Content
                              : version.empty()       ? Strength::None
                              : isMovingWord(version) ? Strength::Mutable
                                                      : semverStrength(version),
                              number);
      out.artefact = Artefact::Package;
      reading.add(std::move(out));
    }
  }
}

}  // namespace reproaudit
