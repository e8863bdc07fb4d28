// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SARIF 2.1.0, as GitHub, GitLab and the viewers really read it:
//   - GitHub shows the first location only, beside the pull request only if the
//     location lies in one line, and related locations only if the message
//     links to them; `suppressions` must be on all results or on none.
//   - Nothing may depend on the machine (SARIF Appendix F): no times, absolute
//     paths, host or user names; SRCROOT is described, never located.
#include "Concat.h"
#include "Places.h"
#include "SarifDescriptors.h"
#include "Writers.h"

#include "reproaudit/report/Fingerprint.h"
#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/report/Unicode.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSourceRoot = "SRCROOT";
std::string_view languageOf(std::string_view path) {
  const std::string_view suffix = path.substr(
      std::min(path.size(),
               path.rfind('.') == path.npos ? path.size() : path.rfind('.')));
  if (suffix == ".cu" || suffix == ".cuh")
    return "cuda";
  if (suffix == ".c")
    return "c";
  constexpr std::string_view kCxx[] = {".cc",  ".cpp", ".cxx", ".c++",
                                       ".C",   ".h",   ".hh",  ".hpp",
                                       ".hxx", ".inl", ".ipp", ".tpp"};
  return std::ranges::find(kCxx, suffix) != std::end(kCxx) ? "cplusplus" : "";
}

// -- The log ------------------------------------------------------------------

class SarifWriter {
public:
  SarifWriter(const Report &report, const SourceTexts &texts,
              const Style &style)
      : report_(report), texts_(texts), style_(style) {
    for (std::size_t i = 0; i < report.rules.size(); ++i)
      ruleIndex_[report.rules[i]->name] = i;
    for (const Notice &notice : report.notices)
      noticeIndex_.try_emplace(notice.id, 0);
    std::size_t next = 0;
    for (auto &[id, index] : noticeIndex_)
      index = next++;
    for (const Finding &finding : report.findings)
      anySuppressed_ |= finding.suppression.has_value();
  }

  Json run();

private:
  Json driver() const;
  Json automationDetails() const;
  Json invocation() const;
  Json notification(const Notice &notice) const;
  Json artifacts() const;
  Json result(const Finding &finding, const std::string &fingerprint);
  void explain(const Finding &finding, Json &result) const;
  Json location(const Range &at) const;
  Json context(const std::string &path, unsigned line) const;
  Json primaryLocation(const Finding &finding) const;
  Json codeFlow(const Finding &finding) const;
  Json fix(const Fix &fix) const;
  std::string lineHash(const Range &at);

  const Report &report_;
  const SourceTexts &texts_;
  const Style &style_;
  std::map<std::string_view, std::size_t> ruleIndex_;
  std::map<std::string, std::size_t> noticeIndex_;
  std::map<std::string, std::vector<std::string>> lineHashes_;
  bool anySuppressed_ = false;
};

Json artifactLocation(std::string_view path) {
  Json location = {{"uri", uri(path)}};
  if (!path.starts_with('/'))
    location["uriBaseId"] = kSourceRoot;
  return location;
}

Json region(const Range &at) {
  return {{"startLine", at.line},
          {"startColumn", at.column},
          {"endLine", at.endLine},
          {"endColumn", at.endColumn}};
}

Json SarifWriter::location(const Range &at) const {
  const Range shown = oneLine(at, texts_);
  Json where = region(shown);
  if (const std::string code = snippet(shown, texts_); !code.empty())
    where["snippet"] = sarifText(code);
  return {{"physicalLocation",
           {{"artifactLocation", artifactLocation(at.path)},
            {"region", std::move(where)}}}};
}

/// The lines around \p line of \p path, null if there is nothing to add to it.
Json SarifWriter::context(const std::string &path, unsigned line) const {
  constexpr unsigned kAround = 2;
  const unsigned first = line > kAround ? line - kAround : 1;
  const unsigned last = std::min(line + kAround, texts_.lineCount(path));
  if (last < first)
    return nullptr;
  std::string lines(texts_.line(path, first));
  for (unsigned i = first + 1; i <= last; ++i)
    lines += concat("\n", texts_.line(path, i));
  if (last > first)
    return {
        {"startLine", first}, {"endLine", last}, {"snippet", sarifText(lines)}};
  // A context is larger than its region; a single line grows by its line feed.
  if (!texts_.text(path).ends_with('\n'))
    return nullptr;
  return {{"startLine", first},
          {"endLine", first + 1},
          {"endColumn", 1},
          {"snippet", sarifText(lines + "\n")}};
}

/// The place of \p finding with the lines around it and its function.
Json SarifWriter::primaryLocation(const Finding &finding) const {
  Json result = location(finding.at);
  Json around = context(finding.at.path, std::max(finding.at.line, 1U));
  if (!around.is_null())
    result["physicalLocation"]["contextRegion"] = std::move(around);
  if (!finding.function.empty())
    result["logicalLocations"] =
        Json::array({{{"fullyQualifiedName", validUtf8(finding.function)},
                      {"kind", "function"}}});
  return result;
}

