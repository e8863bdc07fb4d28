// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// One scan: units and repository files in, a Report out. The report does not
/// depend on the number of workers, the order of the database, the working
/// directory or the locale.
///
/// Layer 3.
#pragma once

#include "reproaudit/report/Report.h"
#include "reproaudit/rule/RuleInfo.h"
#include "reproaudit/scan/Configuration.h"
#include "reproaudit/scan/UnitAnalysis.h"
#include "reproaudit/scan/WorkerPool.h"

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

/// Which rules run.
struct Selection {
  std::vector<std::string> select;  ///< Rule ids or families; empty: default.
  std::vector<std::string> ignore;  ///< Rule ids or families.
  std::vector<Scope> require;       ///< Empty: every scope.
};

/// The word that stands for every rule, pedantic ones included.
inline constexpr std::string_view kAllRules = "all";

/// The words that name rules: families and ids, sorted.
std::vector<std::string> ruleWords();

/// Whether \p word, one of ruleWords() or kAllRules, stands for \p rule.
bool names(std::string_view word, const RuleInfo &rule);

/// The error is one sentence about a word that names nothing, with the nearest
/// that does.
std::expected<void, std::string> checkRuleWord(const std::string &word);

/// The rules of \p selection, sorted by name; the error is that of
/// checkRuleWord().
std::expected<std::vector<const RuleInfo *>, std::string>
selectRules(const Selection &selection);

struct ScanOptions {
  std::vector<const RuleInfo *> rules;  ///< From selectRules().
  bool rulesAreExplicit = false;  ///< The user named them: `.clang-tidy` may
                                  ///< not take one away, nor may
                                  ///< `configuration`.
  Configuration configuration;    ///< Levels of findings; the rest is here.
  std::vector<std::filesystem::path> paths;  ///< Report only below these.
  std::filesystem::path buildDirectory;      ///< `-p`; empty: look for it.
  std::string diffBase;  ///< Only what is new since the merge base with it.
  bool staged = false;   ///< What is staged, only what is new since HEAD.
  std::optional<Shard> shard;  ///< Only this part of the scan; see mergeShards().
  WorkerLimits limits;
  Engine engine = Engine::Fast;
  std::filesystem::path cacheDirectory;  ///< Empty: no cache.
  bool cmakeTrace = false;  ///< Run CMake on the project: its code is executed.
  bool measureTime = false;
  /// Called as units end, with their number so far and in all.
  std::function<void(std::size_t done, std::size_t all,
                     const std::string &unit)>
      progress;
};

struct ScanResult {
  Report report;
  std::filesystem::path root;  ///< Of the repository; Range::path is below it.
  std::map<std::string, std::string> texts;  ///< Of files that were not scanned
                                             ///< as they are on disk, by path.
  bool hasUnits = true;  ///< False: source rules were wanted, but there is no
                         ///< compile database; only project rules ran.
  bool interrupted = false;
  std::size_t cachedUnits = 0;    ///< Those whose result was known already.
  /// Why units did not share a parse with others, and how many.
  std::map<std::string, std::size_t> alone;
  std::map<std::string, double> secondsOfRule;  ///< If measured.
  double seconds = 0;  ///< CPU time of all units, if measured.
};

/// The error is one sentence: what keeps the scan from starting and what to do.
std::expected<ScanResult, std::string> scan(const ScanOptions &options);

/// The report that a scan without shards would have given, with the program-wide
/// pass over the facts of all. Runs where the files of \p configuration lie. The
/// error is one sentence: which shard is missing or does not belong to the others.
std::expected<Report, std::string>
mergeShards(const std::vector<Report> &shards,
            const Configuration &configuration);

}  // namespace reproaudit
