// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/SarifReader.h"

#include "Concat.h"
#include "Places.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace reproaudit {
namespace {

using Json = nlohmann::json;

/// The path that uri() made \p reference from.
std::string pathOf(std::string_view reference) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9')
      return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  if (reference.starts_with("file://"))
    reference.remove_prefix(7);
  std::string path;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const bool isCode = reference[i] == '%' && i + 2 < reference.size() &&
                        digit(reference[i + 1]) >= 0 &&
                        digit(reference[i + 2]) >= 0;
    if (isCode) {
      path += static_cast<char>(digit(reference[i + 1]) * 16 +
                                digit(reference[i + 2]));
      i += 2;
    } else {
      path += reference[i];
    }
  }
  return path;
}

/// What sentence() made \p text from: no full stop, and no capital unless the
/// word is a name.
std::string phraseOf(std::string text) {
  if (text.ends_with('.'))
    text.pop_back();
  std::string lower = text;
  if (!lower.empty() && lower[0] >= 'A' && lower[0] <= 'Z')
    lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
  return capitalised(lower) == text ? lower : text;
}

Range rangeOf(const Json &region, std::string path) {
  return {.path = std::move(path),
          .line = region.at("startLine"),
          .column = region.at("startColumn"),
          .endLine = region.at("endLine"),
          .endColumn = region.at("endColumn")};
}

Range placeOf(const Json &location) {
  const Json &physical = location.at("physicalLocation");
  return rangeOf(physical.at("region"),
                 pathOf(physical.at("artifactLocation")
                            .at("uri")
                            .get_ref<const std::string &>()));
}

Remark remarkOf(const Json &location) {
  return {.at = placeOf(location),
          .text = phraseOf(location.at("message").at("text"))};
}

Level levelOf(const Json &word) {
  for (const Level level : {Level::Note, Level::Error})
    if (word == name(level))
      return level;
  return Level::Warning;
}

constexpr std::string_view kFlow = " Flow: [";
constexpr std::string_view kCure = " To fix: ";

/// What to do, which stands last in a message; as a link if it has a place.
std::optional<Remark> cureOf(const std::string &message, const Json &result) {
  const std::size_t begin = message.rfind(kCure);
  if (begin == message.npos)
    return std::nullopt;
  const std::string text = message.substr(begin + kCure.size());
  if (text.starts_with('[') && text.ends_with(")."))
    return remarkOf(result.at("relatedLocations").back());
  return Remark{.text = phraseOf(text)};
}

ResultKind kindOf(const Json &result) {
  const std::string word = result.value("kind", "fail");
  for (const ResultKind kind :
       {ResultKind::Pass, ResultKind::Open, ResultKind::NotApplicable})
    if (word == name(kind))
      return kind;
  return ResultKind::Fail;
}

Fix fixOf(const Json &json) {
  Fix fix = {.title = phraseOf(json.at("description").at("text")),
             .safe = json.at("properties").at("applicability") == "safe"};
  for (const Json &change : json.at("artifactChanges")) {
    const std::string path = pathOf(
        change.at("artifactLocation").at("uri").get_ref<const std::string &>());
    for (const Json &replacement : change.at("replacements")) {
      Edit edit = {.at = rangeOf(replacement.at("deletedRegion"), path)};
      if (replacement.contains("insertedContent"))
        edit.text = replacement.at("insertedContent").at("text");
      fix.edits.push_back(std::move(edit));
    }
  }
  return fix;
}

std::vector<Remark> flowOf(const Json &result) {
  std::vector<Remark> flow;
  if (!result.contains("codeFlows"))
    return flow;
  const Json &steps =
      result.at("codeFlows").at(0).at("threadFlows").at(0).at("locations");
  for (const Json &step : steps)
    flow.push_back(remarkOf(step.at("location")));
  if (!flow.empty())
    flow.pop_back();  // The finding itself.
  return flow;
}

/// What is wrong, without flow and cure; brackets that would have read as a
/// link were parted when the message was written.
std::string messageOf(const std::string &message) {
  std::string text = phraseOf(
      message.substr(0, std::min(message.find(kFlow), message.rfind(kCure))));
  for (std::size_t at = text.find("] ("); at != text.npos;
       at = text.find("] (", at))
    text.erase(at + 1, 1);
  return text;
}

