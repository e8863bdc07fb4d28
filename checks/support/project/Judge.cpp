// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From records to findings: the policy, and the words.
#include "KnownPins.h"
#include "Pin.h"
#include "Places.h"
#include "Text.h"
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace reproaudit {
namespace {

/// How loud a record is; nothing if it is pinned.
std::optional<Level> levelOf(const Dependency &one) {
  const bool isBytes =
      one.artefact == Artefact::Download || one.artefact == Artefact::Data;
  // Nothing fixes what is behind a URL, even if a version is in it.
  const Strength enough = isBytes ? Strength::Content : Strength::Exact;
  if (one.strength >= enough)
    return std::nullopt;
  if (one.advisory)
    return Level::Note;
  return one.executed ? Level::Error : Level::Warning;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  if (text.size() > kLongest)
    return "'" + std::string(text.substr(0, kLongest)) + "...'";
  return "'" + std::string(text) + "'";
}

std::string weakness(const Dependency &one) {
  if (one.ecosystem == "runner")
    return "gets other software every week";
  if (!isResolved(one.resolved))
    return "has a version that only the caller decides: " +
           quoted(one.resolved);
  switch (one.strength) {
  case Strength::None:
    return one.artefact == Artefact::Source
               ? "is fetched at whatever commit is newest"
           : one.artefact == Artefact::Model
               ? "is loaded at whatever revision is newest"
               : "has no version";
  case Strength::Range:
    return "may be any version of " + quoted(one.resolved);
  case Strength::Mutable:
    return one.artefact == Artefact::Image
               ? "is named by a tag that is moved: " +
                     quoted(imageName(one.resolved).tag.empty()
                                ? one.resolved
                                : imageName(one.resolved).tag)
               : "is taken from a branch or tag that moves: " +
                     quoted(one.resolved);
  case Strength::Exact:
  case Strength::Content:
    break;
  }
  return "is not pinned";
}

std::string listed(const std::vector<std::string> &names) {
  constexpr std::size_t kMost = 4;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
    out += (i == 0                  ? ""
            : i + 1 == names.size() ? " and "
                                    : ", ") +
           quoted(names[i]);
  if (names.size() > kMost)
    out += " and " + std::to_string(names.size() - kMost) + " more";
  return out;
}

std::string messageOf(const Dependency &one,
                      const std::vector<std::string> &names) {
  if (!one.problem.empty())
    return one.problem;
  if (one.artefact == Artefact::Download)
    return quoted(one.name) + " is downloaded" +
           (one.executed ? " and executed" : "") + " without a checksum";
  if (one.artefact == Artefact::Data)
    return one.ecosystem == "DVC"
               ? "data " + quoted(one.name) + " is tracked without its hash"
               : "data " + quoted(one.name) +
                     " is downloaded without a checksum";
  const std::string what = listed(names) + " (" + one.ecosystem + ") ";
  return what + (names.size() > 1 ? "have no exact version" : weakness(one));
}

std::string_view cureOf(const Dependency &one) {
  if (!one.cure.empty())
    return one.cure;
  switch (one.artefact) {
  case Artefact::Source:
    return "name a commit by its full hash, and the release in a comment";
  case Artefact::Package:
    if (one.ecosystem == "apt-get" || one.ecosystem == "apt")
      return "take the packages from snapshot.debian.org or "
             "snapshot.ubuntu.com as of one day; plain archives delete old "
             "versions";
    return "write the exact version, or install from a lock file with hashes";
  case Artefact::Image:
    return "name the image by its digest as well: name:tag@sha256:digest";
  case Artefact::Action:
    return "name a commit by its full hash, and the release in a comment";
  case Artefact::Download:
    return one.executed ? "check the file against a SHA-256 before it runs"
                        : "check the file against a SHA-256 before it is used";
  case Artefact::Model:
    return "name a revision by its full commit hash";
  case Artefact::Data:
    return "check the file against a SHA-256 before it is used";
  }
  return "";
}

/// Records that one finding tells: the packages of one command, or the same
/// package declared alike more than once in a file.
using Group = std::vector<const Dependency *>;

Finding findingOf(const Project &project, const KnownPins &pins,
                  std::string_view rule, Level level, const Group &group) {
  const Dependency &first = *group.front();
  const Range at = withColumns(project, first.at, first.name);
  std::vector<std::string> names;
  for (const Dependency *one : group)
    if (std::ranges::find(names, one->name) == names.end())
      names.push_back(one->name);
  std::string identity = first.ecosystem;
  for (const std::string &name : names)
    identity += " " + name;
  Finding out{.at = at,
              .rule = std::string(rule),
              .level = level,
              .message = messageOf(first, names),
              .flow = first.evidence,
              .cure = Remark{at, std::string(cureOf(first))},
              .fixes = {},
              .function = {},
              .statement = std::move(identity),
              .suppression = {}};
  for (const Dependency *one : group)
    if (one->at != first.at)
      out.flow.push_back({one->at, "the same here"});
  for (Remark &step : out.flow)
    step.at = withColumns(project, step.at, "");
  for (const Dependency *one : group)
    pins.explain(*one, out);
  return out;
}

std::string_view risk(SettingKind kind) {
  switch (kind) {
  case SettingKind::FastMath:
    return "lets the compiler reorder floating-point operations";
  case SettingKind::Contraction:
    return "lets the compiler round a*b+c once instead of twice";
  case SettingKind::Native:
    return "compiles for the machine that builds";
  case SettingKind::Precision:
    return "reduces the precision of the calculation";
  case SettingKind::Timestamp:
    return "puts the time of the build into the program";
  case SettingKind::Shuffle:
    return "takes another order in every run";
  }
  return "";
}

std::string_view cureOf(SettingKind kind) {
  switch (kind) {
  case SettingKind::FastMath:
    return "remove the flag, or limit it to code whose result nobody compares";
  case SettingKind::Contraction:
    return "use -ffp-contract=off, or --fmad=false for CUDA";
  case SettingKind::Native:
    return "name the architecture, or make it an option that is off by default";
  case SettingKind::Precision:
    return "turn it off, or record it with the results";
  case SettingKind::Timestamp:
    return "use the commit instead, or set SOURCE_DATE_EPOCH for every build";
  case SettingKind::Shuffle:
    return "give it a fixed seed, or keep the split in a file";
  }
  return "";
}

}  // namespace

std::string_view name(Strength strength) {
  constexpr std::string_view kNames[] = {"none", "range", "mutable", "exact",
                                         "content"};
  return kNames[static_cast<int>(strength)];
}

std::vector<Finding> judge(const Project &project, std::string_view rule,
                           Artefact artefact) {
  std::vector<std::pair<Level, Group>> groups;
  std::map<std::tuple<std::string, std::string, Level>, std::size_t> known;
  for (const Dependency &one : project.inventory().dependencies) {
    const std::optional<Level> level =
        one.artefact == artefact ? levelOf(one) : std::nullopt;
    if (!level)
      continue;
    const std::string key =
        !one.problem.empty() ? one.problem
        : !one.group.empty()
            ? one.group
            : one.ecosystem + " " + one.name + " " + one.resolved;
    const auto [at, isNew] =
        known.try_emplace({one.at.path, key, *level}, groups.size());
    if (isNew)
      groups.push_back({*level, {}});
    groups[at->second].second.push_back(&one);
  }
  std::vector<Finding> out;
  const KnownPins pins(project);
  out.reserve(groups.size());
  for (const auto &[level, group] : groups)
    out.push_back(findingOf(project, pins, rule, level, group));
  return out;
}

std::vector<Finding> judge(const Project &project, std::string_view rule,
                           std::vector<SettingKind> kinds) {
  std::vector<Finding> out;
  for (const Setting &one : project.inventory().settings) {
    if (std::ranges::find(kinds, one.kind) == kinds.end())
      continue;
    std::string message = quoted(one.flag) + " " + std::string(risk(one.kind));
    if (!one.program.empty())
      message += " of '" + one.program + "'";
    if (one.optional)
      message += ", if the user asks for it";
    const Range at = withColumns(project, one.at, one.flag);
    out.push_back({.at = at,
                   .rule = std::string(rule),
                   .level = one.optional ? Level::Note : Level::Warning,
                   .message = std::move(message),
                   .flow = one.evidence,
                   .cure = Remark{at, std::string(cureOf(one.kind))},
                   .fixes = {},
                   .function = {},
                   .statement = one.flag + " " + one.program,
                   .suppression = {}});
  }
  return out;
}

}  // namespace reproaudit
