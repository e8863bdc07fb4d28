// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Judgement.h"

#include "Directives.h"
#include "Nolint.h"

#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/report/SarifReader.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

/// Gives the findings the levels that the files of settings want, and takes out
/// those that are off.
void applySettings(std::vector<Finding> &findings, const ScanOptions &options,
                   const fs::path &root) {
  std::vector<Finding> wanted;
  for (Finding &finding : findings) {
    const Rule *rule = findRule(finding.rule);
    std::optional<Level> level = finding.level;
    for (const RuleSetting &setting :
         options.configuration.ruleSettings(root / finding.at.path))
      if (rule && names(setting.word, *rule->info) &&
          (setting.level || !options.rulesAreExplicit))
        level = setting.level;
    if (!level)
      continue;
    finding.level = *level;
    wanted.push_back(std::move(finding));
  }
  findings = std::move(wanted);
}

/// The notices of a configuration that another one stands in for.
std::vector<Notice> excused(std::vector<Notice> notices) {
  for (Notice &notice : notices)
    if (notice.level == Level::Error) {
      notice.level = Level::Note;
      notice.text += "; another configuration of this file was analysed";
    }
  return notices;
}

/// Sorts \p facts by rule and drops those that several units told.
void sortFacts(std::vector<Fact> &facts) {
  std::ranges::sort(facts, {}, [](const Fact &fact) {
    return std::tie(fact.finding.rule, fact);
  });
  const auto repeated = std::ranges::unique(facts);
  facts.erase(repeated.begin(), repeated.end());
}

bool onlyDoesNotParse(const UnitResult &result) {
  return !result.complete &&
         std::ranges::all_of(result.notices, [](const Notice &notice) {
           return notice.level != Level::Error || notice.id == "parse-error";
         });
}

}  // namespace

void judgeUnits(const std::vector<Unit> &units,
                const std::vector<UnitResult> &results, Judgement &judgement) {
  std::set<std::string> understood;
  for (std::size_t i = 0; i < units.size(); ++i)
    if (results[i].complete)
      understood.insert(units[i].name);
  for (std::size_t i = 0; i < units.size(); ++i) {
    const UnitResult &result = results[i];
    const bool isExcused =
        onlyDoesNotParse(result) && understood.contains(units[i].name);
    std::ranges::copy(result.findings, std::back_inserter(judgement.findings));
    std::ranges::copy(isExcused ? excused(result.notices) : result.notices,
                      std::back_inserter(judgement.notices));
    std::ranges::copy(result.facts, std::back_inserter(judgement.facts));
    judgement.complete &= result.complete || isExcused;
  }
  sortFacts(judgement.facts);
}

void link(Judgement &judgement, const std::vector<const RuleInfo *> &rules) {
  for (const RuleInfo *info : rules) {
    const Rule *rule = findRule(info->name);
    if (!rule->link)
      continue;
    const auto own = std::ranges::equal_range(
        judgement.facts, info->name, {},
        [](const Fact &fact) -> std::string_view { return fact.finding.rule; });
    std::ranges::move(rule->link(own), std::back_inserter(judgement.findings));
  }
}

void judgeProject(const Project &project, const ScanOptions &options,
                  Judgement &judgement) {
  bool isRead = false;
  for (const RuleInfo *info : options.rules)
    if (const Rule *rule = findRule(info->name); rule->checkProject) {
      for (Finding &finding : rule->checkProject(project)) {
        finding.suppression = suppressionOf(finding, project);
        judgement.findings.push_back(std::move(finding));
      }
      isRead = true;
    }
  if (isRead)
    std::ranges::copy(project.inventory().notices,
                      std::back_inserter(judgement.notices));
}

void judgeDirectives(const Project &project, const Repository &repository,
                     const std::vector<UnitResult> &results,
                     const ScanOptions &options, Judgement &judgement) {
  DirectiveContext context{.rules = options.rules,
                           .findings = judgement.findings,
                           .today = repository.day()};
  const std::string root = repository.root().string() + "/";
  for (const UnitResult &result : results)
    for (const Input &input : result.inputs)
      if (result.complete && input.kind == Input::Kind::Read &&
          llvm::StringRef(input.path).starts_with(root))
        context.sources.insert(input.path.substr(root.size()));
  std::vector<Finding> findings;
  std::optional<std::vector<Directive>> directives;
  for (const RuleInfo *info : options.rules)
    if (const Rule *rule = findRule(info->name); rule->checkDirectives) {
      if (!directives)
        directives = directivesIn(project, context);
      std::ranges::move(rule->checkDirectives(*directives),
                        std::back_inserter(findings));
    }
  std::ranges::move(findings, std::back_inserter(judgement.findings));
}

void sortAndMerge(Judgement &judgement, const PathFilter &filter,
                  const ScanOptions &options, const fs::path &root) {
  std::erase_if(judgement.findings, [&](const Finding &finding) {
    return !filter.accepts(finding.at.path);
  });
  if (!options.configuration.empty())
    applySettings(judgement.findings, options, root);
  std::ranges::sort(judgement.findings);
  const auto repeated =
      std::ranges::unique(judgement.findings, {}, [](const Finding &finding) {
        return std::tuple(finding.at.path, finding.at.line, finding.at.column,
                          finding.rule);
      });
  judgement.findings.erase(repeated.begin(), repeated.end());
  std::ranges::sort(judgement.notices);
  const auto same = std::ranges::unique(judgement.notices);
  judgement.notices.erase(same.begin(), same.end());
}

std::expected<Report, std::string>
mergeShards(const std::vector<Report> &shards,
            const Configuration &configuration) {
  const unsigned count = shards.front().shard.value_or(Shard{}).count;
  std::set<unsigned> numbers;
  Judgement linked;
  for (const Report &report : shards) {
    if (!report.shard || report.shard->count != count ||
        report.revision.commit != shards.front().revision.commit)
      return std::unexpected(std::string(
          "the logs are not the shards of one scan: give `merge` those of the "
          "same commit and the same --shard K/N"));
    numbers.insert(report.shard->number);
    std::ranges::copy(report.facts, std::back_inserter(linked.facts));
  }
  for (unsigned number = 1; number <= count; ++number)
    if (!numbers.contains(number))
      return std::unexpected("the log of shard " + std::to_string(number) +
                             "/" + std::to_string(count) + " is missing");

  Report whole = merged(shards);
  const Repository repository(fs::current_path());
  const PathFilter everything({}, repository);
  sortFacts(linked.facts);
  link(linked, whole.rules);
  sortAndMerge(linked, everything, {.configuration = configuration},
               repository.root());
  if (std::ranges::any_of(linked.findings, [](const Finding &finding) {
        return finding.level != Level::Note && !finding.suppression;
      }))
    whole.exitCode = std::max(whole.exitCode, 1);

  Judgement all{.findings = std::move(whole.findings),
                .notices = std::move(whole.notices)};
  std::ranges::move(linked.findings, std::back_inserter(all.findings));
  sortAndMerge(all, everything, {}, repository.root());
  whole.findings = std::move(all.findings);
  whole.notices = std::move(all.notices);
  return whole;
}

}  // namespace reproaudit
