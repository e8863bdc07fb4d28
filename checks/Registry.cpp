// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"

namespace reproaudit {

#define RULE(family, Name)                                                     \
  namespace family {                                                           \
  extern const Rule Name;                                                      \
  }
#include "Rules.def"
#undef RULE

std::span<const Rule *const> allRules() {
#define RULE(family, Name) &family::Name,
  static constexpr const Rule *kRules[] = {
#include "Rules.def"
  };
#undef RULE
  return kRules;
}

const Rule *findRule(std::string_view name) {
  for (const Rule *rule : allRules())
    if (rule->info->name == name)
      return rule;
  return nullptr;
}

}  // namespace reproaudit
