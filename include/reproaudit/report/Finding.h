// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What an analysis found, as plain values: workers send them, `scan` merges
/// them, writers print them. Nothing here knows clang or the file system.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reproaudit {

/// A range in a file of the repository. Lines and columns start at 1, columns
/// count Unicode code points, the end is exclusive. Line 0: the whole file.
struct Range {
  std::string path;  ///< Relative to the repository root, '/' as separator.
  unsigned line = 0;
  unsigned column = 0;
  unsigned endLine = 0;
  unsigned endColumn = 0;

  auto operator<=>(const Range &) const = default;
};

/// One sentence about one place, lower-case and without a full stop.
struct Remark {
  Range at;
  std::string text;

  auto operator<=>(const Remark &) const = default;
};

struct Edit {
  Range at;
  std::string text;  ///< Replaces the range; empty deletes it.

  auto operator<=>(const Edit &) const = default;
};

/// A change of the source that removes the finding.
struct Fix {
  std::string title;
  bool safe = false;  ///< Keeps the meaning; `--fix` applies only these.
  std::vector<Edit> edits;

  auto operator<=>(const Fix &) const = default;
};

enum class Level : std::uint8_t { Note, Warning, Error };

/// What is known about a finding; SARIF has the same words.
enum class ResultKind : std::uint8_t {
  Fail,           ///< It is wrong.
  Pass,           ///< It was tried, and is not.
  Open,           ///< It could not be decided.
  NotApplicable,  ///< Nothing can be tried.
};

/// A `// NOLINT(rule): reason` that covers a finding.
struct Suppression {
  std::string reason;  ///< Empty when the comment gives none.

  auto operator<=>(const Suppression &) const = default;
};

struct Finding {
  Range at;
  std::string rule;  ///< RuleInfo::name.
  Level level = Level::Warning;
  std::string message;         ///< What is wrong, lower-case, no full stop.
  std::vector<Remark> flow;    ///< How it comes about, source first, sink last.
  std::optional<Remark> cure;  ///< What to do.
  std::vector<Fix> fixes;
  std::string function;   ///< Qualified name of the enclosing function, or "".
  std::string statement;  ///< Its tokens joined by one space; identity, with
                          ///< `rule` and `function`, across edits of the file.
  std::optional<Suppression> suppression;
  ResultKind kind = ResultKind::Fail;

  /// Place first: the order in which findings are shown.
  auto operator<=>(const Finding &) const = default;
};

/// Something that kept a part of the analysis from being done.
struct Notice {
  Level level = Level::Error;
  std::string id;    ///< `parse-error`, `crash`, `timeout`, ...
  std::string path;  ///< The unit or file concerned, or "".
  unsigned line = 0;
  std::string text;  ///< One sentence: what happened and what to do.

  auto operator<=>(const Notice &) const = default;
};

/// The word for \p level: `note`, `warning` or `error`.
std::string_view name(Level level);

/// The word for \p kind: `fail`, `pass`, `open` or `notApplicable`.
std::string_view name(ResultKind kind);

/// JSON used between processes and in `--output json`; keys are the members'
/// names. `from_json` throws nlohmann::json::exception on foreign input.
void to_json(nlohmann::ordered_json &json, const Finding &finding);
void from_json(const nlohmann::ordered_json &json, Finding &finding);
void to_json(nlohmann::ordered_json &json, const Notice &notice);
void from_json(const nlohmann::ordered_json &json, Notice &notice);

}  // namespace reproaudit
