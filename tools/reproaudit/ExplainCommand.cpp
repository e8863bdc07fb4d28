// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Command.h"

#include "reproaudit/analysis/Rule.h"
#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/scan/Scan.h"

#include <memory>

namespace reproaudit {
namespace {

int run(const std::string &name) {
  if (const Rule *rule = findRule(name))
    return printOut(ruleMarkdown(*rule->info));
  // The family alone is no page; selectRules() knows the nearest name.
  const auto rules = selectRules({.select = {name}});
  if (!rules)
    return fail(rules.error());
  std::string text;
  for (const RuleInfo *rule : *rules)
    text += ruleMarkdown(*rule) + "\n";
  return printOut(text);
}

}  // namespace

Command addExplain(CLI::App &app) {
  CLI::App *command = app.add_subcommand(
      "explain", "Print the page of a rule: why, bad, good, options, limits");
  const auto name = std::make_shared<std::string>();
  command->add_option("rule", *name, "A rule or a family")->required();
  return {command, [name] { return run(*name); }};
}

}  // namespace reproaudit
