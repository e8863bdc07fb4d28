// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Command.h"

#include "reproaudit/analysis/Rule.h"

#include "llvm/Support/FormatVariadic.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

namespace reproaudit {
namespace {

std::vector<const Rule *> rulesByName() {
  std::vector<const Rule *> rules(allRules().begin(), allRules().end());
  std::ranges::sort(rules, {},
                    [](const Rule *rule) { return rule->info->name; });
  return rules;
}

/// What a rule has to see to say all that it can: an editor and clang-tidy show
/// it one unit.
std::string_view sees(const Rule &rule) {
  if (rule.checkDirectives)
    return "findings";
  if (rule.checkProject)
    return "files";
  return rule.link ? "program" : "unit";
}

std::string table() {
  std::string text;
  for (const Rule *each : rulesByName()) {
    const RuleInfo *rule = each->info;
    text += llvm::formatv("{0,-36} {1,-8} {2,-8} {3}  {4}\n", rule->name,
                          name(rule->family), name(rule->scope),
                          static_cast<int>(rule->tier), rule->summary);
  }
  return text;
}

std::string json() {
  nlohmann::ordered_json rules = nlohmann::ordered_json::array();
  for (const Rule *each : rulesByName()) {
    const RuleInfo *rule = each->info;
    rules.push_back({{"name", rule->name},
                     {"family", name(rule->family)},
                     {"scope", name(rule->scope)},
                     {"tier", static_cast<int>(rule->tier)},
                     {"sees", sees(*each)},
                     {"since", rule->since},
                     {"summary", rule->summary}});
  }
  return rules.dump(2) + "\n";
}

}  // namespace

Command addRules(CLI::App &app) {
  CLI::App *command = app.add_subcommand(
      "rules", "List the rules: name, family, scope, tier, summary");
  const auto asJson = std::make_shared<bool>(false);
  command->add_flag("--json", *asJson, "As JSON");
  return {command, [asJson] { return printOut(*asJson ? json() : table()); }};
}

}  // namespace reproaudit