Json SarifWriter::codeFlow(const Finding &finding) const {
  Json steps = Json::array();
  const auto add = [&](const Range &at, const std::string &message) {
    Json place = location(at);
    place["message"] = sarifText(sentence(message));
    steps.push_back({{"location", std::move(place)},
                     {"nestingLevel", 0},
                     {"importance", "essential"}});
  };
  for (const Remark &step : finding.flow)
    add(step.at, step.text);
  add(finding.at, finding.message);
  return {{"threadFlows", Json::array({{{"locations", std::move(steps)}}})}};
}

Json SarifWriter::fix(const Fix &fix) const {
  std::map<std::string, Json> replacements;
  for (const Edit &edit : fix.edits) {
    Json replacement = {{"deletedRegion", region(edit.at)}};
    if (!edit.text.empty())
      replacement["insertedContent"] = sarifText(edit.text);
    replacements.try_emplace(edit.at.path, Json::array())
        .first->second.push_back(std::move(replacement));
  }
  Json changes = Json::array();
  for (auto &[path, ofFile] : replacements)
    changes.push_back({{"artifactLocation", artifactLocation(path)},
                       {"replacements", std::move(ofFile)}});
  return {{"description", sarifText(sentence(fix.title))},
          {"artifactChanges", std::move(changes)},
          {"properties", {{"applicability", fix.safe ? "safe" : "unsafe"}}}};
}

/// \p label as the text of a link to the related location \p id.
std::string link(std::string_view label, std::size_t id) {
  std::string result = "[";
  for (const char c : label) {
    if (c == '[' || c == ']' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + concat("](", id, ")");
}

/// \p text in which nothing reads as a link, such as a lambda's `[&](int i)`.
std::string linkless(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '(' && result.ends_with(']'))
      result += ' ';
    result += c;
  }
  return result;
}

/// Adds message and related locations, linked to each other: what is wrong, how
/// it comes about, what to do.
void SarifWriter::explain(const Finding &finding, Json &result) const {
  Json related = Json::array();
  const auto linkTo = [&](const Remark &remark) {
    if (remark.at.path.empty())
      return linkless(remark.text);
    Json place = location(remark.at);
    place["id"] = related.size() + 1;
    place["message"] = sarifText(sentence(remark.text));
    related.push_back(std::move(place));
    return link(remark.text, related.size());
  };
  std::string message = linkless(sentence(finding.message));
  for (std::size_t i = 0; i < finding.flow.size(); ++i)
    message += (i == 0 ? " Flow: " : "; ") + linkTo(finding.flow[i]);
  if (!finding.flow.empty())
    message += '.';
  if (finding.cure)
    message += " To fix: " + linkTo(*finding.cure) + ".";

  result["message"] = {
      {"text", validUtf8(message)},
      {"id", kSarifMessageId},
      {"arguments",
       Json::array({validUtf8(finding.function.empty() ? finding.at.path
                                                       : finding.function)})}};
  result["locations"] = Json::array({primaryLocation(finding)});
  if (!related.empty())
    result["relatedLocations"] = std::move(related);
}

std::string SarifWriter::lineHash(const Range &at) {
  const auto [entry, isNew] = lineHashes_.try_emplace(at.path);
  if (isNew)
    entry->second = lineHashes(texts_.text(at.path));
  const std::size_t index = std::max(at.line, 1U) - 1;
  return index < entry->second.size() ? entry->second[index] : "";
}

double rank(Level level) {
  switch (level) {
  case Level::Note:
    return 20;
  case Level::Warning:
    return 60;
  case Level::Error:
    return 90;
  }
  return 0;
}

Json SarifWriter::result(const Finding &finding,
                         const std::string &fingerprint) {
  Json result = {{"ruleId", finding.rule}};
  if (const auto index = ruleIndex_.find(finding.rule);
      index != ruleIndex_.end())
    result["ruleIndex"] = index->second;
  result["kind"] = name(finding.kind);
  result["level"] =
      finding.kind == ResultKind::Fail ? name(finding.level) : "none";
  result["rank"] = rank(finding.level);
  explain(finding, result);
  if (!finding.flow.empty())
    result["codeFlows"] = Json::array({codeFlow(finding)});
  result["partialFingerprints"] = {
      {"primaryLocationLineHash", lineHash(finding.at)},
      {"reproaudit/contextHash/v1", fingerprint}};
  if (anySuppressed_)
    result["suppressions"] = Json::array();
  if (finding.suppression) {
    Json suppression = {{"kind", "inSource"}, {"status", "accepted"}};
    if (!finding.suppression->reason.empty())
      suppression["justification"] = validUtf8(finding.suppression->reason);
    result["suppressions"].push_back(std::move(suppression));
  }
  for (const Fix &each : finding.fixes)
    result["fixes"].push_back(fix(each));
  if (!finding.statement.empty())
    result["properties"] = {{"statement", validUtf8(finding.statement)}};
  return result;
}

