// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Selection.h"

#include "Places.h"
#include "reproaudit/report/Fingerprint.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace reproaudit {

std::vector<Shown> shown(const Report &report) {
  const std::vector<std::string> fingerprints =
      contextFingerprints(report.findings);
  std::vector<Shown> result;
  for (std::size_t i = 0; i < report.findings.size(); ++i)
    if (!report.findings[i].suppression)
      result.push_back({&report.findings[i], fingerprints[i]});
  return result;
}

std::vector<Shown> byImportance(const Report &report) {
  const auto rules = rulesByName(report);
  const std::vector<Shown> byPlace = shown(report);
  std::vector<std::tuple<int, Scope, std::size_t>> ranks;
  for (std::size_t i = 0; i < byPlace.size(); ++i) {
    const Finding &finding = *byPlace[i].finding;
    const auto rule = rules.find(finding.rule);
    ranks.emplace_back(-static_cast<int>(finding.level),
                       rule == rules.end() ? Scope::Build : rule->second->scope,
                       i);
  }
  std::ranges::sort(ranks);
  std::vector<Shown> result;
  result.reserve(ranks.size());
  for (const auto &[level, scope, index] : ranks)
    result.push_back(byPlace[index]);
  return result;
}

std::map<std::string_view, const RuleInfo *> rulesByName(const Report &report) {
  std::map<std::string_view, const RuleInfo *> result;
  for (const RuleInfo *rule : report.rules)
    result[rule->name] = rule;
  return result;
}

std::string counts(const std::vector<Shown> &findings) {
  std::array<std::size_t, 3> ofLevel{};
  for (const Shown &each : findings)
    ++ofLevel[static_cast<std::size_t>(each.finding->level)];
  std::string text;
  for (const Level level : {Level::Error, Level::Warning, Level::Note})
    if (const std::size_t count = ofLevel[static_cast<std::size_t>(level)])
      text += (text.empty() ? "" : ", ") + counted(count, name(level));
  return text.empty() ? "no findings" : text;
}

std::string extent(const Report &report) {
  std::string text;
  if (report.units > 0)
    text = "in " + counted(report.units, "unit");
  if (report.files > 0)
    text += (text.empty() ? "in " : " and ") +
            counted(report.files, "project file");
  return text.empty() ? "at nothing" : text;
}

}  // namespace reproaudit
