// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/scan/Nearest.h"
#include "reproaudit/scan/Scan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

namespace reproaudit {
namespace {

constexpr Family kFamilies[] = {
    Family::Rng, Family::Order, Family::Parallel, Family::Gpu,   Family::Fp,
    Family::Env, Family::Mem,   Family::Deps,     Family::Build, Family::Data,
    Family::Meta};

bool namedBy(const std::vector<std::string> &words, const RuleInfo &rule) {
  return llvm::any_of(
      words, [&](const std::string &word) { return names(word, rule); });
}

bool isEnabled(const RuleInfo &rule, const Selection &selection) {
  const bool selected = namedBy(selection.select, rule);
  if (namedBy(selection.ignore, rule))
    return false;
  if (!selection.select.empty() && !selected)
    return false;
  const bool required = llvm::is_contained(selection.require, rule.scope);
  if (!selection.require.empty() && !required)
    return false;
  // A pedantic rule needs its own name, or that somebody cares for its scope.
  return rule.tier != Tier::Pedantic || required ||
         llvm::is_contained(selection.select, rule.name) ||
         llvm::is_contained(selection.select, kAllRules);
}

}  // namespace

std::vector<std::string> ruleWords() {
  std::vector<std::string> words;
  for (const Family family : kFamilies)
    words.emplace_back(name(family));
  for (const Rule *rule : allRules())
    words.emplace_back(rule->info->name);
  std::ranges::sort(words);
  return words;
}

bool names(std::string_view word, const RuleInfo &rule) {
  return word == kAllRules || word == rule.name || word == name(rule.family);
}

std::expected<void, std::string> checkRuleWord(const std::string &word) {
  const std::vector<std::string> words = ruleWords();
  if (word == kAllRules || llvm::is_contained(words, word))
    return {};
  const std::string nearest = nearestTo(word, words);
  return std::unexpected(
      llvm::formatv("no rule or family is called '{0}'{1} `reproaudit rules` "
                    "lists them all",
                    word,
                    nearest.empty() ? ";" : "; did you mean '" + nearest + "'?")
          .str());
}

std::expected<std::vector<const RuleInfo *>, std::string>
selectRules(const Selection &selection) {
  for (const auto *words : {&selection.select, &selection.ignore})
    for (const std::string &word : *words)
      if (auto valid = checkRuleWord(word); !valid)
        return std::unexpected(valid.error());
  std::vector<const RuleInfo *> rules;
  for (const Rule *rule : allRules())
    if (isEnabled(*rule->info, selection))
      rules.push_back(rule->info);
  std::ranges::sort(rules, {}, &RuleInfo::name);
  return rules;
}

}  // namespace reproaudit
