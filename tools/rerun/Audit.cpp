// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The plan of an audit:
///
///   ordinary runs       does it differ as it is?
///   pinned runs         can every difference be switched off?
///   everything at once  if that changes nothing, nothing alone will
///   one factor alone    which one counts, against the pinned reference
///   one site alone      where it counts (Sites.cpp)
///
/// From the second line on, the two runs that are compared are both
/// deterministic and differ in one intervention: so each further run adds
/// knowledge instead of noise.
#include "reproaudit/rerun/Audit.h"

#include "Applicability.h"
#include "Sites.h"
#include "Trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace reproaudit {

double upperBound(unsigned n) {
  return n == 0 ? 1 : 1 - std::pow(0.05, 1.0 / n);
}

namespace {

constexpr unsigned kTogetherSeeds = 4;

bool contains(const std::vector<Factor> &factors, Factor factor) {
  return std::ranges::find(factors, factor) != factors.end();
}

class Audit {
public:
  Audit(Sandbox &sandbox, const Target &target, const AuditOptions &options)
      : target_(target), options_(options), trial_(sandbox, options),
        sandbox_(sandbox) {
    report_.command = target.command;
  }

  RerunReport run();

private:
  bool runNaturally();
  bool runPinned();
  void runReplay();
  void runTogether();
  void runAlone(FactorResult &result);
  void lookForInteraction();
  void separateAddresses();
  void findCauses();
  void forgetHashesOfAddresses();
  void withdraw(Factor factor, std::string reason);
  void conclude();

  std::vector<FactorResult *> applicable();
  bool isSelected(Factor factor) const {
    return options_.factors.empty() || contains(options_.factors, factor);
  }
  void note(std::string text) { report_.notes.push_back(std::move(text)); }
  void record(Factor factor, const std::vector<Difference> &differences);
  void recordDifferences(std::optional<Factor> factor,
                         const std::vector<Difference> &differences);

