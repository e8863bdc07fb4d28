// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Scan.h"

#include "CMakeTrace.h"
#include "Judgement.h"
#include "ScanTarget.h"
#include "UnitScan.h"

#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"
#include "reproaudit/report/Baseline.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

bool needsUnits(const ScanOptions &options) {
  return llvm::any_of(options.rules, [](const RuleInfo *rule) {
    return !isProjectFamily(rule->family);
  });
}

constexpr char kNoDatabase[] =
    "no compile_commands.json here or in build*/, cmake-build-*/ or out/; make "
    "one with `cmake -S . -B build -DCMAKE_EXPORT_COMPILE_COMMANDS=ON` and, if "
    "it lies elsewhere, name its folder with `-p`";

std::vector<ProjectUnit> projectUnits(const std::vector<Unit> &units) {
  std::vector<ProjectUnit> result;
  result.reserve(units.size());
  for (const Unit &unit : units)
    result.push_back({unit.name, unit.command.arguments});
  return result;
}

/// Leaves every count-th source of \p units, sorted by name, with all of its
/// configurations.
void keepShard(const Shard &shard, std::vector<Unit> &units) {
  std::vector<Unit> kept;
  std::string name;
  std::size_t index = 0;  // Of the source, from 1.
  for (Unit &unit : units) {
    index += static_cast<std::size_t>(index == 0 || unit.name != name);
    name = unit.name;
    if ((index - 1) % shard.count == shard.number - 1)
      kept.push_back(std::move(unit));
  }
  units = std::move(kept);
}

/// One scan, once its database and its repository are known.
class Scan {
public:
  Scan(const ScanOptions &options, const Repository &repository,
       const CompileDatabase *database)
      : options_(options), repository_(repository),
        filter_(options.paths, repository) {
    if (!database)
      return;
    units_ = unitsOf(*database, repository, filter_);
    projectUnits_ = projectUnits(units_);
    if (options.shard)
      keepShard(*options.shard, units_);
    notices_ = database->notices;
    unitOptions_ = {.configurable = !options.rulesAreExplicit,
                    .measureTime = options.measureTime,
                    .engine = options.engine};
    for (const RuleInfo *rule : options.rules)
      if (!isProjectFamily(rule->family))
        unitOptions_.rules.emplace_back(rule->name);
  }

  ScanResult run(const std::optional<Comparison> &comparison);

private:
  Judgement judgeNow(const Changes &instead, ScanResult &result);
  std::string evaluatedByCMake(std::vector<Notice> &notices) const;
  Judgement judgeBase(const Comparison &comparison);
  Project projectWith(const Changes &instead, std::string cmakeTrace) const;

  const ScanOptions &options_;
  const Repository &repository_;
  const PathFilter filter_;
  std::vector<Notice> notices_;
  std::vector<Unit> units_;
  std::vector<ProjectUnit> projectUnits_;  ///< Of all shards.
  UnitOptions unitOptions_;
  std::vector<UnitResult> results_;
};

/// What CMake evaluated, if the user asked for it; how it went becomes a
/// notice.
std::string Scan::evaluatedByCMake(std::vector<Notice> &notices) const {
  if (!options_.cmakeTrace)
    return "";
  CMakeTrace trace = traceCMake(repository_.root());
  notices.push_back(
      {.level = trace.problem.empty() ? Level::Note : Level::Warning,
       .id = "cmake-trace",
       .path = "CMakeLists.txt",
       .text = trace.problem.empty()
                   ? "CMake configured the project; its code was executed"
                   : "CMake did not evaluate all of the project: " +
                         trace.problem});
  return std::move(trace.text);
}

/// The project files, \p instead in place of those on disk.
Project Scan::projectWith(const Changes &instead,
                          std::string cmakeTrace) const {
  std::vector<std::string> files = repository_.files();
  std::erase_if(
      files, [&](const std::string &path) { return instead.contains(path); });
  std::map<std::string, std::string> texts;
  for (const auto &[path, text] : instead)
    if (text) {
      files.push_back(path);
      texts.emplace(path, *text);
    }
  std::ranges::sort(files);
  return {repository_.root().string(), std::move(files), projectUnits_,
          std::move(texts), std::move(cmakeTrace)};
}

Judgement Scan::judgeNow(const Changes &instead, ScanResult &result) {
  UnitOptions options = unitOptions_;
  options.instead = instead;
  UnitScan scan = analyseUnits(units_, repository_, options_, options);
  result.cachedUnits = scan.cached;
  result.alone = std::move(scan.alone);
  result.interrupted = scan.interrupted;
  results_ = std::move(scan.results);
  for (const UnitResult &unit : results_) {
    result.seconds += unit.seconds;
    for (const auto &[rule, seconds] : unit.secondsOfRule)
      result.secondsOfRule[rule] += seconds;
  }

  Judgement judgement{.notices = notices_, .complete = notices_.empty()};
  judgeUnits(units_, results_, judgement);
  if (!options_.shard)
    link(judgement, options_.rules);
  const Project project =
      projectWith(instead, evaluatedByCMake(judgement.notices));
  if (!options_.shard || options_.shard->number == 1)
    judgeProject(project, options_, judgement);
  if (!options_.shard)
    judgeDirectives(project, repository_, results_, options_, judgement);
  result.report.files = static_cast<unsigned>(project.files().size());
  return judgement;
}

