// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/scan/Scan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using llvm::StringRef;

namespace reproaudit {
namespace {

constexpr Family kFamilies[] = {
    Family::Rng, Family::Order, Family::Parallel, Family::Gpu, Family::Fp,
    Family::Env, Family::Mem,   Family::Deps,     Family::Build, Family::Data};

bool isFamily(StringRef word) {
  return llvm::any_of(
      kFamilies, [&](Family family) { return word == StringRef(name(family)); });
}

bool names(StringRef word, const RuleInfo &rule) {
  return word == StringRef(rule.name) || word == StringRef(name(rule.family));
}

bool namedBy(const std::vector<std::string> &words, const RuleInfo &rule) {
  return llvm::any_of(words,
                      [&](StringRef word) { return names(word, rule); });
}

/// The family or rule id that is least unlike \p word.
std::string nearestTo(StringRef word) {
  std::string best;
  unsigned least = ~0U;
  const auto consider = [&](std::string_view candidate) {
    const unsigned distance = word.edit_distance(candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  };
  for (const Rule *rule : allRules())
    consider(rule->info->name);
  for (const Family family : kFamilies)
    consider(name(family));
  return best;
}

std::expected<void, std::string>
checkWords(const std::vector<std::string> &words) {
  for (const std::string &word : words)
    if (!isFamily(word) && !findRule(word))
      return std::unexpected(
          llvm::formatv("no rule or family is called '{0}'; did you mean "
                        "'{1}'? `reproaudit rules` lists them all",
                        word, nearestTo(word))
              .str());
  return {};
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
         llvm::is_contained(selection.select, rule.name);
}

}  // namespace

std::expected<std::vector<const RuleInfo *>, std::string>
selectRules(const Selection &selection) {
  for (const auto *words : {&selection.select, &selection.ignore})
    if (auto valid = checkWords(*words); !valid)
      return std::unexpected(valid.error());
  std::vector<const RuleInfo *> rules;
  for (const Rule *rule : allRules())
    if (isEnabled(*rule->info, selection))
      rules.push_back(rule->info);
  std::ranges::sort(rules, {}, &RuleInfo::name);
  return rules;
}

}  // namespace reproaudit
