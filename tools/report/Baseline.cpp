// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Baseline.h"

#include "Concat.h"
#include "reproaudit/report/Fingerprint.h"
#include "reproaudit/report/Unicode.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

BaselineEntry entryFor(const Finding &finding) {
  return {.path = validUtf8(finding.at.path),
          .rule = finding.rule,
          .function = validUtf8(finding.function),
          .hash = contextHash(finding),
          .reason = ""};
}

/// The hash of \p finding had its function still been called \p function.
std::string hashIn(const std::string &function, Finding finding) {
  finding.function = function;
  return contextHash(finding);
}

/// Gives findings that have no entry yet one that nobody has and that \p fits.
template <class Fits>
void assign(const std::vector<BaselineEntry> &entries,
            const std::vector<Finding> &findings, std::vector<bool> &taken,
            BaselineMatch &match, const Fits &fits) {
  for (std::size_t f = 0; f < findings.size(); ++f) {
    if (match.entryOf[f] || findings[f].suppression)
      continue;
    for (std::size_t e = 0; e < entries.size(); ++e) {
      if (taken[e] || !fits(entries[e], f))
        continue;
      taken[e] = true;
      match.entryOf[f] = &entries[e];
      break;
    }
  }
}

Baseline sorted(std::vector<BaselineEntry> entries) {
  std::ranges::sort(entries);
  return {.version = REPROAUDIT_VERSION, .entries = std::move(entries)};
}

BaselineEntry parseEntry(const Json &json) {
  BaselineEntry entry;
  json.at("path").get_to(entry.path);
  json.at("rule").get_to(entry.rule);
  json.at("function").get_to(entry.function);
  json.at("hash").get_to(entry.hash);
  if (json.contains("reason"))
    json.at("reason").get_to(entry.reason);
  return entry;
}

/// Takes in one line of the file; returns what is wrong with it, or "".
std::string parseLine(std::string_view line, bool isHeader,
                      Baseline &baseline) {
  try {
    const Json json = Json::parse(line);
    if (!isHeader) {
      baseline.entries.push_back(parseEntry(json));
      return "";
    }
    if (json.at("schema_version") != kSchemaVersion)
      return "another version of reproaudit wrote it; create it anew";
    json.at("reproaudit").get_to(baseline.version);
    return "";
  } catch (const Json::exception &) {
    return isHeader ? "this is not a baseline" : "this is not a baseline entry";
  }
}

}  // namespace

BaselineMatch match(const Baseline &baseline,
                    const std::vector<Finding> &findings) {
  const std::vector<BaselineEntry> &entries = baseline.entries;
  std::vector<std::string> paths, hashes;
  for (const Finding &finding : findings) {
    paths.push_back(validUtf8(finding.at.path));
    hashes.push_back(contextHash(finding));
  }
  BaselineMatch result;
  result.entryOf.resize(findings.size());
  std::vector<bool> taken(entries.size());
  const auto assignIf = [&](const auto &fits) {
    assign(entries, findings, taken, result, fits);
  };
  assignIf([&](const BaselineEntry &entry, std::size_t f) {
    return entry.hash == hashes[f] && entry.path == paths[f];
  });
  assignIf([&](const BaselineEntry &entry, std::size_t f) {
    return entry.hash == hashes[f];
  });
  assignIf([&](const BaselineEntry &entry, std::size_t f) {
    return entry.path == paths[f] && entry.rule == findings[f].rule &&
           entry.hash == hashIn(entry.function, findings[f]);
  });
  for (std::size_t e = 0; e < entries.size(); ++e)
    if (!taken[e])
      result.stale.push_back(entries[e]);
  return result;
}

Baseline createBaseline(const std::vector<Finding> &findings) {
  return updateBaseline({}, findings, true);
}

Baseline updateBaseline(const Baseline &baseline,
                        const std::vector<Finding> &findings, bool acceptNew) {
  const BaselineMatch known = match(baseline, findings);
  std::vector<BaselineEntry> entries;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (findings[i].suppression || (!known.entryOf[i] && !acceptNew))
      continue;
    entries.push_back(entryFor(findings[i]));
    if (known.entryOf[i])
      entries.back().reason = known.entryOf[i]->reason;
  }
  return sorted(std::move(entries));
}

Baseline pruneBaseline(const Baseline &baseline,
                       const std::vector<Finding> &findings) {
  const BaselineMatch known = match(baseline, findings);
  std::vector<BaselineEntry> kept;
  for (const BaselineEntry *entry : known.entryOf)
    if (entry)
      kept.push_back(*entry);
  return sorted(std::move(kept));
}

std::string writeBaseline(const Baseline &baseline) {
  std::string text = Json({{"schema_version", kSchemaVersion},
                           {"reproaudit", baseline.version}})
                         .dump() +
                     "\n";
  for (const BaselineEntry &entry : baseline.entries) {
    Json json = {{"path", entry.path},
                 {"rule", entry.rule},
                 {"function", entry.function},
                 {"hash", entry.hash}};
    if (!entry.reason.empty())
      json["reason"] = entry.reason;
    text += json.dump() + "\n";
  }
  return text;
}

std::variant<Baseline, std::string> readBaseline(std::string_view text) {
  Baseline baseline;
  bool isHeader = true;
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    // Markers of an unfinished merge get the same answer as any other text.
    if (line.find_first_not_of(" \t\r") == line.npos)
      continue;
    if (const std::string problem = parseLine(line, isHeader, baseline);
        !problem.empty())
      return concat("line ", number, ": ", problem);
    isHeader = false;
  }
  if (isHeader)
    return std::string("it is empty");
  std::ranges::sort(baseline.entries);
  return baseline;
}

}  // namespace reproaudit
