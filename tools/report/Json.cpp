// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Writers.h"

#include "reproaudit/report/Fingerprint.h"
#include "reproaudit/report/Unicode.h"

#include <nlohmann/json.hpp>

namespace reproaudit {

namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> findingsWithFingerprints(const Report &report) {
  const std::vector<std::string> fingerprints =
      contextFingerprints(report.findings);
  std::vector<Json> findings;
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    findings.emplace_back(report.findings[i]);
    findings.back()["fingerprint"] = fingerprints[i];
  }
  return findings;
}

}  // namespace

std::string renderJsonLines(const Report &report, const SourceTexts &,
                            const Style &) {
  std::string lines;
  for (const Json &finding : findingsWithFingerprints(report))
    lines += finding.dump() + "\n";
  return lines;
}

std::string renderJson(const Report &report, const SourceTexts &,
                       const Style &) {
  Json rules = Json::array();
  for (const RuleInfo *rule : report.rules)
    rules.push_back({{"name", rule->name},
                     {"family", name(rule->family)},
                     {"scope", name(rule->scope)},
                     {"tier", static_cast<int>(rule->tier)},
                     {"summary", rule->summary}});
  Json notices = Json::array();
  for (const Notice &notice : report.notices)
    notices.push_back(notice);
  const Json json = {
      {"schema_version", 1},
      {"tool", {{"name", "reproaudit"}, {"version", REPROAUDIT_VERSION}}},
      {"revision",
       {{"repository", validUtf8(report.revision.repository)},
        {"commit", validUtf8(report.revision.commit)},
        {"branch", validUtf8(report.revision.branch)}}},
      {"units", report.units},
      {"files", report.files},
      {"complete", report.complete},
      {"exitCode", report.exitCode},
      {"rules", std::move(rules)},
      {"findings", findingsWithFingerprints(report)},
      {"notices", std::move(notices)}};
  return json.dump(2) + "\n";
}

}  // namespace reproaudit
