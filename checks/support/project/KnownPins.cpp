// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KnownPins.h"

#include "Lock.h"
#include "Pin.h"
#include "Places.h"
#include "Text.h"

#include <algorithm>
#include <array>

namespace reproaudit {
namespace {

bool isPython(std::string_view ecosystem) {
  static constexpr std::array kNames = {
      "pip",    "pipx",      "requirements file", "pyproject", "poetry",
      "pipenv", "conda pip", "python_env",        "setup.cfg", "setup.py"};
  return isOneOf(ecosystem, kNames);
}

/// `https://github.com/Owner/Name.git` as `github.com/owner/name`.
std::string repositoryKey(std::string_view url) {
  std::string out = lower(url);
  if (const std::size_t scheme = out.find("://"); scheme != std::string::npos)
    out.erase(0, scheme + 3);
  out.erase(0, out.find('@') == std::string::npos ? 0 : out.find('@') + 1);
  std::ranges::replace(out, ':', '/');
  while (out.ends_with('/'))
    out.pop_back();
  if (out.ends_with(".git"))
    out.resize(out.size() - 4);
  return out;
}

/// Equal for records of the same thing in whatever file, or "".
std::string keyOf(const Dependency &one) {
  switch (one.artefact) {
  case Artefact::Source:
    return one.origin.empty() ? "" : "git " + repositoryKey(one.origin);
  case Artefact::Package:
    if (isPython(one.ecosystem))
      return "python " + lockKey(one.name);
    return one.ecosystem + " " + lockKey(one.name);
  case Artefact::Image: {
    const ImageName image = imageName(one.resolved);
    return image.tag.empty() ? "" : "image " + image.name + ":" + image.tag;
  }
  case Artefact::Action:
    return "action " + one.name;
  case Artefact::Download:
  case Artefact::Model:
  case Artefact::Data:
    break;
  }
  return "";
}

/// What \p one pins, or "".
std::string pinOf(const Dependency &one) {
  if (one.artefact == Artefact::Package) {
    std::string_view version = one.resolved;
    while (version.starts_with('='))
      version.remove_prefix(1);
    const bool isVersion = one.strength >= Strength::Exact &&
                           !version.empty() && version[0] >= '0' &&
                           version[0] <= '9' && !contains(version, " ");
    return std::string(isVersion ? version : "");
  }
  if (one.artefact == Artefact::Image)
    return imageName(one.resolved).digest.empty() ? "" : one.resolved;
  return isCommit(one.resolved) ? one.resolved : "";
}

/// How \p weak spells the version \p value.
std::string spelled(const Dependency &weak, const std::string &value) {
  if (isPython(weak.ecosystem) && weak.ecosystem != "poetry")
    return "==" + value;
  return weak.ecosystem == "conda" ? "=" + value : value;
}

}  // namespace

KnownPins::KnownPins(const Project &project) : project_(project) {
  for (const Dependency &one : project.inventory().dependencies)
    if (const std::string key = keyOf(one); !key.empty())
      if (std::string value = pinOf(one); !value.empty())
        pins_[key].insert({std::move(value), one.at});
}

void KnownPins::explain(const Dependency &weak, Finding &finding) const {
  const auto known = pins_.find(keyOf(weak));
  if (known == pins_.end())
    return;
  const Pin &pin = *known->second.begin();
  if (pin.value != known->second.rbegin()->value)
    return;  // sorted by value: the first and the last differ
  finding.flow.push_back({withColumns(project_, pin.at, ""),
                          "it is pinned to '" + pin.value + "' here"});
  if (std::optional<Edit> one = edit(weak, pin.value))
    finding.fixes.push_back(
        {.title = "pin to '" + pin.value + "', as '" + pin.at.path + "' does",
         .edits = {std::move(*one)}});
}

std::optional<Edit> KnownPins::edit(const Dependency &weak,
                                    const std::string &value) const {
  if (weak.ecosystem == "git clone")
    return std::nullopt;  // --branch takes no commit
  if (weak.declared.empty())
    return isPython(weak.ecosystem) && weak.ecosystem != "poetry"
               ? replacement(weak.at, weak.name,
                             weak.name + spelled(weak, value))
               : std::nullopt;
  const std::string to = spelled(weak, value);
  if (auto here = replacement(weak.at, weak.declared, to))
    return here;
  for (const Remark &place : weak.evidence)  // the variable that holds it
    if (auto there = replacement(place.at, weak.declared, to))
      return there;
  return std::nullopt;
}

/// The edit of the only place in \p where that holds \p from as a whole word.
std::optional<Edit> KnownPins::replacement(const Range &where,
                                           const std::string &from,
                                           const std::string &to) const {
  constexpr std::string_view kEnds = " \t\"'@:,;)]}({[=";
  std::optional<Edit> out;
  if (where.line == 0 || from.empty())
    return out;
  for (unsigned n = where.line; n <= std::max(where.line, where.endLine); ++n) {
    std::string_view line = project_.line(where.path, n);
    line = line.substr(0, line.find(" #"));
    for (std::size_t at = line.find(from); at != std::string_view::npos;
         at = line.find(from, at + 1)) {
      const std::size_t end = at + from.size();
      const bool isWord =
          (at == 0 || kEnds.find(line[at - 1]) != std::string_view::npos ||
           std::string_view("=<>~!^").find(from[0]) !=
               std::string_view::npos) &&
          (end == line.size() ||
           kEnds.find(line[end]) != std::string_view::npos);
      if (!isWord)
        continue;
      if (out)
        return std::nullopt;
      out =
          Edit{{where.path, n, columnOf(line, at), n, columnOf(line, end)}, to};
    }
  }
  return out;
}

}  // namespace reproaudit
