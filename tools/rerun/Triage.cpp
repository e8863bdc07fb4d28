// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Triage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace reproaudit {
namespace {

/// Which factor can show that a rule is right; the first that fits.
struct Lever {
  std::string_view rule;  ///< Part of its name.
  Factor factor;
};

constexpr std::array kLevers = std::to_array<Lever>({
    {"unordered", Factor::HashOrder},
    {"hash-seed", Factor::HashOrder},
    {"pointer-key", Factor::HeapOrder},
    {"pointer-sort", Factor::HeapOrder},
    {"pointer-as-data", Factor::Aslr},
    {"thread-id-seed", Factor::Aslr},
    {"directory-order", Factor::DirOrder},
    {"partial-comparator", Factor::SortTies},
    {"nondeterministic-seed", Factor::Entropy},
    {"entropy-as-data", Factor::Entropy},
    {"time-as-data", Factor::Entropy},
    {"environment-as-data", Factor::Env},
    {"locale", Factor::Locale},
    {"thread-count", Factor::Nprocs},
    {"omp-float", Factor::Threads},
    {"std-reduce", Factor::Threads},
    {"omp-dynamic", Factor::Sched},
    {"atomic-float", Factor::Sched},
    {"locked-float", Factor::Sched},
    {"arrival-order", Factor::Sched},
    {"parallel", Factor::Sched},
    {"uninitialised-buffer", Factor::HeapFill},
    {"uninitialised", Factor::StackFill},
    {"padding", Factor::StackFill},
    {"partial-record", Factor::StackFill},
    {"fp-environment", Factor::Rounding},
});

std::optional<Factor> leverOf(std::string_view rule) {
  for (const Lever &lever : kLevers)
    if (rule.find(lever.rule) != std::string_view::npos)
      return lever.factor;
  return std::nullopt;
}

/// Debug information may name a file from elsewhere than the repository root.
bool isSameFile(std::string_view a, std::string_view b) {
  const std::string_view shorter = a.size() < b.size() ? a : b;
  const std::string_view longer = a.size() < b.size() ? b : a;
  return longer.ends_with(shorter) &&
         (longer.size() == shorter.size() ||
          longer[longer.size() - shorter.size() - 1] == '/');
}

bool covers(const Range &range, const SourcePlace &place) {
  return isSameFile(range.path, place.file) && place.line >= range.line &&
         place.line <= std::max(range.line, range.endLine);
}

/// `Layer::step` and `Layer::step(int)`.
bool isSameFunction(std::string_view name, std::string_view signature) {
  return !name.empty() && signature.starts_with(name) &&
         (signature.size() == name.size() || signature[name.size()] == '(');
}

/// Whether \p place is in what \p finding is about: a step of its flow, or its
/// function.
bool concerns(const Finding &finding, const SourcePlace &place) {
  return covers(finding.at, place) ||
         std::ranges::any_of(
             finding.flow,
             [&](const Remark &step) { return covers(step.at, place); }) ||
         (isSameFile(finding.at.path, place.file) &&
          isSameFunction(finding.function, place.function));
}

std::vector<SourcePlace> placesOf(const Cause &cause) {
  std::vector<SourcePlace> places = cause.stack;
  if (const auto &divergence = cause.divergence)
    for (const auto &store : {divergence->storeA, divergence->storeB})
      if (store)
        places.push_back(*store);
  return places;
}

TriagedFinding judge(const Finding &finding, const RerunReport &report,
                     const ReachedPlaces &reached) {
  TriagedFinding result{finding, Triage::NotTestable, leverOf(finding.rule),
                        "no factor changes what this rule is about"};
  if (!result.factor)
    return result;
  const auto concerned = [&](const SourcePlace &place) {
    return concerns(finding, place);
  };
  for (const Cause &cause : report.causes)
    if (cause.factor == *result.factor &&
        std::ranges::any_of(placesOf(cause), concerned)) {
      result.state = Triage::Confirmed;
      result.evidence = fmt::format("{} changes {}: {}", name(cause.factor),
                                    cause.first.artifact, cause.evidence);
      return result;
    }
  const auto tested =
      std::ranges::find(report.factors, *result.factor, &FactorResult::factor);
  if (tested == report.factors.end() ||
      tested->state == FactorState::NotApplicable) {
    result.evidence = fmt::format(
        "{} could not be tested: {}", name(*result.factor),
        tested == report.factors.end() ? "not selected" : tested->reason);
    return result;
  }
  const auto stacks = reached.find(*result.factor);
  if (stacks == reached.end()) {
    const bool isSame = tested->state == FactorState::Same;
    result.state = Triage::Unresolved;
    result.evidence = fmt::format(
        "{} cannot be changed at single places; {} of {} runs that change it "
        "everywhere {} from the pinned run",
        name(*result.factor), isSame ? 0 : tested->differing, tested->runs,
        tested->runs == 1 ? "differs" : "differ");
    return result;
  }
  const bool isReached =
      std::ranges::any_of(stacks->second, [&](const auto &stack) {
        return std::ranges::any_of(stack, concerned);
      });
  result.state = isReached ? Triage::NoEffect : Triage::NotReached;
  result.evidence =
      isReached ? fmt::format("reached, and {} runs with another {} had the "
                              "same output",
                              tested->runs, name(*result.factor))
                : fmt::format("no run came by there while {} was tested",
                              name(*result.factor));
  return result;
}

}  // namespace

std::string_view name(Triage state) {
  constexpr std::array kNames = {"confirmed", "reached-no-effect",
                                 "not-reached", "unresolved", "not-testable"};
  return kNames[static_cast<std::size_t>(state)];
}

std::vector<TriagedFinding> triage(const std::vector<Finding> &findings,
                                   const RerunReport &report,
                                   const ReachedPlaces &reached) {
  std::vector<TriagedFinding> result;
  for (const Finding &finding : findings)
    if (!finding.suppression)
      result.push_back(judge(finding, report, reached));
  return result;
}

}  // namespace reproaudit
