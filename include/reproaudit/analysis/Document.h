// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// A YAML, JSON or TOML file as one kind of tree, with positions.
///
/// Layer 2, without clang.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

struct Entry;

struct Node {
  enum class Kind : unsigned char { Null, Scalar, List, Map };

  Kind kind = Kind::Null;
  unsigned line = 0;
  /// The scalar. Of a YAML block scalar: line by line as in the file, so that
  /// line n of the text is line `line + n` of the file.
  std::string text;
  bool isBlock = false;
  std::vector<Entry> entries;  ///< Of a map in file order, or of a list.

  /// The value of \p key, or a null node.
  const Node &operator[](std::string_view key) const;

  bool isNull() const { return kind == Kind::Null; }
  bool isScalar() const { return kind == Kind::Scalar; }
  bool isMap() const { return kind == Kind::Map; }
  bool isList() const { return kind == Kind::List; }
};

struct Entry {
  std::string key;    ///< "" in a list.
  unsigned line = 0;  ///< Of the key.
  Node value;
};

struct Document {
  Node root;
  std::string error;  ///< Why it was not understood, or only in part; or "".
  unsigned errorLine = 0;
};

/// Aliases are expanded and merge keys applied. A tree that grows out of all
/// proportion is cut off with an error. Of several documents, all entries.
Document parseYaml(std::string_view text);

/// JSON, with comments and trailing commas let pass.
Document parseJson(std::string_view text);

Document parseToml(std::string_view text);

}  // namespace reproaudit
