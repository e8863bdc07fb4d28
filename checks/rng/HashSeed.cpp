// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-hash-seed",
    .family = Family::Rng,
    .scope = Scope::Platform,
    .tier = Tier::Audit,
    .summary = "Random generator seeded from std::hash",
    .since = "0.1.0",
    .why = R"md(
What `std::hash` returns is up to the standard library, and a library may even
change it from run to run. A seed that is made from the hash of a name is
another seed with another compiler.)md",
    .bad = R"cpp(
#include <random>
#include <string>

std::mt19937 engineOf(const std::string &layer) {
  return std::mt19937(std::hash<std::string>{}(layer));
})cpp",
    .good = R"cpp(
#include <random>
#include <string>

std::mt19937 engineOf(const std::string &layer) {
  unsigned hash = 2166136261u;
  for (unsigned char c : layer)
    hash = (hash ^ c) * 16777619u;
  return std::mt19937(hash);
})cpp",
    .limits = "Hash functions of other libraries are not known.",
});

class HashSeedCheck final : public RandomCheck {
public:
  HashSeedCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override {
    for (const Seeding &seeding : use.seedings()) {
      const SourceLocation at = placeOf(seeding);
      if (seeding.origin.kind != OriginKind::Hash || !isFirstAt(at))
        continue;
      finding(at, "%0 is seeded from std::hash, whose value is up to the "
                  "standard library")
          << seeding.subject;
      steps(seeding.origin, at);
      cure(at, "use a hash function with a specified result, such as FNV-1a");
    }
  }
};

}  // namespace

extern constinit const Rule HashSeed = sourceRule<HashSeedCheck>(kInfo);

}  // namespace reproaudit::rng
