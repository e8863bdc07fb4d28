// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Scan.h"

#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/scan/Cache.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
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

/// Where the scanned repository is looked for: what the database was made for,
/// or else the first path, or else here. Not where the command happens to run.
fs::path startOf(const ScanOptions &options, const CompileDatabase *database) {
  std::error_code ignored;
  if (database) {
    const fs::path source = sourceDirectoryOf(database->directory);
    return source.empty() ? database->directory : source;
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

/// The size that the cache is kept below.
constexpr std::uintmax_t kCacheBytes = std::uintmax_t{1} << 30;

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

Notice lostWorker(const std::string &unit, const WorkerOutcome &outcome,
                  const WorkerLimits &limits) {
  Notice notice{.path = unit};
  switch (outcome.end) {
  case WorkerOutcome::End::TimedOut:
    notice.id = "timeout";
    notice.text = llvm::formatv("is not analysed: it took more than {0} s; "
                                "raise --unit-timeout",
                                limits.time.count());
    break;
  case WorkerOutcome::End::OutOfMemory:
    notice.id = "out-of-memory";
    notice.text = llvm::formatv("is not analysed: it needs more than {0} MB; "
                                "raise --unit-memory",
                                limits.memory >> 20);
    break;
  case WorkerOutcome::End::Done:
  case WorkerOutcome::End::Crashed:
    notice.id = "crash";
    notice.text = llvm::formatv(
        "is not analysed: its parser crashed ({0}); the other units are not "
        "affected",
        outcome.signal ? strsignal(outcome.signal) : "unexpected end");
  }
  return notice;
}

/// The units of a scan on their way to the result.
class UnitScan {
public:
  UnitScan(const std::vector<CompileCommand> &units,
           const Repository &repository, const ScanOptions &options,
           ScanResult &result)
      : units_(units), repository_(repository), options_(options),
        result_(result), cache_(options.cacheDirectory) {}

  /// Takes what is cached, analyses the rest in worker processes; returns the
  /// facts of all.
  std::vector<Fact> run(const UnitOptions &unitOptions);

private:
  using Json = nlohmann::ordered_json;

  /// Whether the cache may be asked; measured times must be of this run.
  bool mayUseCache() const {
    return !options_.cacheDirectory.empty() && !options_.measureTime;
  }
  void add(UnitResult unit);
  UnitResult resultOf(std::size_t index, const WorkerOutcome &outcome);

  const std::vector<CompileCommand> &units_;
  const Repository &repository_;
  const ScanOptions &options_;
  ScanResult &result_;
  Cache cache_;
  std::vector<std::string> keys_;
  std::vector<Fact> facts_;
};

void UnitScan::add(UnitResult unit) {
  Report &report = result_.report;
  std::ranges::move(unit.findings, std::back_inserter(report.findings));
  std::ranges::move(unit.notices, std::back_inserter(report.notices));
  std::ranges::move(unit.facts, std::back_inserter(facts_));
  report.complete &= unit.complete;
  result_.seconds += unit.seconds;
  for (const auto &[rule, seconds] : unit.secondsOfRule)
    result_.secondsOfRule[rule] += seconds;
}

UnitResult UnitScan::resultOf(std::size_t index, const WorkerOutcome &outcome) {
  UnitResult unit;
  const Json json = Json::parse(outcome.output, nullptr, false);
  if (outcome.end == WorkerOutcome::End::Done && !json.is_discarded()) {
    json.get_to(unit);
    if (mayUseCache() && !unit.inputs.empty())
      cache_.store(keys_[index], outcome.output);
    return unit;
  }
  unit.complete = false;
  unit.notices = {lostWorker(repository_.relative(units_[index].file), outcome,
                             options_.limits)};
  return unit;
}

std::vector<Fact> UnitScan::run(const UnitOptions &unitOptions) {
  std::vector<std::size_t> pending;
  keys_.resize(units_.size());
  for (std::size_t i = 0; i < units_.size(); ++i) {
    std::optional<UnitResult> known;
    if (mayUseCache()) {
      keys_[i] = Cache::key(units_[i], repository_, unitOptions);
      known = cache_.find(keys_[i]);
    }
    if (known)
      add(std::move(*known));
    else
      pending.push_back(i);
  }
  result_.cachedUnits = units_.size() - pending.size();

  const auto job = [&](std::size_t i) {
    return Json(analyseUnit(units_[pending[i]], repository_, unitOptions))
        .dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::size_t ended = 0;
  const auto done = [&](std::size_t i, const WorkerOutcome &outcome) {
    if (options_.progress)
      options_.progress(++ended, pending.size(),
                        repository_.relative(units_[pending[i]].file));
    add(resultOf(pending[i], outcome));
  };
  result_.report.units = static_cast<unsigned>(units_.size());
  result_.interrupted =
      !runWorkers(pending.size(), options_.limits, job, done);
  if (mayUseCache() && !pending.empty())
    cache_.evict(kCacheBytes);
  return std::move(facts_);
}

/// The program-wide pass: every rule that links gets its own facts.
void link(std::vector<Fact> facts, const ScanOptions &options,
          Report &report) {
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
    std::ranges::move(rule->link(own), std::back_inserter(report.findings));
  }
}

Project projectOf(const std::vector<CompileCommand> &units,
                  const Repository &repository) {
  std::vector<ProjectUnit> projectUnits;
  for (const CompileCommand &unit : units)
    projectUnits.push_back({repository.relative(unit.file), unit.arguments});
  return {repository.root().string(), repository.files(),
          std::move(projectUnits)};
}

void scanProject(const Project &project, const ScanOptions &options,
                 Report &report) {
  report.files = static_cast<unsigned>(project.files().size());
  bool isRead = false;
  for (const RuleInfo *info : options.rules)
    if (const Rule *rule = findRule(info->name); rule->checkProject) {
      std::ranges::move(rule->checkProject(project),
                        std::back_inserter(report.findings));
      isRead = true;
    }
  if (isRead)
    std::ranges::copy(project.inventory().notices,
                      std::back_inserter(report.notices));
}

/// One finding for each rule and place, whatever number of units, sides and
/// instantiations see it; the smallest message stands for all.
void sortAndMerge(Report &report, const PathFilter &filter) {
  std::erase_if(report.findings, [&](const Finding &finding) {
    return !filter.accepts(finding.at.path);
  });
  std::ranges::sort(report.findings);
  const auto repeated =
      std::ranges::unique(report.findings, {}, [](const Finding &finding) {
        return std::tuple(finding.at.path, finding.at.line, finding.at.column,
                          finding.rule);
      });
  report.findings.erase(repeated.begin(), repeated.end());
  std::ranges::sort(report.notices);
  const auto same = std::ranges::unique(report.notices);
  report.notices.erase(same.begin(), same.end());
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
  const fs::path directory = options.buildDirectory.empty()
                                 ? databaseNear(startOf(options, nullptr))
                                 : options.buildDirectory;
  if (directory.empty() && needsUnits(options))
    return std::unexpected(kNoDatabase);
  if (!directory.empty() && needsUnits(options)) {
    auto loaded = loadCompileDatabase(directory);
    if (!loaded)
      return std::unexpected(loaded.error());
    database = std::move(*loaded);
  }

  const Repository repository(
      startOf(options, database ? &*database : nullptr));
  const PathFilter filter(options.paths, repository);
  ScanResult result{.root = repository.root()};
  result.report.rules = options.rules;
  result.report.revision = repository.revision();

  std::vector<CompileCommand> units;
  if (database) {
    result.report.notices = database->notices;
    units = unitsOf(*database, repository, filter);
    UnitOptions unitOptions{
        .configurable = !options.rulesAreExplicit,
        .measureTime = options.measureTime,
        .engine = options.engine,
        .trusted = {repository.root(), database->directory}};
    for (const RuleInfo *rule : options.rules)
      if (!isProjectFamily(rule->family))
        unitOptions.rules.emplace_back(rule->name);
    link(UnitScan(units, repository, options, result).run(unitOptions), options,
         result.report);
  }
  scanProject(projectOf(units, repository), options, result.report);
  sortAndMerge(result.report, filter);
  return result;
}

}  // namespace reproaudit
