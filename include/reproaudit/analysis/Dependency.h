// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the files of a repository fetch and how they are compiled, as plain
/// records. Every format has a reader that makes them; one set of rules judges
/// them.
///
/// Layer 2: layers 0-1; no clang.
#pragma once

#include "reproaudit/report/Finding.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

/// How firmly a declaration fixes what will be fetched.
enum class Strength : std::uint8_t {
  None,     ///< S0: no version, the default branch, `*`.
  Range,    ///< S1: `>=1.2`, `^1`, `1.2.*`.
  Mutable,  ///< S2: a branch, `latest`, a major tag, a distribution tag.
  Exact,    ///< S3: a release tag or full version.
  Content,  ///< S4: a commit, a digest, a checksum, a lock that has one.
};

/// What is fetched. It decides which rule judges the record.
enum class Artefact : std::uint8_t {
  Source,    ///< A source tree that is built: git, CMake, Bazel, Meson, Nix.
  Package,   ///< What a package manager installs.
  Image,     ///< A container image.
  Action,    ///< Code of others that a CI service runs.
  Download,  ///< The bytes behind a URL.
  Model,     ///< A trained model or a data set from a hub.
  Data,      ///< A data set behind a URL, or tracked by a tool for data.
};

struct Dependency {
  Artefact artefact;
  std::string ecosystem;  ///< `pip`, `CMake FetchContent`, ...
  std::string name;
  std::string declared;  ///< The version as written, "" if there is none.
  std::string resolved;  ///< The same after evaluation.
  Strength strength = Strength::None;
  Range at;
  std::vector<Remark> evidence;  ///< Places that decided: variables, locks.
  bool executed = false;  ///< The download is run without having been checked.
  bool advisory = false;  ///< Worth a note at most, however weak.
  std::string group;      ///< Equal for packages that one command installs.
  std::string origin =
      {};  ///< The repository's URL, if it is fetched with git.
  /// What is wrong and what to do, where the version is not what is wrong.
  std::string problem = {};
  std::string cure = {};

  auto operator<=>(const Dependency &) const = default;
};

enum class SettingKind : std::uint8_t {
  FastMath,     ///< Floating point may be reassociated, NaN and zero ignored.
  Contraction,  ///< a*b+c may become one rounding.
  Native,       ///< Code for the machine that builds.
  Precision,    ///< TF32 and other reduced precision, set from outside.
  Timestamp,    ///< The time of the build gets into the program.
  Shuffle,      ///< Data is shuffled or split with a generator without a seed.
};

/// A build setting that changes numbers or differs from build to build.
struct Setting {
  SettingKind kind;
  std::string flag;     ///< As the tool sees it: `-ffast-math`.
  std::string program;  ///< The target that it applies to, "" for all.
  Range at;
  bool optional = false;  ///< Only if the user asks for it.
  std::vector<Remark> evidence;

  auto operator<=>(const Setting &) const = default;
};

/// Everything that the readers took from the files of a repository.
struct Inventory {
  std::vector<Dependency> dependencies;  ///< Sorted by place.
  std::vector<Setting> settings;         ///< Sorted by place.
  std::vector<Notice> notices;  ///< Files not read, or only in part. Sorted.
  unsigned files = 0;           ///< Files read.
};

/// The word for \p strength in messages: `no version`, `a range`, ...
std::string_view name(Strength strength);

class Project;

/// What the rule called \p rule says about the records of \p artefact.
std::vector<Finding> judge(const Project &project, std::string_view rule,
                           Artefact artefact);

/// What the rule called \p rule says about the settings of \p kinds.
std::vector<Finding> judge(const Project &project, std::string_view rule,
                           std::vector<SettingKind> kinds);

}  // namespace reproaudit
