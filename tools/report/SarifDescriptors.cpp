// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SarifDescriptors.h"

#include "Concat.h"
#include "Places.h"

#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/report/Unicode.h"

#include <algorithm>

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;

/// \p text cut at a sentence to what GitHub accepts in a description.
std::string description(std::string text) {
  constexpr std::size_t kLimit = 1024;
  if (text.size() > kLimit)
    text.resize(text.rfind(". ", kLimit - 2) + 1);
  return sentence(text);
}

/// `Parse error` for `parse-error`.
std::string words(std::string_view id) {
  std::string result = capitalised(id);
  std::ranges::replace(result, '-', ' ');
  return result;
}

std::string_view precision(Tier tier) {
  switch (tier) {
  case Tier::Gate:
    return "high";
  case Tier::Audit:
    return "medium";
  case Tier::Pedantic:
    return "low";
  }
  return "low";
}

}  // namespace

Json sarifText(std::string_view sentence) {
  return {{"text", validUtf8(sentence)}};
}

Json ruleDescriptor(const RuleInfo &rule) {
  return {
      {"id", rule.name},
      {"name", ruleTitle(rule)},
      {"shortDescription", sarifText(sentence(rule.summary))},
      {"fullDescription", sarifText(description(plainText(rule.why)))},
      {"defaultConfiguration", {{"level", name(defaultLevel(rule))}}},
      // The sentence for tools that build messages from rules alone;
      // results say more in their own words.
      {"messageStrings",
       {{kSarifMessageId,
         sarifText(concat(capitalised(rule.summary), " in '{0}'."))}}},
      {"helpUri", ruleUri(rule)},
      {"help", {{"text", ruleText(rule)}, {"markdown", ruleMarkdown(rule)}}},
      {"properties",
       {{"tags",
         {"reproducibility", name(rule.family),
          concat("scope:", name(rule.scope))}},
        {"precision", precision(rule.tier)},
        {"problem.severity",
         rule.tier == Tier::Gate ? "warning" : "recommendation"},
        {"scope", name(rule.scope)},
        {"tier", static_cast<int>(rule.tier)}}}};
}

Json noticeDescriptor(const std::string &id) {
  const std::string what = words(id);
  return {
      {"id", id},
      {"name", pascalCase(id) + "Notice"},
      {"shortDescription", sarifText(what + ".")},
      {"fullDescription",
       sarifText("A part of the analysis was not done as asked: " + what +
                 ".")},
      {"helpUri", concat(kHomepage, "#readme")},
      {"help", sarifText("The notification says what to do. Findings of the "
                         "other files are not affected.")}};
}

}  // namespace reproaudit
