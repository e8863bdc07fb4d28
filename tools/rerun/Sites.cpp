// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Sites.h"

#include <algorithm>
#include <format>

namespace reproaudit {
namespace {

/// An id that no site has: everything is recorded, nothing perturbed.
constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

/// Every "no difference" is a statement about this many seeds.
constexpr std::size_t kSeeds = 2;

const Intervention *interventionOf(Factor factor, const RerunReport &report) {
  for (const Intervention &intervention : report.replay)
    if (intervention.seeds.contains(factor))
      return &intervention;
  return nullptr;
}

}  // namespace

/// What perturbing only \p sites changes, with the first seed that shows it.
std::vector<Difference> SiteSearch::perturb(const Ids &sites) {
  for (const std::uint64_t seed : seeds_) {
    ++runs_;
    auto differences = trial_.perturbed({true, {{factor_, seed}}, sites});
    if (!differences.empty())
      return differences;
  }
  return {};
}

/// Adds those of \p sites that change the output by themselves.
void SiteSearch::narrow(const Ids &sites, std::vector<Guilty> &guilty) {
  if (sites.empty() || trial_.budgetSpent())
    return;
  const auto differences = perturb(sites);
  if (differences.empty())
    return;
  if (sites.size() == 1) {
    guilty.push_back({sites.front(), differences.front()});
    return;
  }
  const auto middle = sites.begin() + static_cast<long>(sites.size() / 2);
  narrow({sites.begin(), middle}, guilty);
  narrow({middle, sites.end()}, guilty);
}

void SiteSearch::name(Cause &cause, const SiteRecord &site) {
  cause.called = site.kind;
  cause.stack = symbols_.placesOf(site.stack);
  if (!cause.stack.empty())
    cause.site = cause.stack.front();
}

bool SiteSearch::bisect(const FactorResult &result, RerunReport &report) {
  const Intervention *known = interventionOf(result.factor, report);
  if (!known || known->seeds.size() != 1)
    return false;
  seeds_ = {known->seeds.at(factor_)};
  for (std::uint64_t seed = 1;
       seed <= info(factor_).seeds && seeds_.size() < kSeeds; ++seed)
    if (seed != seeds_.front())
      seeds_.push_back(seed);
  trial_.perturbed({true, {{factor_, seeds_.front()}}, {kNowhere}});
  const auto sites = trial_.sitesOf(factor_);
  Ids ids;
  for (const auto &[id, site] : sites)
    ids.push_back(id);
  std::vector<Guilty> guilty;
  narrow(ids, guilty);
  for (const Guilty &one : guilty) {
    Cause cause;
    cause.factor = factor_;
    cause.first = one.first;
    cause.proof = Proof::Intervened;
    cause.evidence = std::format(
        "of {} call sites, changing this one alone changes {}", ids.size(),
        one.first.artifact);
    name(cause, sites.at(one.id));
    report.causes.push_back(std::move(cause));
    report.replay.push_back({true, {{factor_, seeds_.front()}}, {one.id}});
  }
  for (const std::uint64_t id : ids) {
    if (guilty.empty() ||
        std::ranges::contains(guilty, id, &Guilty::id))
      continue;
    Cause place;
    name(place, sites.at(id));
    report.cleared.push_back({factor_, place.site, place.called,
                              static_cast<unsigned>(seeds_.size())});
  }
  return !guilty.empty();
}

void SiteSearch::explain(const FactorResult &result, RerunReport &report) {
  factor_ = result.factor;
  if (info(factor_).hasSites && bisect(result, report))
    return;
  Cause cause;
  cause.factor = factor_;
  for (const ArtifactResult &artifact : report.artifacts)
    if (std::ranges::contains(artifact.factors, factor_) && artifact.worst) {
      cause.first = *artifact.worst;
      break;
    }
  cause.evidence =
      std::format("{} of {} runs with another {} differ from the pinned run",
                  result.differing, result.runs, info(factor_).changes);
  // Where the program asks for it, if there is one such place.
  const auto sites = trial_.sitesOf(factor_);
  if (sites.size() == 1) {
    name(cause, sites.begin()->second);
    cause.proof = cause.site ? Proof::Reached : Proof::Factor;
  }
  report.causes.push_back(std::move(cause));
}

}  // namespace reproaudit
