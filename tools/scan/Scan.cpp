// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Scan.h"

#include "Directives.h"
#include "Nolint.h"
#include "UnitScan.h"

#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/report/Baseline.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace fs = std::filesystem;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// The source directory that CMake configured \p build for, or empty.
fs::path sourceDirectoryOf(const fs::path &build) {
  std::ifstream cache(build / "CMakeCache.txt");
  constexpr std::string_view kKey = "CMAKE_HOME_DIRECTORY:INTERNAL=";
  for (std::string line; std::getline(cache, line);)
    if (line.starts_with(kKey))
      return line.substr(kKey.size());
  return {};
}

fs::path commonFolder(const fs::path &a, const fs::path &b) {
  fs::path common;
  const auto end = std::ranges::mismatch(a, b).in1;
  for (auto part = a.begin(); part != end; ++part)
    common /= *part;
  return common;
}

bool isBelow(const fs::path &path, const fs::path &folder) {
  return commonFolder(path, folder) == folder;
}

/// What a database was made for that no CMake wrote: the folder with it or the
/// one around that, if all sources are there; else what all sources share.
fs::path folderOfSources(const CompileDatabase &database) {
  if (database.commands.empty())
    return database.directory;
  fs::path sources = fs::path(database.commands.front().file).parent_path();
  for (const CompileCommand &command : database.commands)
    sources = commonFolder(sources, fs::path(command.file).parent_path());
  const fs::path build = (database.directory / "").parent_path();
  for (const fs::path &folder : {build, build.parent_path()})
    if (isBelow(sources, folder))
      return folder;
  return sources;
}

/// Where the scanned repository is looked for: what the database was made for,
/// or else the first path, or else here. Not where the command happens to run.
fs::path startOf(const ScanOptions &options, const CompileDatabase *database) {
  std::error_code ignored;
  if (database) {
    const fs::path source = sourceDirectoryOf(database->directory);
    return source.empty() ? folderOfSources(*database) : source;
  }
  const fs::path path = options.paths.empty()
                            ? fs::current_path(ignored)
                            : fs::absolute(options.paths.front(), ignored);
  return fs::is_directory(path, ignored) ? path : path.parent_path();
}

bool needsUnits(const ScanOptions &options) {
  return llvm::any_of(options.rules, [](const RuleInfo *rule) {
    return !isProjectFamily(rule->family);
  });
}

/// The nearest database in \p start or one of the folders around it, up to the
/// root of the git repository if there is one.
fs::path databaseNear(const fs::path &start) {
  const Repository repository(start);
  const fs::path top = repository.hasGit() ? repository.root() : fs::path();
  for (fs::path folder = start;; folder = folder.parent_path()) {
    if (fs::path found = findCompileDatabase(folder); !found.empty())
      return found;
    if (folder == top || folder == folder.parent_path())
      return {};
  }
}

constexpr char kNoDatabase[] =
    "no compile_commands.json here or in build*/, cmake-build-*/ or out/; make "
    "one with `cmake -S . -B build -DCMAKE_EXPORT_COMPILE_COMMANDS=ON` and, if "
    "it lies elsewhere, name its folder with `-p`";

/// The repository-relative folders and files that findings are wanted in; an
/// empty string stands for everything.
class PathFilter {
public:
  PathFilter(const std::vector<fs::path> &paths, const Repository &repository) {
    std::error_code ignored;
    for (const fs::path &path : paths)
      prefixes_.push_back(
          repository.relative(fs::absolute(path, ignored).string()));
  }

  bool accepts(StringRef path) const {
    return prefixes_.empty() || llvm::any_of(prefixes_, [&](StringRef prefix) {
             return prefix.empty() || path == prefix ||
                    (path.starts_with(prefix) &&
                     path.substr(prefix.size()).starts_with("/"));
           });
  }

  /// Whether all paths are sources: then only their own units are needed.
  bool acceptsUnit(const std::string &unit) const {
    const bool onlySources =
        !prefixes_.empty() && llvm::all_of(prefixes_, [](StringRef prefix) {
          return StringRef(prefix.rsplit('.').second).starts_with("c") ||
                 prefix.ends_with(".C");
        });
    return !onlySources || accepts(unit);
  }

private:
  std::vector<std::string> prefixes_;
};

