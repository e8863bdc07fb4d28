// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// From files to records. One reader knows one format and nothing about rules.
#pragma once

#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"

#include <string>
#include <string_view>
#include <utility>

namespace reproaudit {

/// Runs the reader of every file that has one.
Inventory readInventory(const Project &project);

/// One file being read, and the place for what is found in it.
class Reading {
public:
  Reading(const Project &project, std::string path, Inventory &out)
      : project_(project), path_(std::move(path)), out_(out) {}

  const Project &project() const { return project_; }
  const std::string &path() const { return path_; }
  const std::string &text() const { return project_.text(path_); }

  /// The place of line \p line, up to line \p endLine if that is given.
  Range at(unsigned line, unsigned endLine = 0) const {
    return {path_, line, 0, endLine > line ? endLine : line, 0};
  }

  /// A record of what line \p line declares, with \p version as it is written.
  Dependency record(Artefact artefact, std::string ecosystem, std::string name,
                    std::string version, Strength strength,
                    unsigned line) const {
    return {.artefact = artefact,
            .ecosystem = std::move(ecosystem),
            .name = std::move(name),
            .declared = version,
            .resolved = std::move(version),
            .strength = strength,
            .at = at(line),
            .evidence = {},
            .group = {}};
  }

  Dependency &add(Dependency dependency) {
    return out_.dependencies.emplace_back(std::move(dependency));
  }
  void add(Setting setting) { out_.settings.push_back(std::move(setting)); }

  /// Tells that \p line was not understood; what follows it may be.
  void partly(unsigned line, std::string why) {
    out_.notices.push_back(
        {Level::Note, "partly-read", path_, line, std::move(why)});
  }

private:
  const Project &project_;
  std::string path_;
  Inventory &out_;
};

using Reader = void (*)(Reading &reading);

/// What the calls of all CMake files of the project fetch and set.
void readCMakeProject(const Project &project, Inventory &out);

/// The calls and strings of the Python code \p text, whose lines are those of
/// the file.
void readPythonText(Reading &reading, const std::string &text);

/// The packages that the R code \p text, from line \p first on, installs.
void readRText(Reading &reading, std::string_view text, unsigned first);

#define READER(NAME, PATH) void read##NAME(Reading &reading);
#include "Readers.def"
#undef READER

}  // namespace reproaudit
