// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The calls of a Python or Starlark file, with constants folded.
#pragma once

#include "Syntax.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

struct Call {
  std::string name;  ///< As written: `torch.hub.load`.
  std::vector<SyntaxNode> operands;
  std::map<std::string, SyntaxNode, std::less<>> named;
  SyntaxNode node;

  unsigned line() const { return node.line(); }
  unsigned endLine() const { return node.endLine(); }
};

class CallReader {
public:
  explicit CallReader(const SyntaxTree &tree);

  /// Every call of the file, in order.
  std::vector<Call> calls() const;

  /// The string that \p node evaluates to: literals, constants, `+`, `%`,
  /// `.format()`, f-strings. What is unknown stays as `{name}` or fails.
  std::optional<std::string> value(SyntaxNode node, unsigned depth = 0) const;
  std::optional<std::string> value(const Call &call,
                                   std::string_view name) const;

  /// The strings of a list, a tuple or one string.
  std::vector<std::string> values(SyntaxNode node, unsigned depth = 0) const;

  /// The node that a name is assigned once, null if unknown.
  SyntaxNode constant(std::string_view name) const;

private:
  /// The value of \p node, or `${node as written}`.
  std::string valueOrName(SyntaxNode node, unsigned depth) const;
  /// A string literal with its `{name}` replaced.
  std::string interpolated(SyntaxNode node, unsigned depth) const;
  /// What `+` or `%` makes of its operands.
  std::optional<std::string> operated(SyntaxNode node, unsigned depth) const;
  /// The value of a call of `.format()`.
  std::optional<std::string> formatted(SyntaxNode node, unsigned depth) const;
  void collect(SyntaxNode node, unsigned depth);
  void collectCalls(SyntaxNode node, unsigned depth,
                    std::vector<Call> &out) const;

  SyntaxNode root_;
  std::map<std::string, SyntaxNode, std::less<>> constants_;
};

class Reading;

/// A Python call that splits data without a seed; \p text is the whole file.
void readSplit(Reading &reading, const Call &call, std::string_view text);

/// The text of a string literal without quotes, prefixes and escapes.
std::string literal(SyntaxNode node);

}  // namespace reproaudit
