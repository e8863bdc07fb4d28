// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Meson: wraps and the flags of meson.build.
#include "Flags.h"
#include "Ini.h"
#include "Pin.h"
#include "Readers.h"
#include "Text.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace reproaudit {
namespace {

std::string stemOf(std::string_view path) {
  const std::string_view name = baseName(path);
  return std::string(name.substr(0, name.rfind('.')));
}

using Section = std::map<std::string, IniValue>;

/// The line of \p section's head.
unsigned startOf(const Section &section) {
  const auto head = section.find("");
  return head == section.end() ? 1 : head->second.line;
}

/// The value of \p key; without one an empty value in the line of the head.
IniValue valueOf(const Section &section, const char *key) {
  const auto found = section.find(key);
  if (found != section.end())
    return found->second;
  return {.section = {}, .key = key, .value = {}, .line = startOf(section)};
}

void readGitWrap(Reading &reading, const Section &section) {
  const IniValue revision = valueOf(section, "revision");
  Dependency out = reading.record(Artefact::Source, "Meson wrap",
                                  stemOf(reading.path()), revision.value,
                                  gitStrength(revision.value), revision.line);
  out.origin = valueOf(section, "url").value;
  reading.add(std::move(out));
}

void readFileWrap(Reading &reading, const Section &section) {
  if (!section.contains("source_url"))
    return;
  const bool hasHash =
      section.contains("source_hash") &&
      (!section.contains("patch_url") || section.contains("patch_hash"));
  const IniValue url = valueOf(section, "source_url");
  reading.add(reading.record(
      Artefact::Download, "Meson wrap", stemOf(reading.path()), url.value,
      hasHash ? Strength::Content : urlStrength(url.value), url.line));
}

/// Subversion and Mercurial.
void readOtherWrap(Reading &reading, const Section &section) {
  const std::string revision = valueOf(section, "revision").value;
  reading.add(reading.record(
      Artefact::Source, "Meson wrap", stemOf(reading.path()), revision,
      versionParts(revision) > 0 ? Strength::Exact : Strength::None,
      startOf(section)));
}

}  // namespace

void readMesonWrap(Reading &reading) {
  std::map<std::string, Section> sections;
  for (IniValue &one : parseIni(reading.text()))
    sections[one.section].emplace(one.key, std::move(one));
  for (const auto &[kind, section] : sections) {
    if (kind == "wrap-git")
      readGitWrap(reading, section);
    else if (kind == "wrap-file")
      readFileWrap(reading, section);
    else if (kind == "wrap-svn" || kind == "wrap-hg")
      readOtherWrap(reading, section);
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

}  // namespace reproaudit