Json SarifWriter::notification(const Notice &notice) const {
  Json notification = {
      {"descriptor",
       {{"id", notice.id}, {"index", noticeIndex_.at(notice.id)}}},
      {"level", name(notice.level)},
      {"message", sarifText(linkless(sentence(notice.text)))}};
  if (!notice.path.empty())
    notification["locations"] =
        Json::array({location({.path = notice.path, .line = notice.line})});
  return notification;
}

Json SarifWriter::invocation() const {
  Json notifications = Json::array();
  for (const Notice &notice : report_.notices)
    notifications.push_back(notification(notice));
  return {{"executionSuccessful", report_.complete},
          {"exitCode", report_.exitCode},
          {"toolExecutionNotifications", std::move(notifications)}};
}

Json SarifWriter::driver() const {
  Json rules = Json::array();
  for (const RuleInfo *rule : report_.rules)
    rules.push_back(ruleDescriptor(*rule));
  Json driver = {{"name", "reproaudit"},
                 {"fullName", "reproaudit " REPROAUDIT_VERSION},
                 {"organization", "reproaudit"},
                 {"version", REPROAUDIT_VERSION},
                 {"semanticVersion", REPROAUDIT_VERSION},
                 {"informationUri", kHomepage},
                 {"rules", std::move(rules)}};
  for (const auto &[id, index] : noticeIndex_)
    driver["notifications"].push_back(noticeDescriptor(id));
  return driver;
}

/// The files with findings. Their text is embedded, so that the log can be read
/// without the repository, as long as the log stays small.
Json SarifWriter::artifacts() const {
  constexpr std::size_t kEmbedLimit = 1 << 20;
  std::set<std::string> paths;
  for (const Finding &finding : report_.findings)
    paths.insert(finding.at.path);
  Json artifacts = Json::array();
  std::size_t embedded = 0;
  for (const std::string &path : paths) {
    const std::string &content = texts_.text(path);
    Json artifact = {{"location", artifactLocation(path)},
                     {"length", content.size()}};
    if (const std::string_view language = languageOf(path); !language.empty())
      artifact["sourceLanguage"] = language;
    // The text of a file that is not UTF-8 would not be the file.
    if (style_.profile == SarifProfile::Plain &&
        embedded + content.size() <= kEmbedLimit &&
        validUtf8(content) == content) {
      embedded += content.size();
      artifact["contents"] = {{"text", content}};
    }
    artifacts.push_back(std::move(artifact));
  }
  return artifacts;
}

Json SarifWriter::automationDetails() const {
  Json details = {{"id", "reproaudit/"}};
  if (style_.profile == SarifProfile::Azure)
    for (const auto &[name, value] : style_.pipeline)
      (name == "id"
           ? details["id"]
           : details["properties"]["azuredevops/pipeline/build/" + name]) =
          validUtf8(value);
  return details;
}

Json SarifWriter::run() {
  Json run = {
      {"tool", {{"driver", driver()}}},
      {"automationDetails", automationDetails()},
      {"columnKind", "unicodeCodePoints"},
      {"originalUriBaseIds",
       {{kSourceRoot,
         {{"description", sarifText("The root of the scanned repository.")}}}}},
      {"invocations", Json::array({invocation()})}};
  if (const std::string repository = repositoryUri(report_.revision.repository);
      !repository.empty()) {
    Json provenance = {{"repositoryUri", repository}};
    if (!report_.revision.commit.empty())
      provenance["revisionId"] = validUtf8(report_.revision.commit);
    if (!report_.revision.branch.empty())
      provenance["branch"] = validUtf8(report_.revision.branch);
    provenance["mappedTo"] = {{"uriBaseId", kSourceRoot}};
    run["versionControlProvenance"] = Json::array({std::move(provenance)});
  }
  const std::vector<std::string> fingerprints =
      contextFingerprints(report_.findings);
  run["results"] = Json::array();
  for (std::size_t i = 0; i < report_.findings.size(); ++i)
    run["results"].push_back(result(report_.findings[i], fingerprints[i]));
  if (Json files = artifacts(); !files.empty())
    run["artifacts"] = std::move(files);
  run["properties"] = {{"units", report_.units}, {"files", report_.files}};
  if (report_.shard) {
    run["properties"]["shard"] = {report_.shard->number, report_.shard->count};
    run["properties"]["facts"] =
        Json::parse(Json(report_.facts)
                        .dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return run;
}

}  // namespace

std::string renderSarif(const Report &report, const SourceTexts &texts,
                        const Style &style) {
  const Report log = fitted(report, style.profile);
  const Json json = {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs", Json::array({SarifWriter(log, texts, style).run()})}};
  return json.dump(2) + "\n";
}

}  // namespace reproaudit
