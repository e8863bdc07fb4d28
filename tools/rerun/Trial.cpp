// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Trial.h"

#include <algorithm>
#include <fnmatch.h>

namespace reproaudit {

Observation Trial::run(const Intervention &intervention, const Probe &probe) {
  Observation observation = sandbox_.run(intervention, probe);
  ++runs_;
  dispatch_ = observation.dispatch;
  if (!options_.outputs.empty())
    std::erase_if(observation.artifacts, [&](const Artifact &artifact) {
      return std::ranges::none_of(
          options_.outputs, [&](const std::string &glob) {
            return fnmatch(glob.c_str(), artifact.name.c_str(), 0) == 0;
          });
    });
  for (const SiteRecord &site : observation.sites)
    sites_.try_emplace(site.id, site);
  return observation;
}

std::vector<Difference> Trial::perturbed(const Intervention &intervention) {
  Observation observation = run(intervention);
  // Of two threads that wait for each other by spinning, the one with the
  // higher priority waits for ever; that is our doing.
  if (observation.exceeded == Limit::Time &&
      reference_.exceeded != Limit::Time &&
      intervention.seeds.contains(Factor::Sched) &&
      sandbox_.capabilities().realtime) {
    sandbox_.forgoRealtime();
    reference_ = run({});
    observation = run(intervention);
  }
  return compare(reference_, observation, options_.compare);
}

std::optional<SiteRecord> Trial::site(std::uint64_t id) const {
  const auto found = sites_.find(id);
  return found == sites_.end() ? std::nullopt : std::optional(found->second);
}

std::map<std::uint64_t, SiteRecord> Trial::sitesOf(Factor factor) const {
  std::map<std::uint64_t, SiteRecord> result;
  for (const auto &[id, site] : sites_)
    if (site.factor == factor)
      result.emplace(id, site);
  return result;
}

bool Trial::reachedAny(const std::vector<std::uint64_t> &sites) const {
  return std::ranges::any_of(
      sites, [&](std::uint64_t id) { return sites_.contains(id); });
}

}  // namespace reproaudit