/// The units that belong to the repository, generated ones left out, ordered by
/// name: so neither the database's order nor its directory is visible.
std::vector<CompileCommand> unitsOf(const CompileDatabase &database,
                                    const Repository &repository,
                                    const PathFilter &filter) {
  const std::string build = repository.relative(database.directory.string());
  std::vector<std::pair<std::string, CompileCommand>> named;
  for (const CompileCommand &command : database.commands) {
    std::string unit = repository.relative(command.file);
    const bool generated = !build.empty() && unit.starts_with(build + "/");
    if (!unit.empty() && !generated && filter.acceptsUnit(unit))
      named.emplace_back(std::move(unit), command);
  }
  std::ranges::sort(named, {}, [](const auto &entry) {
    return std::tie(entry.first, entry.second.arguments,
                    entry.second.directory);
  });
  std::vector<CompileCommand> units;
  for (auto &[unit, command] : named)
    units.push_back(std::move(command));
  return units;
}

/// What the rules say about one state of the sources.
struct Judgement {
  std::vector<Finding> findings;
  std::vector<Notice> notices;
  bool complete = true;
};

/// The program-wide pass: every rule that links gets its own facts.
void link(std::vector<Fact> facts, const ScanOptions &options,
          std::vector<Finding> &findings) {
  std::ranges::sort(facts, {}, [](const Fact &fact) {
    return std::tie(fact.finding.rule, fact);
  });
  const auto repeated = std::ranges::unique(facts);
  facts.erase(repeated.begin(), repeated.end());
  for (const RuleInfo *info : options.rules) {
    const Rule *rule = findRule(info->name);
    if (!rule->link)
      continue;
    const auto own = std::ranges::equal_range(
        facts, info->name, {},
        [](const Fact &fact) -> std::string_view { return fact.finding.rule; });
    std::ranges::move(rule->link(own), std::back_inserter(findings));
  }
}

/// Takes the findings of \p results and of the program that they make up.
void judgeUnits(const std::vector<UnitResult> &results,
                const ScanOptions &options, Judgement &judgement) {
  std::vector<Fact> facts;
  for (const UnitResult &result : results) {
    std::ranges::copy(result.findings, std::back_inserter(judgement.findings));
    std::ranges::copy(result.notices, std::back_inserter(judgement.notices));
    std::ranges::copy(result.facts, std::back_inserter(facts));
    judgement.complete &= result.complete;
  }
  link(std::move(facts), options, judgement.findings);
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

/// What the rules say about the comments that suppress findings.
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
          StringRef(input.path).starts_with(root))
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

/// At one place a note says nothing beside a warning of the same family.
void dropWeaker(std::vector<Finding> &findings) {
  const auto familyOf = [](const Finding &finding) {
    const Rule *rule = findRule(finding.rule);
    return rule ? rule->info->family : Family::Data;
  };
  std::set<std::tuple<std::string, unsigned, unsigned, Family>> sure;
  for (const Finding &finding : findings)
    if (finding.level != Level::Note)
      sure.emplace(finding.at.path, finding.at.line, finding.at.column,
                   familyOf(finding));
  std::erase_if(findings, [&](const Finding &finding) {
    return finding.level == Level::Note &&
           sure.contains({finding.at.path, finding.at.line, finding.at.column,
                          familyOf(finding)});
  });
}

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

/// One finding for each rule and place, whatever number of units, sides and
/// instantiations see it; the smallest message stands for all.
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
  dropWeaker(judgement.findings);
  std::ranges::sort(judgement.notices);
  const auto same = std::ranges::unique(judgement.notices);
  judgement.notices.erase(same.begin(), same.end());
}

std::vector<ProjectUnit> projectUnits(const std::vector<CompileCommand> &units,
                                      const Repository &repository) {
  std::vector<ProjectUnit> result;
  for (const CompileCommand &unit : units)
    result.push_back({repository.relative(unit.file), unit.arguments});
  return result;
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
    notices_ = database->notices;
    unitOptions_ = {.configurable = !options.rulesAreExplicit,
                    .measureTime = options.measureTime,
                    .engine = options.engine,
                    .trusted = {repository.root(), database->directory}};
    for (const RuleInfo *rule : options.rules)
      if (!isProjectFamily(rule->family))
        unitOptions_.rules.emplace_back(rule->name);
  }

  ScanResult run(const std::optional<Changes> &changes);

private:
  Judgement judgeNow(ScanResult &result);
  Judgement judgeBase(const Changes &changes);

  const ScanOptions &options_;
  const Repository &repository_;
  const PathFilter filter_;
  std::vector<Notice> notices_;
  std::vector<CompileCommand> units_;
  UnitOptions unitOptions_;
  std::vector<UnitResult> results_;
};