  const Target &target_;
  const AuditOptions &options_;
  Trial trial_;
  Sandbox &sandbox_;
  RerunReport report_;
  bool divergence_ = false;  ///< Below the level that was asked for.
  bool togetherDiffers_ = false;
};

/// Notes the differences that \p factor, or nothing at all, has caused.
void Audit::recordDifferences(std::optional<Factor> factor,
                              const std::vector<Difference> &differences) {
  for (const Difference &difference : differences) {
    auto found = std::ranges::find(report_.artifacts, difference.artifact,
                                   &ArtifactResult::name);
    if (found == report_.artifacts.end())
      found = report_.artifacts.insert(
          report_.artifacts.end(),
          ArtifactResult{difference.artifact, {}, {}, {}});
    const bool everyRun = !factor || info(*factor).everyRun;
    const RepeatLevel level =
        everyRun ? difference.level : RepeatLevel::Bitwise;
    if (level < found->level || !found->worst)
      found->worst = difference;
    found->level = std::min(found->level, level);
    if (factor && !contains(found->factors, *factor))
      found->factors.push_back(*factor);
    divergence_ |= level < options_.level;
  }
}

// -- Ordinary and pinned runs ------------------------------------------------

namespace {

/// Why a run is no reference for others; "": it is one.
std::string problemOf(const Observation &run) {
  if (!run.failure.empty())
    return run.failure;
  switch (run.exceeded) {
  case Limit::Time:
    return "the program does not end within the time limit";
  case Limit::Output:
    return "the program writes more than the output limit";
  case Limit::Processes:
    return "the program starts more processes than the limit";
  case Limit::None:
    break;
  }
  return run.exitCode == 0
             ? ""
             : fmt::format("the program ends with exit code {}", run.exitCode);
}

}  // namespace

bool Audit::runNaturally() {
  const Observation first = trial_.natural();
  if (const std::string problem = problemOf(first); !problem.empty()) {
    note(problem);
    report_.verdict = Verdict::TargetFailed;
    return false;
  }
  sandbox_.setTimeout(
      std::max(first.time * 10, std::chrono::duration<double>(5)));
  for (const Artifact &artifact : first.artifacts)
    report_.artifacts.push_back({artifact.name, {}, {}, {}});
  if (hasDurations(first))
    note("durations and rates on stderr do not count");
  report_.natural.runs = std::max(1U, options_.runs);
  for (unsigned i = 1; i < report_.natural.runs; ++i) {
    const auto differences = compare(first, trial_.natural(), options_.compare);
    report_.natural.differing +=
        static_cast<unsigned int>(!differences.empty());
    recordDifferences(std::nullopt, differences);
  }
  return true;
}

bool Audit::runPinned() {
  trial_.setReference();
  if (trial_.reference().exceeded == Limit::Time &&
      sandbox_.capabilities().realtime) {
    note("with a fixed schedule the program does not end; it probably waits by "
         "spinning: threads are confined to one processor instead");
    sandbox_.forgoRealtime();
    trial_.setReference();
  }
  if (trial_.reference().exitCode != 0) {
    note(fmt::format("pinned, the program ends with exit code {}",
                     trial_.reference().exitCode));
    report_.verdict = Verdict::Inconclusive;
    return false;
  }
  report_.pinned.runs = 3;
  for (unsigned i = 1; i < report_.pinned.runs; ++i) {
    const auto differences = trial_.perturbed({});
    report_.pinned.differing += static_cast<unsigned int>(!differences.empty());
    recordDifferences(std::nullopt, differences);
  }
  return report_.pinned.differing == 0;
}

// -- Perturbed runs ----------------------------------------------------------

std::vector<FactorResult *> Audit::applicable() {
  std::vector<FactorResult *> results;
  for (FactorResult &result : report_.factors)
    if (result.state != FactorState::NotApplicable)
      results.push_back(&result);
  return results;
}

/// All factors at once: if that changes nothing, none of them does.
void Audit::runTogether() {
  const auto results = applicable();
  for (std::uint64_t seed = 1; seed <= kTogetherSeeds; ++seed) {
    Intervention all;
    for (const FactorResult *result : results)
      all.seeds[result->factor] = seed;
    if (all.seeds.empty())
      return;
    togetherDiffers_ |= !trial_.perturbed(all).empty();
    for (FactorResult *result : results) {
      ++result->runs;
      if (result->factor == Factor::CpuDispatch && trial_.sameDispatch())
        result->reason = "libm takes the same code path on this processor";
    }
    if (togetherDiffers_)
      return;
  }
}

/// \p result's factor against the pinned reference.
void Audit::runAlone(FactorResult &result) {
  result.alone = true;
  result.runs = result.differing = 0;
  for (std::uint64_t seed = 1; seed <= info(result.factor).seeds; ++seed) {
    if (trial_.budgetSpent())
      return;
    const Intervention intervention{true, {{result.factor, seed}}, {}};
    const auto differences = trial_.perturbed(intervention);
    ++result.runs;
    // A difference counts if it comes again, and goes with the intervention.
    if (differences.empty() || trial_.perturbed(intervention).empty() ||
        !trial_.perturbed({}).empty())
      continue;
    ++result.differing;
    result.state = FactorState::Differs;
    recordDifferences(result.factor, differences);
    if (result.differing == 1)
      report_.replay.push_back(intervention);
    if (result.factor == Factor::Sched && result.differing == 2)
      return;
  }
}

/// Several factors together change the output, none alone: leaves out what is
/// not needed.
void Audit::lookForInteraction() {
  Intervention needed;
  for (const FactorResult *result : applicable())
    needed.seeds[result->factor] = 1;
  if (trial_.perturbed(needed).empty())
    return;
  for (const FactorResult *result : applicable()) {
    Intervention fewer = needed;
    fewer.seeds.erase(result->factor);
    if (!trial_.perturbed(fewer).empty())
      needed = std::move(fewer);
  }
  const auto differences = trial_.perturbed(needed);
  std::string names;
  for (const auto &[factor, seed] : needed.seeds)
    names += (names.empty() ? "" : " and ") + std::string(name(factor));
  for (FactorResult *result : applicable()) {
    if (!needed.seeds.contains(result->factor))
      continue;
    result->state = FactorState::Differs;
    result->differing = 1;
    result->reason = fmt::format("only together: {}", names);
    recordDifferences(result->factor, differences);
  }
  report_.replay.push_back(std::move(needed));
}

/// Output that holds addresses changes whenever they do; whether their order
/// matters as well cannot be seen.
void Audit::separateAddresses() {
  const auto aslr =
      std::ranges::find(report_.factors, Factor::Aslr, &FactorResult::factor);
  if (aslr == report_.factors.end() || aslr->state != FactorState::Differs)
    return;
  withdraw(Factor::HeapOrder,
           "the output depends on addresses themselves (see aslr), so the "
           "effect of their order cannot be seen");
  withdraw(Factor::CpuDispatch,
           "the output depends on addresses (see aslr), and where libraries "
           "are loaded depends on the processor");
}

void Audit::findCauses() {
  SiteSearch search(trial_, target_.directory);
  for (const FactorResult *result : applicable())
    if (result->state == FactorState::Differs)
      search.explain(*result, report_);
  if (!options_.findings.empty())
    report_.findings = triage(options_.findings, report_, search.reached());
}

/// A hash of an address, such as that of a thread, is no better than the
/// address: the way to compute it does not matter.
void Audit::forgetHashesOfAddresses() {
  const bool addresses =
      std::ranges::any_of(applicable(), [](const FactorResult *result) {
        return result->factor == Factor::Aslr &&
               result->state == FactorState::Differs;
      });
  const auto isHash = [](const Cause &cause) {
    return cause.factor == Factor::HashOrder;
  };
  const bool onlyValues =
      std::ranges::all_of(report_.causes, [&](const Cause &cause) {
        return !isHash(cause) || cause.called == "std::hash";
      });
  if (!addresses || !onlyValues)
    return;
  std::erase_if(report_.causes, isHash);
  withdraw(Factor::HashOrder,
           "only hash values count, and those of addresses differ anyway "
           "(see aslr)");
}

/// \p factor cannot be judged after all.
void Audit::withdraw(Factor factor, std::string reason) {
  for (FactorResult &result : report_.factors) {
    if (result.factor != factor || result.state != FactorState::Differs)
      continue;
    result.state = FactorState::NotApplicable;
    result.reason = std::move(reason);
    std::erase_if(report_.replay, [&](const Intervention &intervention) {
      return intervention.seeds.contains(factor);
    });
    for (ArtifactResult &artifact : report_.artifacts)
      std::erase(artifact.factors, factor);
    return;
  }
}

void Audit::runReplay() {
  for (const Intervention &intervention : options_.replay) {
    Intervention now = intervention;
    auto differences = trial_.perturbed(now);
    if (!now.sites.empty() && !trial_.reachedAny(now.sites)) {
      note("the program has changed: its call sites are not those of the "
           "report, so the factor is applied everywhere");
      now.sites.clear();
      differences = trial_.perturbed(now);
    }
    for (const auto &[factor, seed] : now.seeds) {
      report_.factors.push_back(
          {factor,
           differences.empty() ? FactorState::Same : FactorState::Differs, "",
           differences.empty() ? 0U : 1U, 1, true});
      recordDifferences(factor, differences);
    }
    if (!differences.empty())
      report_.replay.push_back(now);
  }
}

// -- The whole ---------------------------------------------------------------

void Audit::conclude() {
  report_.runs = trial_.runs();
  if (report_.verdict == Verdict::TargetFailed) {
    report_.exitCode = 3;
    return;
  }
  if (divergence_)
    report_.verdict = Verdict::Differs;
  else if (trial_.budgetSpent())
    report_.verdict = Verdict::Inconclusive;
  if (trial_.budgetSpent())
    note("the time budget is spent: not every factor was tried as often as "
         "planned");
  for (const FactorResult &result : report_.factors)
    if (contains(options_.factors, result.factor) &&
        result.state == FactorState::NotApplicable &&
        report_.verdict == Verdict::Same)
      report_.exitCode = 4;
  if (report_.verdict == Verdict::Differs)
    report_.exitCode = 1;
  else if (report_.verdict == Verdict::Inconclusive)
    report_.exitCode = 5;
}

RerunReport Audit::run() {
  report_.notes = limitations(sandbox_.capabilities());
  if (!runNaturally()) {
    conclude();
    return std::move(report_);
  }
  const bool steady = runPinned();
  if (!options_.replay.empty()) {
    if (steady)
      runReplay();
    conclude();
    return std::move(report_);
  }
  for (const FactorInfo &factor : kFactors) {
    if (!isSelected(factor.factor))
      continue;
    FactorResult result{factor.factor};
    result.reason =
        obstacle(factor.factor, trial_.reference(), sandbox_.capabilities());
    if (result.reason.empty() && !steady)
      result.reason = "the pinned runs differ among themselves";
    if (!result.reason.empty())
      result.state = FactorState::NotApplicable;
    report_.factors.push_back(std::move(result));
  }
  if (steady) {
    runTogether();
    for (FactorResult *result : applicable())
      if (togetherDiffers_ || result->factor == Factor::Sched)
        runAlone(*result);
    const bool explained =
        std::ranges::any_of(report_.factors, [](const FactorResult &result) {
          return result.state == FactorState::Differs;
        });
    if (togetherDiffers_ && !explained)
      lookForInteraction();
    separateAddresses();
    findCauses();
    forgetHashesOfAddresses();
  }
  conclude();
  return std::move(report_);
}

}  // namespace

RerunReport audit(const Target &target, const AuditOptions &options,
                  const std::filesystem::path &library) {
  auto sandbox = Sandbox::create(target, library);
  if (!sandbox) {
    RerunReport report;
    report.command = target.command;
    report.notes.push_back(sandbox.error());
    report.verdict = Verdict::Inconclusive;
    report.exitCode = 4;
    return report;
  }
  return Audit(*sandbox, target, options).run();
}

}  // namespace reproaudit
