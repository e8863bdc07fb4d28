// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "UnitScan.h"

#include "reproaudit/scan/Cache.h"

#include "llvm/Support/FormatVariadic.h"

#include <nlohmann/json.hpp>

#include <cstring>
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

/// What a worker sent, or why it sent nothing.
UnitResult resultOf(const WorkerOutcome &outcome, const std::string &unit,
                    const WorkerLimits &limits) {
  UnitResult result;
  const Json json = Json::parse(outcome.output, nullptr, false);
  if (outcome.end == WorkerOutcome::End::Done && !json.is_discarded()) {
    json.get_to(result);
    return result;
  }
  result.complete = false;
  result.notices = {lostWorker(unit, outcome, limits)};
  return result;
}

}  // namespace

UnitScan analyseUnits(const std::vector<Unit> &units,
                      const Repository &repository, const ScanOptions &options,
                      const UnitOptions &unitOptions) {
  const bool useCache = !options.cacheDirectory.empty() &&
                        !options.measureTime && unitOptions.instead.empty();
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
    if (known)
      scan.results[i] = std::move(*known);
    else
      pending.push_back(i);
  }
  scan.cached = units.size() - pending.size();

  const auto job = [&](std::size_t i) {
    return Json(analyseUnit(units[pending[i]], repository, unitOptions))
        .dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::size_t ended = 0;
  const auto done = [&](std::size_t i, const WorkerOutcome &outcome) {
    const std::string &unit = units[pending[i]].name;
    if (options.progress)
      options.progress(++ended, pending.size(), unit);
    UnitResult &result = scan.results[pending[i]];
    result = resultOf(outcome, unit, options.limits);
    if (useCache && !result.inputs.empty())
      cache.store(keys[pending[i]], outcome.output);
  };
  scan.interrupted = !runWorkers(pending.size(), options.limits, job, done);
  if (useCache && !pending.empty())
    cache.evict(kCacheBytes);
  return scan;
}

}  // namespace reproaudit