Finding findingOf(const Json &result) {
  const std::string message = result.at("message").at("text");
  const Json &location = result.at("locations").at(0);
  Finding finding = {.at = placeOf(location),
                     .rule = result.at("ruleId"),
                     .level = levelOf(result.at("level")),
                     .message = messageOf(message),
                     .flow = flowOf(result),
                     .cure = cureOf(message, result)};
  if (location.contains("logicalLocations"))
    finding.function =
        location.at("logicalLocations").at(0).at("fullyQualifiedName");
  if (result.contains("properties"))
    finding.statement = result.at("properties").at("statement");
  if (result.contains("fixes"))
    for (const Json &fix : result.at("fixes"))
      finding.fixes.push_back(fixOf(fix));
  if (result.contains("suppressions") && !result.at("suppressions").empty())
    finding.suppression =
        Suppression{result.at("suppressions").at(0).value("justification", "")};
  finding.kind = kindOf(result);
  return finding;
}

Notice noticeOf(const Json &json) {
  Notice notice = {.level = levelOf(json.at("level")),
                   .id = json.at("descriptor").at("id"),
                   .text = phraseOf(json.at("message").at("text"))};
  if (json.contains("locations")) {
    const Range at = placeOf(json.at("locations").at(0));
    notice.path = at.path;
    notice.line = at.line;
  }
  return notice;
}

Revision revisionOf(const Json &run) {
  if (!run.contains("versionControlProvenance"))
    return {};
  const Json &provenance = run.at("versionControlProvenance").at(0);
  return {.repository = provenance.at("repositoryUri"),
          .commit = provenance.value("revisionId", ""),
          .branch = provenance.value("branch", "")};
}

Report reportOf(const Json &run,
                const RuleInfo *(*findRule)(std::string_view name)) {
  const Json &invocation = run.at("invocations").at(0);
  Report report = {.revision = revisionOf(run),
                   .units = run.at("properties").at("units"),
                   .files = run.at("properties").at("files"),
                   .complete = invocation.at("executionSuccessful"),
                   .exitCode = invocation.at("exitCode")};
  if (const Json &properties = run.at("properties");
      properties.contains("shard")) {
    report.shard = Shard{properties.at("shard").at(0), properties.at("shard").at(1)};
    properties.at("facts").get_to(report.facts);
  }
  for (const Json &rule : run.at("tool").at("driver").at("rules"))
    if (const RuleInfo *info =
            findRule(rule.at("id").get_ref<const std::string &>()))
      report.rules.push_back(info);
  for (const Json &result : run.at("results"))
    report.findings.push_back(findingOf(result));
  for (const Json &notice : invocation.at("toolExecutionNotifications"))
    report.notices.push_back(noticeOf(notice));
  return report;
}

template <class T> void sortUnique(std::vector<T> &values) {
  std::ranges::sort(values);
  const auto twice = std::ranges::unique(values);
  values.erase(twice.begin(), twice.end());
}

}  // namespace

std::variant<SarifLog, std::string>
readSarif(std::string_view text,
          const RuleInfo *(*findRule)(std::string_view name)) {
  try {
    const Json json = Json::parse(text);
    std::vector<Report> reports;
    SarifLog log;
    for (const Json &run : json.at("runs")) {
      if (run.at("tool").at("driver").at("name") != "reproaudit")
        return std::string("it is the log of another tool");
      reports.push_back(reportOf(run, findRule));
      for (const Json &artifact : run.value("artifacts", Json::array()))
        if (artifact.contains("contents"))
          log.texts[pathOf(artifact.at("location")
                               .at("uri")
                               .get_ref<const std::string &>())] =
              artifact.at("contents").at("text");
    }
    log.report =
        reports.size() == 1 ? std::move(reports.front()) : merged(reports);
    return log;
  } catch (const Json::parse_error &error) {
    return concat("it is not JSON: byte ", error.byte);
  } catch (const Json::exception &) {
    return std::string("it is not a SARIF log of this version of reproaudit");
  }
}

Report merged(const std::vector<Report> &reports) {
  Report all;
  for (const Report &report : reports) {
    all.rules.insert(all.rules.end(), report.rules.begin(), report.rules.end());
    all.findings.insert(all.findings.end(), report.findings.begin(),
                        report.findings.end());
    all.notices.insert(all.notices.end(), report.notices.begin(),
                       report.notices.end());
    if (all.revision.commit.empty())
      all.revision = report.revision;
    all.units += report.units;
    all.files = std::max(all.files, report.files);
    all.complete &= report.complete;
    all.exitCode = std::max(all.exitCode, report.exitCode);
  }
  sortUnique(all.findings);
  sortUnique(all.notices);
  std::ranges::sort(all.rules, {}, &RuleInfo::name);
  const auto twice = std::ranges::unique(all.rules);
  all.rules.erase(twice.begin(), twice.end());
  return all;
}

}  // namespace reproaudit