Judgement Scan::judgeNow(ScanResult &result) {
  UnitScan scan = analyseUnits(units_, repository_, options_, unitOptions_);
  result.cachedUnits = scan.cached;
  result.interrupted = scan.interrupted;
  results_ = std::move(scan.results);
  for (const UnitResult &unit : results_) {
    result.seconds += unit.seconds;
    for (const auto &[rule, seconds] : unit.secondsOfRule)
      result.secondsOfRule[rule] += seconds;
  }

  Judgement judgement{.notices = notices_, .complete = notices_.empty()};
  judgeUnits(results_, options_, judgement);
  const Project project(repository_.root().string(), repository_.files(),
                        projectUnits(units_, repository_));
  judgeProject(project, options_, judgement);
  judgeDirectives(project, repository_, results_, options_, judgement);
  result.report.files = static_cast<unsigned>(project.files().size());
  return judgement;
}

/// Only units that read a changed file can have said something else then.
Judgement Scan::judgeBase(const Changes &changes) {
  std::set<std::string> changed;
  for (const auto &[path, text] : changes)
    changed.insert((repository_.root() / path).string());
  std::vector<UnitResult> results;
  std::vector<CompileCommand> affected;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if (llvm::none_of(results_[i].inputs, [&](const Input &input) {
          return changed.contains(input.path);
        })) {
      results.push_back(results_[i]);
      continue;
    }
    const auto own = changes.find(repository_.relative(units_[i].file));
    if (own == changes.end() || own->second)
      affected.push_back(units_[i]);
  }
  UnitOptions options = unitOptions_;
  options.instead = changes;
  std::ranges::move(
      analyseUnits(affected, repository_, options_, options).results,
      std::back_inserter(results));
  Judgement judgement;
  judgeUnits(results, options_, judgement);

  std::vector<std::string> files = repository_.files();
  std::erase_if(
      files, [&](const std::string &path) { return changes.contains(path); });
  std::map<std::string, std::string> instead;
  for (const auto &[path, text] : changes)
    if (text) {
      files.push_back(path);
      instead.emplace(path, *text);
    }
  std::ranges::sort(files);
  const Project project(repository_.root().string(), std::move(files),
                        projectUnits(units_, repository_), std::move(instead));
  judgeProject(project, options_, judgement);
  judgeDirectives(project, repository_, results, options_, judgement);
  return judgement;
}

ScanResult Scan::run(const std::optional<Changes> &changes) {
  ScanResult result{.root = repository_.root()};
  Judgement now = judgeNow(result);
  sortAndMerge(now, filter_, options_, repository_.root());
  if (changes && !result.interrupted) {
    Judgement base = judgeBase(*changes);
    sortAndMerge(base, filter_, options_, repository_.root());
    const Baseline known = createBaseline(base.findings);
    const BaselineMatch match = reproaudit::match(known, now.findings);
    std::vector<Finding> added;
    for (std::size_t i = 0; i < now.findings.size(); ++i)
      if (!match.entryOf[i])
        added.push_back(std::move(now.findings[i]));
    result.knownFindings = now.findings.size() - added.size();
    now.findings = std::move(added);
  }
  result.report.rules = options_.rules;
  result.report.revision = repository_.revision();
  result.report.units = static_cast<unsigned>(units_.size());
  result.report.findings = std::move(now.findings);
  result.report.notices = std::move(now.notices);
  result.report.complete = now.complete && !result.interrupted;
  if (result.interrupted)
    result.report.notices.push_back(
        {.id = "interrupted",
         .text = "the scan was interrupted; units that it had not reached are "
                 "missing"});
  return result;
}

/// The changes that \p options compare with, if they do.
std::expected<std::optional<Changes>, std::string>
changesOf(const ScanOptions &options, const Repository &repository) {
  if (options.diffBase.empty() && !options.staged)
    return std::nullopt;
  auto changes = options.staged ? stagedChanges(repository)
                                : changesSince(repository, options.diffBase);
  if (!changes)
    return std::unexpected(changes.error());
  return std::move(*changes);
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
  const auto changes = changesOf(options, repository);
  if (!changes)
    return std::unexpected(changes.error());
  ScanResult result =
      Scan(options, repository, database ? &*database : nullptr).run(*changes);
  if (isMissing) {
    result.hasUnits = false;
    result.report.complete = false;
    result.report.notices.push_back(
        {.id = "no-compile-database", .text = kNoDatabase});
  }
  return result;
}

}  // namespace reproaudit
