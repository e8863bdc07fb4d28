// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/rerun/Report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace reproaudit {
namespace {

Family familyOf(Factor factor) {
  switch (factor) {
  case Factor::Entropy:
    return Family::Rng;
  case Factor::HashOrder:
  case Factor::SortTies:
  case Factor::HeapOrder:
  case Factor::DirOrder:
    return Family::Order;
  case Factor::Aslr:
  case Factor::HeapFill:
  case Factor::StackFill:
    return Family::Mem;
  case Factor::Threads:
  case Factor::Nprocs:
  case Factor::Sched:
    return Family::Parallel;
  case Factor::CpuDispatch:
  case Factor::Rounding:
    return Family::Fp;
  case Factor::Gpu:
    return Family::Gpu;
  default:
    return Family::Env;
  }
}

Scope scopeOf(Factor factor) {
  if (info(factor).everyRun)
    return Scope::Run;
  if (factor == Factor::Threads || factor == Factor::Nprocs)
    return Scope::Threads;
  return familyOf(factor) == Family::Env ? Scope::Env : Scope::Platform;
}

/// The rule that stands for a factor, with the texts that it refers to.
struct FactorRule {
  std::string name, summary, why;
  RuleInfo rule;

  explicit FactorRule(const FactorInfo &factor)
      : name(fmt::format("repro-rerun-{}", factor.name)),
        summary(fmt::format("output that depends on the {}", factor.changes)),
        why(fmt::format("Two runs that differed only in the {} had different "
                        "output. To make them agree, {}.",
                        factor.changes, factor.cure)) {
    rule.name = name;
    rule.family = familyOf(factor.factor);
    rule.scope = scopeOf(factor.factor);
    rule.summary = summary;
    rule.since = "0.1.0";
    rule.why = why;
    rule.limits = "Shown by running the program; what did not run, or did not "
                  "matter to this input, is not seen.";
  }
  FactorRule(const FactorRule &) = delete;
};

/// By factor; never destroyed, because reports refer to it.
const FactorRule &ruleOf(Factor factor) {
  static const auto &rules = *new std::vector<std::unique_ptr<FactorRule>>([] {
    std::vector<std::unique_ptr<FactorRule>> made;
    made.reserve(kFactors.size());
    for (const FactorInfo &one : kFactors)
      made.push_back(std::make_unique<FactorRule>(one));
    return made;
  }());
  return *rules[static_cast<std::size_t>(factor)];
}

Range rangeOf(const SourcePlace &place) {
  return {place.file, place.line, place.column, place.line, place.column};
}

Finding findingOf(const Cause &cause) {
  Finding finding;
  if (cause.site) {
    finding.at = rangeOf(*cause.site);
    finding.function = cause.site->function;
  }
  finding.rule = ruleOf(cause.factor).name;
  finding.level = Level::Warning;
  finding.message =
      fmt::format("'{}' changes with the {}: {}", cause.first.artifact,
                  info(cause.factor).changes, cause.evidence);
  for (std::size_t i = cause.stack.size(); i-- > 1;)
    finding.flow.push_back(
        {rangeOf(cause.stack[i]),
         fmt::format("{} calls on", cause.stack[i].function)});
  if (cause.site)
    finding.flow.push_back(
        {finding.at, fmt::format("{}; one run has '{}', the other '{}' ({} {})",
                                 cause.called.empty() ? "here" : cause.called,
                                 cause.first.a, cause.first.b,
                                 cause.first.artifact, cause.first.where)});
  if (const auto &divergence = cause.divergence) {
    if (divergence->storeA)
      finding.flow.push_back(
          {rangeOf(*divergence->storeA),
           fmt::format("the first store that differs: '{}' in one run, '{}' in "
                       "the other",
                       divergence->a, divergence->b)});
    if (divergence->print)
      finding.flow.push_back(
          {rangeOf(*divergence->print), "the first output that differs"});
  }
  finding.cure = Remark{finding.at, std::string(info(cause.factor).cure)};
  return finding;
}

ResultKind kindOf(Triage state) {
  constexpr std::array kKinds = {ResultKind::Fail, ResultKind::Pass,
                                 ResultKind::Open, ResultKind::Open,
                                 ResultKind::NotApplicable};
  return kKinds[static_cast<std::size_t>(state)];
}

}  // namespace

Report toFindings(const RerunReport &report) {
  Report result;
  for (const FactorInfo &factor : kFactors)
    result.rules.push_back(&ruleOf(factor.factor).rule);
  std::ranges::sort(result.rules, {}, &RuleInfo::name);
  for (const Cause &cause : report.causes)
    result.findings.push_back(findingOf(cause));
  for (const TriagedFinding &triaged : report.findings) {
    Finding finding = triaged.finding;
    finding.kind = kindOf(triaged.state);
    finding.message +=
        fmt::format("; {}: {}", name(triaged.state), triaged.evidence);
    result.findings.push_back(std::move(finding));
  }
  std::ranges::sort(result.findings);
  for (const std::string &note : report.notes)
    result.notices.push_back({Level::Note, "rerun", "", 0, note});
  std::ranges::sort(result.notices);
  result.complete = report.verdict != Verdict::Inconclusive &&
                    report.verdict != Verdict::TargetFailed;
  result.exitCode = report.exitCode;
  return result;
}

}  // namespace reproaudit
