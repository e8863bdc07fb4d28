// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Syntax trees of the languages for which there is a tree-sitter grammar.
#pragma once

#include <tree_sitter/api.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

enum class Grammar : unsigned char { Bash, Python, Starlark };

/// False if the program was built without the grammar.
bool hasGrammar(Grammar grammar);

class SyntaxNode;

class SyntaxTree {
public:
  /// Never fails: a tree of faulty text has error nodes. Without the grammar,
  /// after the time limit or for text that nests too deeply the tree is empty.
  SyntaxTree(Grammar grammar, std::string text);

  SyntaxNode root() const;
  bool isEmpty() const { return !tree_; }
  /// The first line that the grammar did not understand, or 0.
  unsigned errorLine() const;

private:
  friend class SyntaxNode;
  struct Delete {
    void operator()(TSTree *tree) const { ts_tree_delete(tree); }
  };
  std::string text_;
  bool gaveUp_ = false;
  std::unique_ptr<TSTree, Delete> tree_;
};

/// A node; null if there is none. Valid as long as its tree.
class SyntaxNode {
public:
  SyntaxNode(const SyntaxTree *tree, TSNode node) : tree_(tree), node_(node) {}

  explicit operator bool() const {
    return tree_ != nullptr && !ts_node_is_null(node_);
  }
  std::string_view type() const;
  bool is(std::string_view type) const { return this->type() == type; }
  std::string_view text() const;
  unsigned line() const { return ts_node_start_point(node_).row + 1; }
  unsigned endLine() const { return ts_node_end_point(node_).row + 1; }
  bool hasError() const { return ts_node_has_error(node_); }
  bool isNamed() const { return ts_node_is_named(node_); }

  SyntaxNode field(std::string_view name) const;
  /// The named children.
  std::vector<SyntaxNode> children() const;
  /// All children, keywords and punctuation too.
  std::vector<SyntaxNode> tokens() const;
  SyntaxNode child(std::string_view type) const;
  SyntaxNode parent() const { return {tree_, ts_node_parent(node_)}; }

private:
  const SyntaxTree *tree_;
  TSNode node_;
};

}  // namespace reproaudit
