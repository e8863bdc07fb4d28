// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Finding.h"

#include "reproaudit/report/Unicode.h"

#include <nlohmann/json.hpp>

#include <string_view>

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;

template <class T> Json array(const std::vector<T> &values) {
  Json json = Json::array();
  for (const T &value : values)
    json.push_back(value);
  return json;
}

}  // namespace

std::string_view name(Level level) {
  switch (level) {
  case Level::Note:
    return "note";
  case Level::Warning:
    return "warning";
  case Level::Error:
    return "error";
  }
  return "warning";
}

std::string_view name(ResultKind kind) {
  constexpr std::string_view kNames[] = {"fail", "pass", "open",
                                         "notApplicable"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Found by argument-dependent lookup from the conversions of the members.

static void to_json(Json &json, Level level) { json = name(level); }

static void from_json(const Json &json, Level &level) {
  const auto word = json.get<std::string>();
  for (const Level candidate : {Level::Note, Level::Warning, Level::Error})
    if (word == name(candidate)) {
      level = candidate;
      return;
    }
  throw Json::other_error::create(501, "unknown level '" + word + "'", &json);
}

static void to_json(Json &json, const Range &range) {
  json = {{"path", validUtf8(range.path)},
          {"line", range.line},
          {"column", range.column},
          {"endLine", range.endLine},
          {"endColumn", range.endColumn}};
}

static void from_json(const Json &json, Range &range) {
  json.at("path").get_to(range.path);
  json.at("line").get_to(range.line);
  json.at("column").get_to(range.column);
  json.at("endLine").get_to(range.endLine);
  json.at("endColumn").get_to(range.endColumn);
}

static void to_json(Json &json, const Remark &remark) {
  json = {{"at", remark.at}, {"text", validUtf8(remark.text)}};
}

static void from_json(const Json &json, Remark &remark) {
  json.at("at").get_to(remark.at);
  json.at("text").get_to(remark.text);
}

static void to_json(Json &json, const Edit &edit) {
  json = {{"at", edit.at}, {"text", validUtf8(edit.text)}};
}

static void from_json(const Json &json, Edit &edit) {
  json.at("at").get_to(edit.at);
  json.at("text").get_to(edit.text);
}

static void to_json(Json &json, const Fix &fix) {
  json = {{"title", validUtf8(fix.title)},
          {"safe", fix.safe},
          {"edits", array(fix.edits)}};
}

static void from_json(const Json &json, Fix &fix) {
  json.at("title").get_to(fix.title);
  json.at("safe").get_to(fix.safe);
  json.at("edits").get_to(fix.edits);
}

void to_json(Json &json, const Finding &finding) {
  json = {{"at", finding.at},
          {"rule", finding.rule},
          {"level", finding.level},
          {"message", validUtf8(finding.message)},
          {"flow", array(finding.flow)},
          {"cure", nullptr},
          {"fixes", array(finding.fixes)},
          {"function", validUtf8(finding.function)},
          {"statement", validUtf8(finding.statement)},
          {"suppression", nullptr}};
  if (finding.cure)
    json["cure"] = *finding.cure;
  if (finding.suppression)
    json["suppression"] = {{"reason", validUtf8(finding.suppression->reason)}};
}

void from_json(const Json &json, Finding &finding) {
  json.at("at").get_to(finding.at);
  json.at("rule").get_to(finding.rule);
  json.at("level").get_to(finding.level);
  json.at("message").get_to(finding.message);
  json.at("flow").get_to(finding.flow);
  finding.cure.reset();
  if (const Json &cure = json.at("cure"); !cure.is_null())
    cure.get_to(finding.cure.emplace());
  json.at("fixes").get_to(finding.fixes);
  json.at("function").get_to(finding.function);
  json.at("statement").get_to(finding.statement);
  finding.suppression.reset();
  if (const Json &suppression = json.at("suppression"); !suppression.is_null())
    suppression.at("reason").get_to(finding.suppression.emplace().reason);
}

void to_json(Json &json, const Notice &notice) {
  json = {{"level", notice.level},
          {"id", notice.id},
          {"path", validUtf8(notice.path)},
          {"line", notice.line},
          {"text", validUtf8(notice.text)}};
}

void from_json(const Json &json, Notice &notice) {
  json.at("level").get_to(notice.level);
  json.at("id").get_to(notice.id);
  json.at("path").get_to(notice.path);
  json.at("line").get_to(notice.line);
  json.at("text").get_to(notice.text);
}

}  // namespace reproaudit
