// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Sites.h"

#include "Divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace reproaudit {
namespace {

/// Causes of a factor whose course is followed.
constexpr std::ptrdiff_t kLocated = 2;

/// An id that no site has: everything is recorded, nothing perturbed.
constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

const Intervention *interventionOf(Factor factor, const RerunReport &report) {
  for (const Intervention &intervention : report.replay)
    if (intervention.seeds.contains(factor))
      return &intervention;
  return nullptr;
}

}  // namespace

/// What perturbing only \p sites changes, with the first seed that shows it.
std::optional<SiteSearch::Guilty> SiteSearch::perturb(const Ids &sites) {
  for (const std::uint64_t seed : seeds_) {
    const auto differences = trial_.perturbed({true, {{factor_, seed}}, sites});
    if (!differences.empty())
      return Guilty{sites.front(), seed, differences.front()};
  }
  return std::nullopt;
}

/// Adds those of \p sites that change the output by themselves.
void SiteSearch::narrow(const Ids &sites, std::vector<Guilty> &guilty) {
  if (sites.empty() || trial_.budgetSpent())
    return;
  const auto found = perturb(sites);
  if (!found)
    return;
  if (sites.size() == 1) {
    guilty.push_back(*found);
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

/// The seeds to try, in groups: a later group only if the earlier ones blame
/// nothing. For the clocks odd seeds are gentle, even ones rough.
std::vector<std::vector<std::uint64_t>>
SiteSearch::seedGroups(std::uint64_t known) const {
  if (factor_ == Factor::Entropy)
    return {{1, 3}, {2, 4}};
  return {{known, known == 1 ? 2U : 1U}};
}

bool SiteSearch::bisect(const FactorResult &result, RerunReport &report) {
  const Intervention *known = interventionOf(result.factor, report);
  if (!known || known->seeds.size() != 1)
    return false;
  const auto groups = seedGroups(known->seeds.at(factor_));
  seeds_ = groups.front();
  trial_.perturbed({true, {{factor_, seeds_.front()}}, {kNowhere}});
  const auto sites = trial_.sitesOf(factor_);
  // Hash values order every container; blame them when no container is guilty.
  Ids ids, values;
  for (const auto &[id, site] : sites)
    (site.kind == "std::hash" ? values : ids).push_back(id);
  std::vector<Guilty> guilty;
  for (const Ids &candidates : {ids, values})
    for (const auto &seeds : groups) {
      seeds_ = seeds;
      if (guilty.empty())
        narrow(candidates, guilty);
    }
  for (const Guilty &one : guilty) {
    Cause cause;
    cause.factor = factor_;
    cause.first = one.first;
    cause.proof = Proof::Intervened;
    cause.evidence =
        fmt::format("of {} call sites, changing this one alone changes {}",
                    ids.size(), one.first.artifact);
    name(cause, sites.at(one.id));
    if (&one - guilty.data() < kLocated && !trial_.budgetSpent())
      cause.divergence =
          DivergenceSearch(trial_, symbols_)
              .find({true, {{factor_, one.seed}}, {one.id}}, one.first);
    report.causes.push_back(std::move(cause));
    report.replay.push_back({true, {{factor_, one.seed}}, {one.id}});
  }
  for (const std::uint64_t id : ids) {
    if (guilty.empty() ||
        std::ranges::find(guilty, id, &Guilty::id) != guilty.end())
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
    if (std::ranges::find(artifact.factors, factor_) !=
            artifact.factors.end() &&
        artifact.worst) {
      cause.first = *artifact.worst;
      break;
    }
  cause.evidence =
      fmt::format("{} of {} runs that change the {} differ from the pinned run",
                  result.differing, result.runs, info(factor_).changes);
  addReached(cause, report);
}

ReachedPlaces SiteSearch::reached() {
  ReachedPlaces places;
  for (const FactorInfo &factor : kFactors)
    for (const auto &[id, site] : trial_.sitesOf(factor.factor))
      places[factor.factor].push_back(symbols_.placesOf(site.stack));
  return places;
}

/// Without a lever for single sites: all places where the program asks.
void SiteSearch::addReached(const Cause &cause, RerunReport &report) {
  constexpr std::size_t kShown = 5;
  std::map<SourcePlace, Cause> places;
  for (const auto &[id, site] : trial_.sitesOf(factor_)) {
    Cause reached = cause;
    reached.proof = Proof::Reached;
    name(reached, site);
    if (reached.site)
      places.try_emplace(*reached.site, std::move(reached));
  }
  if (places.empty())
    report.causes.push_back(cause);
  for (auto &[place, reached] : places) {
    reached.evidence +=
        places.size() == 1 ? "; only this place depends on it"
                           : fmt::format("; one of {} places that depend on it",
                                         places.size());
    if (report.causes.size() < kShown || places.size() == 1)
      report.causes.push_back(std::move(reached));
  }
}

}  // namespace reproaudit
