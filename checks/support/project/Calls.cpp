// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Calls.h"

#include "Text.h"

#include <utility>

namespace reproaudit {
namespace {

constexpr unsigned kMaxDepth = 150;
constexpr unsigned kMaxFolds = 12;
// The function of a chain of calls is all that comes before; nobody names one
// like that.
constexpr std::size_t kMaxName = 200;

std::string
withFields(std::string text,
           const std::vector<std::pair<std::string, std::string>> &fields) {
  for (const auto &[name, value] : fields) {
    const std::string field = "{" + name + "}";
    text = replaceAll(std::move(text), field, value);
  }
  return text;
}

}  // namespace

std::string literal(SyntaxNode node) {
  std::string_view text = node.text();
  while (!text.empty() && text.front() != '"' && text.front() != '\'')
    text.remove_prefix(1);
  const std::size_t quote =
      text.starts_with("\"\"\"") || text.starts_with("'''") ? 3 : 1;
  if (text.size() < 2 * quote)
    return {};
  return replaceAll(std::string(text.substr(quote, text.size() - 2 * quote)),
                    "\\\n", "");
}

CallReader::CallReader(const SyntaxTree &tree) : root_(tree.root()) {
  if (!tree.isEmpty())
    collect(root_, 0);
}

void CallReader::collect(SyntaxNode node, unsigned depth) {
  if (depth > kMaxDepth)
    return;
  if (node.is("assignment") && node.field("left").is("identifier") &&
      node.field("right"))
    constants_.try_emplace(std::string(node.field("left").text()),
                           node.field("right"));
  for (const SyntaxNode child : node.children())
    collect(child, depth + 1);
}

std::vector<Call> CallReader::calls() const {
  std::vector<Call> out;
  if (root_)
    collectCalls(root_, 0, out);
  return out;
}

void CallReader::collectCalls(SyntaxNode node, unsigned depth,
                              std::vector<Call> &out) const {
  if (depth > kMaxDepth)
    return;
  if (node.is("call")) {
    const std::string_view name = node.field("function").text();
    Call call{.name = std::string(name.substr(0, kMaxName)),
              .operands = {},
              .named = {},
              .node = node};
    for (const SyntaxNode argument : node.field("arguments").children()) {
      if (argument.is("keyword_argument"))
        call.named.emplace(argument.field("name").text(),
                           argument.field("value"));
      else if (!argument.is("comment"))
        call.operands.push_back(argument);
    }
    out.push_back(std::move(call));
  }
  for (const SyntaxNode child : node.children())
    collectCalls(child, depth + 1, out);
}

SyntaxNode CallReader::constant(std::string_view name) const {
  const auto found = constants_.find(name);
  return found == constants_.end() ? SyntaxNode(nullptr, {}) : found->second;
}

std::optional<std::string> CallReader::value(const Call &call,
                                             std::string_view name) const {
  const auto found = call.named.find(name);
  return found == call.named.end() ? std::nullopt : value(found->second);
}

std::optional<std::string> CallReader::value(SyntaxNode node,
                                             unsigned depth) const {
  if (!node || depth > kMaxFolds)
    return std::nullopt;
  const std::string_view type = node.type();
  if (type == "string")
    return interpolated(node, depth);
  if (type == "concatenated_string" || type == "parenthesized_expression") {
    std::string out;
    for (const SyntaxNode part : node.children())
      if (!part.is("comment"))
        out += value(part, depth + 1).value_or("");
    return out;
  }
  if (type == "identifier")
    return value(constant(node.text()), depth + 1);
  if (type == "binary_operator")
    return operated(node, depth);
  return type == "call" ? formatted(node, depth) : std::nullopt;
}

std::string CallReader::valueOrName(SyntaxNode node, unsigned depth) const {
  return value(node, depth).value_or("${" + std::string(node.text()) + "}");
}

std::string CallReader::interpolated(SyntaxNode node, unsigned depth) const {
  std::string text = literal(node);
  for (const SyntaxNode part : node.children()) {
    if (!part.is("interpolation"))
      continue;
    if (const auto known = value(part.field("expression"), depth + 1))
      text = replaceAll(std::move(text), part.text(), *known);
  }
  return text;
}

std::optional<std::string> CallReader::operated(SyntaxNode node,
                                                unsigned depth) const {
  std::optional<std::string> out = value(node.field("left"), depth + 1);
  const std::string_view sign = node.field("operator").text();
  const SyntaxNode right = node.field("right");
  if (!out || (sign != "+" && sign != "%"))
    return std::nullopt;
  if (sign == "+")
    return *out + valueOrName(right, depth + 1);
  const std::vector<SyntaxNode> parts =
      right.is("tuple") || right.is("parenthesized_expression")
          ? right.children()
          : std::vector{right};
  for (const SyntaxNode part : parts) {
    const std::size_t at = out->find("%s");
    if (at != std::string::npos)
      out->replace(at, 2, valueOrName(part, depth + 1));
  }
  return out;
}

std::optional<std::string> CallReader::formatted(SyntaxNode node,
                                                 unsigned depth) const {
  const SyntaxNode function = node.field("function");
  if (!function.is("attribute") ||
      function.field("attribute").text() != "format")
    return std::nullopt;
  std::optional<std::string> text = value(function.field("object"), depth + 1);
  if (!text)
    return std::nullopt;
  std::vector<std::pair<std::string, std::string>> fields;
  unsigned position = 0;
  for (const SyntaxNode argument : node.field("arguments").children()) {
    const bool isNamed = argument.is("keyword_argument");
    const auto known =
        value(isNamed ? argument.field("value") : argument, depth + 1);
    const std::string name = isNamed
                                 ? std::string(argument.field("name").text())
                                 : std::to_string(position++);
    if (known)
      fields.emplace_back(name, *known);
    const std::size_t at = isNamed ? std::string::npos : text->find("{}");
    if (known && at != std::string::npos)
      text->replace(at, 2, *known);
  }
  return withFields(std::move(*text), fields);
}

std::vector<std::string> CallReader::values(SyntaxNode node,
                                            unsigned depth) const {
  std::vector<std::string> out;
  if (!node || depth > kMaxFolds)
    return out;
  if (node.is("identifier"))
    return values(constant(node.text()), depth + 1);
  if (node.is("list") || node.is("tuple") || node.is("set")) {
    for (const SyntaxNode item : node.children())
      for (std::string &text : values(item, depth + 1))
        out.push_back(std::move(text));
    return out;
  }
  if (node.is("binary_operator")) {
    for (const char *side : {"left", "right"})
      for (std::string &text : values(node.field(side), depth + 1))
        out.push_back(std::move(text));
    if (!out.empty() && node.field("left").is("list"))
      return out;
    out.clear();
  }
  if (auto text = value(node, depth))
    out.push_back(std::move(*text));
  return out;
}

}  // namespace reproaudit
