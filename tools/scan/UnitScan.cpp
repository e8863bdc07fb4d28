// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "UnitScan.h"

#include "PreludePlan.h"
#include "SharedAnalysis.h"

#include "reproaudit/scan/Cache.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;

/// The size that the cache is kept below.
constexpr std::uintmax_t kCacheBytes = std::uintmax_t{1} << 30;

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
        outcome.signal != 0 ? strsignal(outcome.signal) : "unexpected end");
  }
  return notice;
}

std::string textOf(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void send(int pipe, std::size_t unit, const UnitResult &result) {
  sendLine(pipe, std::to_string(unit) + " " + textOf(result));
}

/// The units of one scan that no cache knows.
class Analysis {
public:
  /// Is told each result and its text.
  using Found =
      std::function<void(std::size_t unit, UnitResult, std::string_view text)>;

  Analysis(const std::vector<Unit> &units, const Repository &repository,
           const ScanOptions &options, const UnitOptions &unitOptions,
           std::vector<std::size_t> pending, Found found)
      : units_(units), repository_(repository), options_(options),
        unitOptions_(unitOptions), pending_(std::move(pending)),
        isFound_(units.size()), found_(std::move(found)) {}

  /// False if it was interrupted.
  bool run() { return (!isWorthSharing() || runShared()) && runAlone(); }

  /// Why units were analysed alone, if others were not.
  const std::map<std::size_t, std::string> &alone() const { return alone_; }

private:
  bool isWorthSharing() const {
    constexpr std::size_t kFew = 3;
    return unitOptions_.engine == Engine::Fast &&
           unitOptions_.instead.empty() && pending_.size() > kFew;
  }
  bool runShared();
  bool runAlone();
  void take(llvm::StringRef line);

  const std::vector<Unit> &units_;
  const Repository &repository_;
  const ScanOptions &options_;
  const UnitOptions &unitOptions_;
  const std::vector<std::size_t> pending_;
  std::vector<bool> isFound_;
  const Found found_;
  std::map<std::size_t, std::string> alone_;
};

/// Reads what send() wrote; a worker that was killed may have sent half a line.
void Analysis::take(llvm::StringRef line) {
  std::size_t unit = 0;
  if (line.consumeInteger(10, unit) || !line.consume_front(" ") ||
      unit >= units_.size() || isFound_[unit])
    return;
  const Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded())
    return;
  isFound_[unit] = true;
  found_(unit, json.get<UnitResult>(), line);
}

/// Leaves those for runAlone() that cannot be shared, or did not come out well.
bool Analysis::runShared() {
  PreludePlan plan;
  const auto readPlan = [&](std::size_t /*job*/, std::string_view line) {
    if (const Json json = Json::parse(line, nullptr, false);
        !json.is_discarded())
      json.get_to(plan);
  };
  const auto ignoreEnd = [](std::size_t, const WorkerOutcome &) {};
  if (!runWorkers(
          1, options_.limits,
          [&](std::size_t, int pipe) {
            sendLine(pipe,
                     textOf(planPreludes(units_, pending_, unitOptions_)));
          },
          readPlan, ignoreEnd))
    return false;

  Claims claims(units_.size());
  WorkerLimits limits = options_.limits;
  limits.time = {};  // Each unit has its own.
  const auto analyse = [&](std::size_t worker, int pipe) {
    SharedAnalysis{
        .units = units_,
        .repository = repository_,
        .options = unitOptions_,
        .limit = options_.limits.time,
        .claims = claims,
        .send = [&](std::size_t unit,
                    const auto &result) { send(pipe, unit, result); },
        .worker = worker,
        .workers = limits.parallelism}
        .run(plan.roots);
  };
  if (!runWorkers(
          limits.parallelism, limits, analyse,
          [&](std::size_t, std::string_view line) { take(line); }, ignoreEnd))
    return false;
  alone_ = std::move(plan.alone);
  for (const std::size_t unit : pending_)
    if (!isFound_[unit])
      alone_.try_emplace(unit, "its headers do not parse together");
  return true;
}

bool Analysis::runAlone() {
  std::vector<std::size_t> left;
  for (const std::size_t unit : pending_)
    if (!isFound_[unit])
      left.push_back(unit);
  return runWorkers(
      left.size(), options_.limits,
      [&](std::size_t i, int pipe) {
        send(pipe, left[i],
             analyseUnit(units_[left[i]], repository_, unitOptions_));
      },
      [&](std::size_t, std::string_view line) { take(line); },
      [&](std::size_t i, const WorkerOutcome &outcome) {
        if (isFound_[left[i]])
          return;
        UnitResult lost{.notices = {lostWorker(units_[left[i]].name, outcome,
                                               options_.limits)},
                        .complete = false};
        found_(left[i], std::move(lost), "");
      });
}

}  // namespace

bool ReadersOf::contains(const UnitResult &unit) {
  return !files_.empty() && llvm::any_of(unit.inputs, [&](const Input &input) {
    const auto [entry, isNew] = known_.try_emplace(input.path);
    if (isNew)
      entry->second = files_.contains(repository_.relative(input.path));
    return entry->second;
  });
}

UnitScan analyseUnits(const std::vector<Unit> &units,
                      const Repository &repository, const ScanOptions &options,
                      const UnitOptions &unitOptions) {
  const bool useCache = !options.cacheDirectory.empty() && !options.measureTime;
  ReadersOf seesOthers(unitOptions.instead, repository);
  Cache cache(options.cacheDirectory);
  std::vector<std::string> keys(units.size());
  std::vector<std::size_t> pending;
  UnitScan scan;
  scan.results.resize(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::optional<UnitResult> known;
    if (useCache) {
      keys[i] = Cache::key(units[i], repository, unitOptions);
      known = cache.find(keys[i]);
    }
    if (known && !seesOthers.contains(*known))
      scan.results[i] = std::move(*known);
    else
      pending.push_back(i);
  }
  scan.cached = units.size() - pending.size();

  std::size_t ended = 0;
  const auto found = [&](std::size_t unit, UnitResult result,
                         std::string_view text) {
    if (options.progress)
      options.progress(++ended, pending.size(), units[unit].name);
    if (useCache && !result.inputs.empty() && !seesOthers.contains(result))
      cache.store(keys[unit], text);
    scan.results[unit] = std::move(result);
  };
  Analysis analysis(units, repository, options, unitOptions, pending, found);
  scan.interrupted = !analysis.run();
  for (const auto &[unit, why] : analysis.alone())
    ++scan.alone[why];
  if (useCache && !pending.empty())
    cache.evict(kCacheBytes);
  return scan;
}

}  // namespace reproaudit
