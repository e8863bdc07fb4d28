// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/rerun/Report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace reproaudit {

using Json = nlohmann::ordered_json;

std::string_view name(FactorState state) {
  constexpr std::array kNames = {"same", "differs", "not-applicable"};
  return kNames[static_cast<std::size_t>(state)];
}

namespace {

std::string_view name(Proof proof) {
  constexpr std::array kNames = {"factor", "reached", "intervened"};
  return kNames[static_cast<std::size_t>(proof)];
}

std::string_view name(Verdict verdict) {
  constexpr std::array kNames = {"no-divergence", "divergence", "target-failed",
                                 "inconclusive"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::string percent(double probability) {
  return fmt::format("{:.0f} %", 100 * probability);
}

/// `0 of 9 runs differ, p <= 28 % (95 %)`: what equal runs prove.
std::string describe(unsigned differing, unsigned runs) {
  std::string text = fmt::format("{} of {} run{} differ{}", differing, runs,
                                 runs == 1 ? "" : "s", runs == 1 ? "s" : "");
  if (differing == 0 && runs > 0)
    text += fmt::format(", p <= {} (95 %)", percent(upperBound(runs)));
  return text;
}

std::string describe(const Agreement &agreement) {
  return describe(agreement.differing,
                  agreement.runs == 0 ? 0 : agreement.runs - 1);
}

std::string show(const SourcePlace &place) {
  return fmt::format("{}:{}:{} in {}", place.file, place.line, place.column,
                     place.function);
}

// -- JSON --------------------------------------------------------------------

Json json(const std::optional<SourcePlace> &place) {
  if (!place)
    return nullptr;
  return {{"file", place->file},
          {"line", place->line},
          {"column", place->column},
          {"function", place->function}};
}

/// Bytes of the target may be anything; JSON is UTF-8.
std::string printable(const std::string &text) {
  return Json::parse(
      Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json json(const Difference &difference) {
  Json result = {{"artifact", printable(difference.artifact)},
                 {"where", printable(difference.where)},
                 {"a", printable(difference.a)},
                 {"b", printable(difference.b)},
                 {"level", name(difference.level)}};
  if (const auto &magnitude = difference.magnitude)
    result["magnitude"] = {{"count", magnitude->count},
                           {"max_abs", magnitude->maxAbsolute},
                           {"max_rel", magnitude->maxRelative},
                           {"max_ulp", magnitude->maxUlp}};
  return result;
}

Json json(const Agreement &agreement) {
  return {{"runs", agreement.runs},
          {"differing", agreement.differing},
          {"statement", describe(agreement)}};
}

Json json(const FactorResult &result) {
  return {{"name", name(result.factor)},
          {"state", name(result.state)},
          {"reason", result.reason},
          {"differing", result.differing},
          {"runs", result.runs}};
}

Json json(const std::optional<FirstDivergence> &divergence) {
  if (!divergence)
    return nullptr;
  return {{"level", divergence->level},
          {"value", divergence->value
                        ? Json{{"name", divergence->valueName},
                               {"occurrence", divergence->occurrence},
                               {"at", json(divergence->value)}}
                        : Json(nullptr)},
          {"print", json(divergence->print)},
          {"block", json(divergence->block)},
          {"index", divergence->index},
          {"store_a", json(divergence->storeA)},
          {"store_b", json(divergence->storeB)},
          {"a", divergence->a},
          {"b", divergence->b},
          {"reason", divergence->reason},
          {"runs", divergence->runs}};
}

Json json(const Cause &cause) {
  Json stack = Json::array();
  for (const SourcePlace &place : cause.stack)
    stack.push_back(json(place));
  return {{"factor", name(cause.factor)},
          {"site", json(cause.site)},
          {"called", cause.called},
          {"artifact", printable(cause.first.artifact)},
          {"level", name(cause.proof)},
          {"evidence", cause.evidence},
          {"stack", std::move(stack)},
          {"difference", json(cause.first)},
          {"first_divergence", json(cause.divergence)},
          {"cure", info(cause.factor).cure}};
}

Json json(const Intervention &intervention) {
  Json seeds = Json::object(), sites = Json::array();
  for (const auto &[factor, seed] : intervention.seeds)
    seeds[std::string(name(factor))] = seed;
  for (const std::uint64_t site : intervention.sites)
    sites.push_back(fmt::format("{:016x}", site));
  return {{"seeds", std::move(seeds)}, {"sites", std::move(sites)}};
}

Json json(const ArtifactResult &artifact) {
  Json factors = Json::array();
  for (const Factor factor : artifact.factors)
    factors.push_back(name(factor));
  return {
      {"name", printable(artifact.name)},
      {"level", name(artifact.level)},
      {"factors", std::move(factors)},
      {"difference", artifact.worst ? json(*artifact.worst) : Json(nullptr)}};
}

Json json(const Cleared &cleared) {
  return {{"factor", name(cleared.factor)},
          {"site", json(cleared.site)},
          {"called", cleared.called},
          {"runs", cleared.runs}};
}

Json json(const TriagedFinding &triaged) {
  return {
      {"rule", triaged.finding.rule},
      {"path", triaged.finding.at.path},
      {"line", triaged.finding.at.line},
      {"state", name(triaged.state)},
      {"factor", triaged.factor ? Json(name(*triaged.factor)) : Json(nullptr)},
      {"evidence", printable(triaged.evidence)}};
}

template <class T> Json list(const std::vector<T> &values) {
  Json result = Json::array();
  for (const T &value : values)
    result.push_back(json(value));
  return result;
}

}  // namespace

Json toJson(const RerunReport &report) {
  return {{"verdict", name(report.verdict)},
          {"command", report.command},
          {"runs", report.runs},
          {"natural", json(report.natural)},
          {"pinned", json(report.pinned)},
          {"factors", list(report.factors)},
          {"causes", list(report.causes)},
          {"cleared", list(report.cleared)},
          {"artifacts", list(report.artifacts)},
          {"findings", list(report.findings)},
          {"notes", report.notes},
          {"replay", list(report.replay)},
          {"exit_code", report.exitCode}};
}

// -- Text --------------------------------------------------------------------

namespace {

std::string headline(const RerunReport &report) {
  switch (report.verdict) {
  case Verdict::Same:
    return std::ranges::any_of(report.factors,
                               [](const FactorResult &result) {
                                 return result.state == FactorState::Differs;
                               })
               ? "no divergence at the level that was asked for"
               : "no divergence was seen";
  case Verdict::Differs:
    return "the output does not repeat";
  case Verdict::TargetFailed:
    return "the program failed in its first run";
  case Verdict::Inconclusive:
    return "inconclusive";
  }
  return "";
}

std::string factorLine(const FactorResult &result) {
  std::string text =
      fmt::format("  {:<13} {:<15}", name(result.factor), name(result.state));
  if (result.state == FactorState::NotApplicable)
    return text + result.reason + "\n";
  text += describe(result.differing, result.runs);
  if (!result.reason.empty())
    text += "; " + result.reason;
  return text + "\n";
}

std::string divergenceText(const FirstDivergence &divergence) {
  std::string text;
  if (divergence.value)
    text += fmt::format("  first traced value that differs: {}, record {}, "
                        "at {}:{}\n",
                        divergence.valueName, divergence.occurrence,
                        divergence.value->file, divergence.value->line);
  if (divergence.storeA)
    text += fmt::format("  first store that differs: {} at {}\n", divergence.a,
                        show(*divergence.storeA));
  if (divergence.storeB)
    text += fmt::format("                      other: {} at {}\n", divergence.b,
                        show(*divergence.storeB));
  if (divergence.block)
    text += fmt::format("  in the block from {}, word {}: {} and {}\n",
                        show(*divergence.block), divergence.index, divergence.a,
                        divergence.b);
  if (divergence.print)
    text += fmt::format("  printed at {}\n", show(*divergence.print));
  if (!divergence.reason.empty() && divergence.level != "none")
    text += fmt::format("  no finer than the {}: {}\n", divergence.level,
                        divergence.reason);
  return text;
}

std::string causeText(const Cause &cause) {
  std::string text =
      fmt::format("\ncause: {}{}{}\n", name(cause.factor),
                  cause.called.empty() ? "" : ", " + cause.called,
                  cause.site ? " at " + show(*cause.site) : "");
  for (std::size_t i = 1; i < cause.stack.size(); ++i)
    text += fmt::format("         called from {}\n", show(cause.stack[i]));
  text += fmt::format("  evidence: {}\n", cause.evidence);
  if (!cause.first.artifact.empty())
    text += fmt::format("  {} {}:\n    - {}\n    + {}\n", cause.first.artifact,
                        cause.first.where, cause.first.a, cause.first.b);
  if (const auto &magnitude = cause.first.magnitude)
    text += fmt::format("  {} numbers differ, by at most {:.3g} "
                        "(relative {:.3g})\n",
                        magnitude->count, magnitude->maxAbsolute,
                        magnitude->maxRelative);
  if (cause.divergence)
    text += divergenceText(*cause.divergence);
  return text + fmt::format("  cure: {}\n", info(cause.factor).cure);
}

}  // namespace

std::string toText(const RerunReport &report) {
  std::string text = headline(report) + "\n\n";
  if (report.natural.runs > 0)
    text += fmt::format("  {:<29}{}\n", "as it is", describe(report.natural));
  if (report.pinned.runs > 0)
    text += fmt::format("  {:<29}{}\n", "pinned", describe(report.pinned));
  for (const FactorResult &result : report.factors)
    text += factorLine(result);
  for (const Cause &cause : report.causes)
    text += causeText(cause);
  if (!report.cleared.empty())
    text += fmt::format("\ncleared: {} call site{} without effect\n",
                        report.cleared.size(),
                        report.cleared.size() == 1 ? "" : "s");
  for (const Cleared &cleared : report.cleared)
    if (cleared.site)
      text += fmt::format("  {} at {}\n", cleared.called, show(*cleared.site));
  if (!report.findings.empty())
    text += "\n";
  for (const TriagedFinding &triaged : report.findings)
    text += fmt::format("{}:{}: {} is {}: {}\n", triaged.finding.at.path,
                        triaged.finding.at.line, triaged.finding.rule,
                        name(triaged.state), triaged.evidence);
  if (!report.notes.empty())
    text += "\n";
  for (const std::string &note : report.notes)
    text += fmt::format("note: {}\n", note);
  return text + fmt::format("\n{} runs\n", report.runs);
}

}  // namespace reproaudit
