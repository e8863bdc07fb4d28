// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Syntax.h"

#include <time.h>

#include <algorithm>
#include <utility>

#ifdef REPROAUDIT_HAS_GRAMMARS
extern "C" {
const TSLanguage *tree_sitter_bash();
const TSLanguage *tree_sitter_python();
const TSLanguage *tree_sitter_starlark();
}
#endif

namespace reproaudit {
namespace {

/// Error recovery on binary rubbish can take very long. What counts is the
/// processor's time: a busy machine must not change what is found.
constexpr double kMaxSeconds = 2;
constexpr std::uint64_t kMicrosecondsPerTurn = 100000;

double processorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

/// tree-sitter 0.20 frees a node twice when 100,000 brackets are open.
constexpr std::ptrdiff_t kMaxOpen = 10000;

bool isTooDeep(std::string_view text) {
  std::ptrdiff_t open = 0;
  for (const char c : text) {
    open += c == '(' || c == '[' || c == '{' ? 1 : 0;
    open -= (c == ')' || c == ']' || c == '}') && open > 0 ? 1 : 0;
    if (open > kMaxOpen)
      return true;
  }
  return false;
}

const TSLanguage *language([[maybe_unused]] Grammar grammar) {
#ifdef REPROAUDIT_HAS_GRAMMARS
  switch (grammar) {
  case Grammar::Bash:
    return tree_sitter_bash();
  case Grammar::Python:
    return tree_sitter_python();
  case Grammar::Starlark:
    return tree_sitter_starlark();
  }
#endif
  return nullptr;
}

SyntaxNode firstError(SyntaxNode node) {
  while (!node.is("ERROR")) {
    const std::vector<SyntaxNode> parts = node.tokens();
    const auto faulty = std::ranges::find_if(
        parts, [](const SyntaxNode &part) { return part.hasError(); });
    if (faulty == parts.end())
      break;
    node = *faulty;
  }
  return node;
}

}  // namespace

bool hasGrammar(Grammar grammar) { return language(grammar) != nullptr; }

SyntaxTree::SyntaxTree(Grammar grammar, std::string text)
    : text_(std::move(text)) {
  if (!hasGrammar(grammar))
    return;
  gaveUp_ = true;
  if (isTooDeep(text_))
    return;
  const std::unique_ptr<TSParser, decltype(&ts_parser_delete)> parser(
      ts_parser_new(), &ts_parser_delete);
  if (!ts_parser_set_language(parser.get(), language(grammar)))
    return;
  // A parser that ran out of its turn goes on where it stopped.
  ts_parser_set_timeout_micros(parser.get(), kMicrosecondsPerTurn);
  const double start = processorSeconds();
  do
    tree_.reset(
        ts_parser_parse_string(parser.get(), nullptr, text_.data(),
                               static_cast<std::uint32_t>(text_.size())));
  while (!tree_ && processorSeconds() - start < kMaxSeconds);
  gaveUp_ = !tree_;
}

SyntaxNode SyntaxTree::root() const {
  return {this, tree_ ? ts_tree_root_node(tree_.get()) : TSNode{}};
}

unsigned SyntaxTree::errorLine() const {
  if (!tree_)
    return gaveUp_ ? 1 : 0;
  if (!root().hasError())
    return 0;
  return firstError(root()).line();
}

std::string_view SyntaxNode::type() const {
  return *this ? ts_node_type(node_) : "";
}

std::string_view SyntaxNode::text() const {
  if (!*this)
    return {};
  const std::uint32_t begin = ts_node_start_byte(node_);
  return std::string_view(tree_->text_)
      .substr(begin, ts_node_end_byte(node_) - begin);
}

SyntaxNode SyntaxNode::field(std::string_view name) const {
  return {tree_,
          ts_node_child_by_field_name(node_, name.data(),
                                      static_cast<std::uint32_t>(name.size()))};
}

std::vector<SyntaxNode> SyntaxNode::tokens() const {
  std::vector<SyntaxNode> out;
  if (!*this)
    return out;
  TSTreeCursor cursor = ts_tree_cursor_new(node_);
  for (bool more = ts_tree_cursor_goto_first_child(&cursor); more;
       more = ts_tree_cursor_goto_next_sibling(&cursor))
    out.emplace_back(tree_, ts_tree_cursor_current_node(&cursor));
  ts_tree_cursor_delete(&cursor);
  return out;
}

std::vector<SyntaxNode> SyntaxNode::children() const {
  std::vector<SyntaxNode> out;
  for (const SyntaxNode token : tokens())
    if (token.isNamed())
      out.push_back(token);
  return out;
}

SyntaxNode SyntaxNode::child(std::string_view type) const {
  for (const SyntaxNode token : tokens())
    if (token.is(type))
      return token;
  return {nullptr, TSNode{}};
}

}  // namespace reproaudit
