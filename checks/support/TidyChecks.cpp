// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/TidyChecks.h"

#include "reproaudit/analysis/Rule.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

namespace reproaudit {

std::vector<std::string> defaultRules() {
  std::vector<std::string> rules;
  for (const Rule *rule : allRules())
    if (rule->makeCheck && rule->info->tier != Tier::Pedantic)
      rules.emplace_back(rule->info->name);
  return rules;
}

std::string tidyChecks(const std::vector<std::string> &rules,
                       llvm::StringRef configured) {
  std::string checks = llvm::join(rules, ",");
  llvm::SmallVector<llvm::StringRef> globs;
  configured.split(globs, ',');
  for (const llvm::StringRef glob : globs)
    if (glob.trim().starts_with("-repro"))
      checks += "," + glob.trim().str();
  return checks;
}

}  // namespace reproaudit
