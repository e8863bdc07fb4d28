// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/GeneratorLink.h"

#include "reproaudit/analysis/RandomApi.h"

#include "llvm/ADT/STLExtras.h"

#include <set>

namespace reproaudit {
namespace {

/// True if a fact says \p verb of \p generator under any of its names.
bool holds(std::span<const Fact> facts, std::string_view verb,
           std::string_view generator, std::set<std::string_view> &asked) {
  if (!asked.insert(generator).second)
    return false;
  if (!factsThat(facts, verb, generator).empty())
    return true;
  return llvm::any_of(
      factsThat(facts, "known as", generator),
      [&](const Fact &fact) { return holds(facts, verb, fact.object, asked); });
}

}  // namespace

bool isSeeded(std::span<const Fact> facts, std::string_view generator) {
  std::set<std::string_view> asked;
  return holds(facts, "seeds", generator, asked);
}

bool isDrawn(std::span<const Fact> facts, std::string_view generator) {
  std::set<std::string_view> asked;
  return holds(facts, "draws", generator, asked);
}

bool isUnseeded(std::span<const Fact> facts, std::string_view generator) {
  return (globalGenerator(generator) != nullptr ||
          !factsThat(facts, "makes by default", generator).empty()) &&
         !isSeeded(facts, generator);
}

std::string displayName(std::string_view generator) {
  return globalGenerator(generator)
             ? std::string(generator)
             : "'" + std::string(shortName(generator)) + "'";
}

UnseededDraws::UnseededDraws(std::span<const Fact> facts) {
  for (const Fact &fact : factsThat(facts, "draws"))
    if (isUnseeded(facts, fact.subject))
      draws_.emplace(fact.object, &fact);
}

const Fact *UnseededDraws::by(std::string_view drawer) const {
  const auto found = draws_.lower_bound(drawer);
  if (drawer.empty() || found == draws_.end() ||
      !found->first.starts_with(drawer))
    return nullptr;
  const std::string_view rest = found->first.substr(drawer.size());
  return rest.empty() || rest.starts_with("::") ? found->second : nullptr;
}

}  // namespace reproaudit
