// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/scan/Configuration.h"
#include "reproaudit/scan/Scan.h"

#include <nlohmann/json.hpp>

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;
using Shape = ConfigurationKey::Shape;

const Json Rules = {{"type", "array"},
                     {"items", {{"$ref", "#/definitions/rule"}}}};
const Json Levels = {
    {"type", "object"},
    {"propertyNames", {{"$ref", "#/definitions/rule"}}},
    {"additionalProperties", {{"enum", {"off", "note", "warning", "error"}}}}};

Json schemaOf(const ConfigurationKey &key) {
  Json word = {{"type", "string"}};
  if (key.of == ConfigurationKey::Of::Rule)
    word = Rules["items"];
  else if (!key.allowed.empty())
    word = {{"enum", key.allowed}};
  switch (key.shape) {
  case Shape::Word:
    return word;
  case Shape::Words:
    return {{"oneOf", {{{"type", "array"}, {"items", word}}, word}}};
  case Shape::Number:
    return {{"type", "integer"}, {"minimum", 0}};
  case Shape::Flag:
    return {{"type", "boolean"}};
  case Shape::Levels:
    return Levels;
  case Shape::Paths:
    break;
  }
  return {{"type", "array"},
          {"items",
           {{"type", "object"},
            {"additionalProperties", false},
            {"required", {"path"}},
            {"properties",
             {{"path", {{"type", "string"}}},
              {"ignore", Rules},
              {"levels", Levels}}}}}};
}

}  // namespace

std::string configurationSchema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"$id", std::string(kHomepage) +
                             "/raw/main/docs/schema/config.schema.json"},
                 {"title", "Settings of reproaudit for a folder"},
                 {"type", "object"},
                 {"additionalProperties", false}};
  for (const ConfigurationKey &key : configurationKeys()) {
    Json &property = schema["properties"][std::string(key.name)];
    property = schemaOf(key);
    property["description"] = key.summary;
  }
  Json words = {"all"};
  for (const std::string &word : ruleWords())
    words.push_back(word);
  schema["definitions"]["rule"]["enum"] = std::move(words);
  return schema.dump(2) + "\n";
}

}  // namespace reproaudit
