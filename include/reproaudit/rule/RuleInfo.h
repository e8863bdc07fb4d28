// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a rule says about itself. This is the only place where a rule is
/// described: its page in docs/rules, `reproaudit explain`, the SARIF
/// descriptor, the clang-tidy options and the executed examples all come from
/// it.
///
/// Layer 0: standard library only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace reproaudit {

/// Folder and cause of a rule. `rng` to `mem` judge source code; `deps` to
/// `meta` judge the files of the repository around it.
enum class Family : std::uint8_t {
  Rng,
  Order,
  Parallel,
  Gpu,
  Fp,
  Env,
  Mem,
  Deps,
  Build,
  Data,
  Meta,  ///< About the comments that suppress findings.
};

/// How far a result fails to repeat.
enum class Scope : std::uint8_t {
  Run,       ///< Two runs on one machine.
  Threads,   ///< Another number of threads or devices.
  Platform,  ///< Another compiler, standard library or processor.
  Env,       ///< Another locale, directory, time zone or environment.
  Build,     ///< Another build of the same sources.
};

/// How sure a finding of the rule is, and therefore what it does by default.
enum class Tier : std::uint8_t {
  Gate = 1,      ///< On; findings are warnings and fail the run.
  Audit = 2,     ///< On; findings are notes.
  Pedantic = 3,  ///< Off until selected by name or by its scope.
};

enum class Language : std::uint8_t {
  Cxx,
  Cuda,
  Text,  ///< A project file; the examples are named by RuleInfo::exampleFile.
};

/// One knob. Every knob needs a reason to exist; prefer none.
struct OptionInfo {
  std::string_view name;      ///< `CamelCase`, as in `.clang-tidy`.
  std::string_view fallback;  ///< Value used when the user sets nothing.
  std::string_view summary;   ///< One line, no full stop.
};

struct RuleInfo {
  std::string_view name;  ///< Public id, `repro-kebab-case`; never reused.
  Family family;          ///< Equal to the folder of the rule.
  Scope scope;
  Tier tier = Tier::Gate;
  Language language = Language::Cxx;
  std::string_view summary;      ///< Names the pattern, not the cure. One line.
  std::string_view since;        ///< First release that ships the rule.
  std::string_view why;          ///< Markdown: how this breaks reproducibility.
  std::string_view bad;          ///< Must yield exactly one finding (tested).
  std::string_view good;         ///< Must yield none (tested).
  std::string_view limits;       ///< Markdown: what the rule cannot see.
  std::string_view exampleFile = {};  ///< Language::Text: the examples' name.
  std::string_view flags = {};  ///< Extra compiler flags of the examples.
  std::span<const OptionInfo> options = {};
};

/// Never defined: a rule that reaches it does not compile, and the compiler's
/// message shows the reason.
void malformedRule(const char *reason);

/// Rejects a malformed declaration at compile time.
consteval RuleInfo validated(RuleInfo info) {
  if (!info.name.starts_with("repro-"))
    malformedRule("a rule's name starts with 'repro-'");
  for (const char c : info.name)
    if (c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9'))
      malformedRule("a rule's name is kebab-case ASCII");
  if (info.summary.empty() || info.summary.ends_with('.'))
    malformedRule("a rule's summary is one line without a full stop");
  if (info.since.empty() || info.why.empty() || info.limits.empty())
    malformedRule("a rule says since when it exists, why it matters and what "
                  "it cannot see");
  if (info.bad.empty() || info.good.empty())
    malformedRule("a rule shows one bad and one good example");
  if ((info.language == Language::Text) != !info.exampleFile.empty())
    malformedRule("the examples of a project rule, and only those, name their "
                  "file");
  return info;
}

/// The word used for \p family on the command line and as folder.
constexpr std::string_view name(Family family) {
  constexpr std::string_view kNames[] = {"rng", "order", "parallel", "gpu",
                                         "fp",  "env",   "mem",      "deps",
                                         "build", "data", "meta"};
  return kNames[static_cast<int>(family)];
}

/// The word used for \p scope on the command line and in reports.
constexpr std::string_view name(Scope scope) {
  constexpr std::string_view kNames[] = {"run", "threads", "platform", "env",
                                         "build"};
  return kNames[static_cast<int>(scope)];
}

/// True for the families that read repository files instead of an AST.
constexpr bool isProjectFamily(Family family) { return family >= Family::Deps; }

}  // namespace reproaudit
