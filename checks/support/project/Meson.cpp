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

}  // namespace

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
      Dependency out = reading.record(Artefact::Source, "Meson wrap", name,
                                      revision, gitStrength(revision),
                                      isSet ? keys["revision"].line : start);
      out.origin = keys["url"].value;
      reading.add(std::move(out));
    } else if (kind == "wrap-file" && has(keys, "source_url")) {
      const bool hasHash = has(keys, "source_hash") &&
                           (!has(keys, "patch_url") || has(keys, "patch_hash"));
      const std::string url = keys["source_url"].value;
      reading.add(reading.record(Artefact::Download, "Meson wrap", name, url,
                                 hasHash ? Strength::Content : urlStrength(url),
                                 keys["source_url"].line));
    } else if (kind == "wrap-svn" || kind == "wrap-hg") {
      const std::string revision =
          has(keys, "revision") ? keys["revision"].value : "";
      reading.add(reading.record(Artefact::Source, "Meson wrap", name, revision,
                                 versionParts(revision) > 0 ? Strength::Exact
                                                            : Strength::None,
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

}  // namespace reproaudit
