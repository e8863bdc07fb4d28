// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Writers.h"

#include "reproaudit/report/Fingerprint.h"
#include "reproaudit/report/Unicode.h"

#include <nlohmann/json.hpp>

namespace reproaudit {

std::string renderJson(const Report &report, const SourceTexts &,
                       const Style &) {
  using Json = nlohmann::ordered_json;
  Json findings = Json::array();
  const std::vector<std::string> fingerprints =
      contextFingerprints(report.findings);
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    Json finding = report.findings[i];
    finding["fingerprint"] = fingerprints[i];
    findings.push_back(std::move(finding));
  }
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
      {"findings", std::move(findings)},
      {"notices", std::move(notices)}};
  return json.dump(2) + "\n";
}

}  // namespace reproaudit