/// Only units that read a changed file can have said something else then; those
/// whose source was not there said nothing.
Judgement Scan::judgeBase(const Comparison &comparison) {
  ReadersOf affectedOnes(comparison.base, repository_);
  std::vector<Unit> units;
  std::vector<UnitResult> results;
  std::vector<Unit> affected;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    const auto own = comparison.base.find(units_[i].name);
    if (!affectedOnes.contains(results_[i])) {
      units.push_back(units_[i]);
      results.push_back(results_[i]);
    } else if (own == comparison.base.end() || own->second) {
      affected.push_back(units_[i]);
    }
  }
  UnitOptions options = unitOptions_;
  options.instead = comparison.base;
  options.instead.insert(comparison.now.begin(), comparison.now.end());
  std::ranges::move(
      analyseUnits(affected, repository_, options_, options).results,
      std::back_inserter(results));
  std::ranges::move(affected, std::back_inserter(units));
  Judgement judgement;
  judgeUnits(units, results, judgement);
  link(judgement, options_.rules);
  const Project project = projectWith(options.instead, "");
  judgeProject(project, options_, judgement);
  judgeDirectives(project, repository_, results, options_, judgement);
  return judgement;
}

ScanResult Scan::run(const std::optional<Comparison> &comparison) {
  ScanResult result{.root = repository_.root()};
  const Changes instead = comparison ? comparison->now : Changes();
  for (const auto &[path, text] : instead)
    result.texts.emplace(path, text.value_or(""));
  Judgement now = judgeNow(instead, result);
  sortAndMerge(now, filter_, options_, repository_.root());
  if (comparison && !result.interrupted) {
    Judgement base = judgeBase(*comparison);
    sortAndMerge(base, filter_, options_, repository_.root());
    const Baseline known = createBaseline(base.findings);
    const BaselineMatch match = reproaudit::match(known, now.findings);
    std::vector<Finding> added;
    for (std::size_t i = 0; i < now.findings.size(); ++i)
      if (!match.entryOf[i])
        added.push_back(std::move(now.findings[i]));
    result.report.known = now.findings.size() - added.size();
    now.findings = std::move(added);
  }
  result.report.rules = options_.rules;
  result.report.revision = repository_.revision();
  result.report.units = static_cast<unsigned>(units_.size());
  result.report.findings = std::move(now.findings);
  result.report.notices = std::move(now.notices);
  if (options_.shard) {
    result.report.shard = options_.shard;
    result.report.facts = std::move(now.facts);
  }
  result.report.complete = now.complete && !result.interrupted;
  if (result.interrupted)
    result.report.notices.push_back(
        {.id = "interrupted",
         .text = "the scan was interrupted; units that it had not reached are "
                 "missing"});
  return result;
}

/// What \p options compare, if they do.
std::expected<std::optional<Comparison>, std::string>
comparisonOf(const ScanOptions &options, const Repository &repository) {
  if (options.diffBase.empty() && !options.staged)
    return std::nullopt;
  auto comparison = options.staged
                        ? comparisonOfStaged(repository)
                        : comparisonWith(repository, options.diffBase);
  if (!comparison)
    return std::unexpected(comparison.error());
  return std::move(*comparison);
}

}  // namespace

std::expected<ScanResult, std::string> scan(const ScanOptions &options) {
  std::error_code ignored;
  for (const fs::path &path : options.paths)
    if (!fs::exists(path, ignored))
      return std::unexpected(
          llvm::formatv("there is no file or folder '{0}'", path.string())
              .str());

  std::optional<CompileDatabase> database;
  bool isMissing = false;
  if (needsUnits(options)) {
    const fs::path directory = options.buildDirectory.empty()
                                   ? databaseNear(startOf(options, nullptr))
                                   : options.buildDirectory;
    isMissing = directory.empty();
    if (!isMissing) {
      auto loaded = loadCompileDatabase(directory);
      if (!loaded)
        return std::unexpected(loaded.error());
      database = std::move(*loaded);
    }
  }

  const Repository repository(
      startOf(options, database ? &*database : nullptr));
  const auto comparison = comparisonOf(options, repository);
  if (!comparison)
    return std::unexpected(comparison.error());
  ScanResult result = Scan(options, repository, database ? &*database : nullptr)
                          .run(*comparison);
  if (isMissing) {
    result.hasUnits = false;
    result.report.complete = false;
    result.report.notices.push_back(
        {.id = "no-compile-database", .text = kNoDatabase});
  }
  return result;
}

}  // namespace reproaudit
