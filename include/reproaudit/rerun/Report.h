// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What an audit of a program found out, as plain values.
///
/// Layer 3.
#pragma once

#include "reproaudit/report/Report.h"
#include "reproaudit/rerun/Difference.h"
#include "reproaudit/rerun/Run.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reproaudit {

struct SourcePlace {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  std::string function;

  auto operator<=>(const SourcePlace &) const = default;
};

enum class FactorState : std::uint8_t { Same, Differs, NotApplicable };

struct FactorResult {
  Factor factor{};
  FactorState state = FactorState::Same;
  std::string reason;      ///< One sentence, lower-case.
  unsigned differing = 0;  ///< Of the `runs` that perturbed it.
  unsigned runs = 0;
  bool alone = false;  ///< Tested by itself, not only together with others.
};

/// How well a cause is established.
enum class Proof : std::uint8_t {
  Factor,     ///< Changing the factor changed the output.
  Reached,    ///< ... and this is where the program depends on it.
  Intervened  ///< Changing it at this call site alone changed the output.
};

/// Where the run that has the intervention parts from the one that has not.
struct FirstDivergence {
  std::string level = "none";         ///< `none`, `print`, `block` or `store`.
  std::optional<SourcePlace> value;   ///< Traces the first different value,
  std::string valueName;              ///< which the program calls this, for
  std::uint64_t occurrence = 0;       ///< the how-manieth time.
  std::optional<SourcePlace> print;   ///< Writes the first different byte.
  std::optional<SourcePlace> block;   ///< Allocates what differs first.
  std::uint64_t index = 0;            ///< Of the four bytes in that block.
  std::optional<SourcePlace> storeA;  ///< Stores `a`, in the one run.
  std::optional<SourcePlace> storeB;  ///< Stores `b`, in the other.
  std::string a, b;
  std::string reason;  ///< Why not a finer level.
  unsigned runs = 0;
};

struct Cause {
  Factor factor{};
  std::optional<SourcePlace> site;
  std::vector<SourcePlace> stack;  ///< From `site` to main.
  std::string called;  ///< `random_device`, `clock_gettime:REALTIME`.
  Difference first;    ///< The first artifact that differed.
  Proof proof = Proof::Factor;
  std::string evidence;  ///< One sentence with numbers.
  std::optional<FirstDivergence> divergence;
};

/// A place that could have been a cause and was shown not to be one.
struct Cleared {
  Factor factor{};
  std::optional<SourcePlace> site;
  std::string called;
  unsigned runs = 0;
};

/// What the runs say about a finding of `scan`.
enum class Triage : std::uint8_t {
  Confirmed,   ///< A cause was shown at a place that it is about.
  NoEffect,    ///< Reached and changed, and the output stayed the same.
  NotReached,  ///< No run came by there.
  Unresolved,  ///< Whether one came by there, and matters, cannot be seen.
  NotTestable  ///< Nothing can change what it is about.
};

struct TriagedFinding {
  Finding finding;
  Triage state = Triage::NotTestable;
  std::optional<Factor> factor;
  std::string evidence;  ///< One sentence.
};

/// How often ordinary runs agreed.
struct Agreement {
  unsigned runs = 0;
  unsigned differing = 0;  ///< Of the runs after the first.
};

enum class Verdict : std::uint8_t {
  Same,  ///< No run differed.
  Differs,
  TargetFailed,  ///< The reference run did not end well.
  Inconclusive,
};

struct ArtifactResult {
  std::string name;
  RepeatLevel level = RepeatLevel::Portable;  ///< The lowest that was seen.
  std::vector<Factor> factors;                ///< That changed it.
  std::optional<Difference> worst;
};

struct RerunReport {
  Verdict verdict = Verdict::Same;
  std::vector<std::string> command;
  Agreement natural, pinned;
  unsigned runs = 0;  ///< Started in total.
  std::vector<FactorResult> factors;
  std::vector<Cause> causes;
  std::vector<Cleared> cleared;
  std::vector<ArtifactResult> artifacts;
  std::vector<TriagedFinding> findings;  ///< Those that were given.
  std::vector<std::string> notes;        ///< What could not be done, and why.
  std::vector<Intervention> replay;      ///< Runs that differ, smallest first.
  int exitCode = 0;
};

/// The upper bound, at 95 % confidence, of the probability that a run differs
/// after \p n did not.
double upperBound(unsigned n);

/// `confirmed`, `reached-no-effect`, `not-reached`, `unresolved` or
/// `not-testable`.
std::string_view name(Triage state);

/// `differs`, `same` or `not-applicable`.
std::string_view name(FactorState state);

/// The contract of `--output json`.
nlohmann::ordered_json toJson(const RerunReport &report);

/// For people.
std::string toText(const RerunReport &report);

/// The causes as findings, one rule per factor, for every other format.
Report toFindings(const RerunReport &report);

}  // namespace reproaudit
