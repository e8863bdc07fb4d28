// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// rdjson, the diagnostic format of reviewdog, with fixes as suggestions. Its
// columns count bytes of UTF-8.
#include "Places.h"
#include "Selection.h"
#include "Writers.h"

#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/report/Unicode.h"

#include <nlohmann/json.hpp>

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;

std::string_view severity(Level level) {
  switch (level) {
  case Level::Note:
    return "INFO";
  case Level::Warning:
    return "WARNING";
  case Level::Error:
    return "ERROR";
  }
  return "INFO";
}

Json position(const std::string &path, unsigned line, unsigned column,
              const SourceTexts &texts) {
  return {{"line", line},
          {"column", byteOfColumn(texts.line(path, line), column) + 1}};
}

Json rangeOf(const Range &at, const SourceTexts &texts) {
  return {{"start", position(at.path, at.line, at.column, texts)},
          {"end", position(at.path, at.endLine, at.endColumn, texts)}};
}

Json locationOf(const Range &at, const SourceTexts &texts) {
  return {{"path", validUtf8(at.path)},
          {"range", rangeOf(oneLine(at, texts), texts)}};
}

/// A suggestion is one replacement in the file of the finding; the other fixes
/// are in the other formats.
Json suggestions(const Finding &finding, const SourceTexts &texts) {
  Json result = Json::array();
  for (const Fix &fix : finding.fixes)
    if (fix.edits.size() == 1 && fix.edits[0].at.path == finding.at.path)
      result.push_back({{"range", rangeOf(fix.edits[0].at, texts)},
                        {"text", validUtf8(fix.edits[0].text)}});
  return result;
}

Json diagnostic(const Finding &finding, const SourceTexts &texts,
                const RuleInfo *rule) {
  std::string message = sentence(finding.message);
  if (finding.cure)
    message += " To fix: " + finding.cure->text + ".";
  Json result = {{"message", validUtf8(message)},
                 {"location", locationOf(finding.at, texts)},
                 {"severity", severity(finding.level)},
                 {"code", {{"value", finding.rule}}}};
  if (rule)
    result["code"]["url"] = ruleUri(*rule);
  if (Json fixes = suggestions(finding, texts); !fixes.empty())
    result["suggestions"] = std::move(fixes);
  for (const Remark &step : finding.flow)
    result["related_locations"].push_back(
        {{"message", validUtf8(step.text)},
         {"location", locationOf(step.at, texts)}});
  return result;
}

}  // namespace

std::string renderReviewDog(const Report &report, const SourceTexts &texts,
                            const Style &) {
  const auto rules = rulesByName(report);
  Json diagnostics = Json::array();
  for (const Shown &each : shown(report)) {
    const auto rule = rules.find(each.finding->rule);
    diagnostics.push_back(diagnostic(
        *each.finding, texts, rule == rules.end() ? nullptr : rule->second));
  }
  const Json result = {{"source", {{"name", "reproaudit"}, {"url", kHomepage}}},
                       {"diagnostics", std::move(diagnostics)}};
  return result.dump(2) + "\n";
}

}  // namespace reproaudit
