// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Document.h"

#include "Text.h"

#include <nlohmann/json.hpp>
#include <toml++/toml.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <utility>

namespace reproaudit {
namespace {

/// Bounds what an alias that holds aliases can grow to.
constexpr unsigned kMaxNodes = 200000;
constexpr unsigned kMaxDepth = 200;

/// From yaml-cpp's graph, in which aliases share nodes, to our tree.
class YamlTree {
public:
  explicit YamlTree(std::string_view text) : lines_(lines(text)) {}

  Node convert(const YAML::Node &from, unsigned depth) {
    Node to;
    if (depth > kMaxDepth || ++count_ > kMaxNodes) {
      isCut_ = true;
      return to;
    }
    to.line =
        from.Mark().line < 0 ? 0 : static_cast<unsigned>(from.Mark().line) + 1;
    if (from.IsScalar())
      scalar(from, to);
    else if (from.IsSequence())
      sequence(from, to, depth);
    else if (from.IsMap())
      map(from, to, depth);
    return to;
  }

  bool isCut() const { return isCut_; }

private:
  void scalar(const YAML::Node &from, Node &to) {
    to.kind = Node::Kind::Scalar;
    to.text = from.Scalar();
    const std::string_view line =
        to.line >= 1 && to.line <= lines_.size() ? lines_[to.line - 1] : "";
    const auto column =
        static_cast<std::size_t>(std::max(0, from.Mark().column));
    const char mark = column < line.size() ? line[column] : ' ';
    if (mark == '|' || mark == '>')
      block(to, mark == '>');
  }

  /// Takes a block scalar from the file again, because folding loses lines.
  void block(Node &to, bool isFolded) {
    std::string text;
    std::size_t indent = std::string::npos;
    for (std::size_t i = to.line; i < lines_.size(); ++i) {
      const std::string_view line = lines_[i];
      const std::size_t begin = line.find_first_not_of(' ');
      if (begin == std::string_view::npos) {
        text += '\n';
        continue;
      }
      if (indent == std::string::npos)
        indent = begin;
      if (begin < indent || indent == 0)
        break;
      text += line.substr(indent);
      text += isFolded ? " \\\n" : "\n";
    }
    if (indent == std::string::npos)
      return;
    to.isBlock = true;
    to.text = std::move(text);
  }

  void sequence(const YAML::Node &from, Node &to, unsigned depth) {
    to.kind = Node::Kind::List;
    for (const auto &item : from) {
      if (isCut_)
        return;
      Node value = convert(item, depth + 1);
      const unsigned line = value.line;
      to.entries.push_back({"", line, std::move(value)});
    }
  }

  void map(const YAML::Node &from, Node &to, unsigned depth) {
    to.kind = Node::Kind::Map;
    std::vector<Entry> merged;
    for (const auto &pair : from) {
      if (isCut_)
        return;
      Node value = convert(pair.second, depth + 1);
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
      const auto line =
          static_cast<unsigned>(std::max(0, pair.first.Mark().line)) + 1;
      if (key == "<<")
        merge(std::move(value), merged);
      else
        to.entries.push_back({key, line, std::move(value)});
    }
    for (Entry &entry : merged)
      if (to[entry.key].isNull())
        to.entries.push_back(std::move(entry));
  }

  static void merge(Node value, std::vector<Entry> &out) {
    if (value.isList()) {
      for (Entry &item : value.entries)
        merge(std::move(item.value), out);
      return;
    }
    for (Entry &entry : value.entries)
      out.push_back(std::move(entry));
  }

  std::vector<std::string_view> lines_;
  unsigned count_ = 0;
  bool isCut_ = false;
};

/// The end of the comment that begins at \p at, or \p at if none does.
std::size_t commentEnd(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("//"))
    return std::min(text.find('\n', at), text.size());
  if (!rest.starts_with("/*"))
    return at;
  const std::size_t end = text.find("*/", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

/// The quote that ends the string which begins at \p at.
std::size_t closingQuote(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    at += text[at] == '\\' ? 1 : 0;
  return at;
}

/// \p text with comments and trailing commas as blanks; lines stay.
std::string plainJson(std::string_view text) {
  std::string out(text);
  std::size_t comma = std::string::npos;  // the last that may be too many
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (const std::size_t end = commentEnd(text, i); end > i) {
      for (; i < end; ++i)
        out[i] = out[i] == '\n' ? '\n' : ' ';
      --i;
      continue;
    }
    const char c = out[i];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
      continue;
    if ((c == '}' || c == ']') && comma != std::string::npos)
      out[comma] = ' ';
    comma = c == ',' ? i : std::string::npos;
    if (c == '"')
      i = closingQuote(out, i);
  }
  return out;
}

/// An iterator over text that counts lines for whoever reads through it.
struct LineCounter {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  const char *at;
  unsigned *line;

  reference operator*() const { return *at; }
  LineCounter &operator++() {
    *line += *at == '\n' ? 1 : 0;
    ++at;
    return *this;
  }
  LineCounter operator++(int) {
    const LineCounter old = *this;
    ++*this;
    return old;
  }
  bool operator==(const LineCounter &other) const { return at == other.at; }
  bool operator!=(const LineCounter &other) const { return at != other.at; }
};

/// Builds the tree while nlohmann's parser reads.
class JsonTree : public nlohmann::json_sax<nlohmann::json> {
public:
  JsonTree(Node &root, const unsigned &line) : line_(line) {
    open_.push_back(&root);
  }

  bool null() override { return put(Node::Kind::Null, "") != nullptr; }
  bool boolean(bool value) override {
    return put(Node::Kind::Scalar, value ? "true" : "false") != nullptr;
  }
  bool number_integer(number_integer_t value) override {
    return put(Node::Kind::Scalar, std::to_string(value)) != nullptr;
  }
  bool number_unsigned(number_unsigned_t value) override {
    return put(Node::Kind::Scalar, std::to_string(value)) != nullptr;
  }
  bool number_float(number_float_t, const string_t &text) override {
    return put(Node::Kind::Scalar, text) != nullptr;
  }
  bool string(string_t &text) override {
    return put(Node::Kind::Scalar, text) != nullptr;
  }
  bool binary(binary_t &) override { return false; }
  bool start_object(std::size_t) override { return start(Node::Kind::Map); }
  bool start_array(std::size_t) override { return start(Node::Kind::List); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t &text) override {
    key_ = text;
    keyLine_ = line_;
    return true;
  }
  bool parse_error(std::size_t, const std::string &,
                   const nlohmann::detail::exception &) override {
    return false;
  }

  bool isTooDeep() const { return open_.size() > kMaxDepth; }

private:
  Node *put(Node::Kind kind, std::string text) {
    Node *parent = open_.back();
    Node value{.kind = kind, .line = line_, .text = std::move(text)};
    if (isRoot_) {
      isRoot_ = false;
      *parent = std::move(value);
      return parent;
    }
    const bool isMap = parent->isMap();
    parent->entries.push_back(
        {isMap ? key_ : "", isMap ? keyLine_ : line_, std::move(value)});
    return &parent->entries.back().value;
  }
  bool start(Node::Kind kind) {
    open_.push_back(put(kind, ""));
    return !isTooDeep();
  }
  bool end() {
    open_.pop_back();
    return true;
  }

  const unsigned &line_;
  std::vector<Node *> open_;
  std::string key_;
  unsigned keyLine_ = 0;
  bool isRoot_ = true;
};

Node fromToml(const toml::node &from) {
  Node to;
  to.line = from.source().begin.line;
  if (const toml::table *table = from.as_table()) {
    to.kind = Node::Kind::Map;
    for (const auto &[key, value] : *table)
      to.entries.push_back(
          {std::string(key.str()), key.source().begin.line, fromToml(value)});
    // toml++ sorts keys; people read files from top to bottom.
    std::ranges::sort(to.entries, {}, [](const Entry &entry) {
      return std::tie(entry.line, entry.key);
    });
  } else if (const toml::array *array = from.as_array()) {
    to.kind = Node::Kind::List;
    for (const toml::node &value : *array)
      to.entries.push_back({"", value.source().begin.line, fromToml(value)});
  } else {
    to.kind = Node::Kind::Scalar;
    if (const auto *text = from.as_string())
      to.text = text->get();
    else if (const auto *flag = from.as_boolean())
      to.text = flag->get() ? "true" : "false";
    else if (const auto *number = from.as_integer())
      to.text = std::to_string(number->get());
  }
  return to;
}

std::string_view withoutMark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf"))
    text.remove_prefix(3);
  return text;
}

}  // namespace

const Node &Node::operator[](std::string_view key) const {
  static const Node kNull;
  if (kind != Kind::Map)
    return kNull;
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? kNull : found->value;
}

Document parseYaml(std::string_view text) {
  Document out;
  text = withoutMark(text);
  try {
    YamlTree tree(text);
    std::vector<YAML::Node> all = YAML::LoadAll(std::string(text));
    if (all.size() == 1) {
      out.root = tree.convert(all.front(), 0);
    } else {
      out.root.kind = Node::Kind::Map;
      for (const YAML::Node &one : all)
        for (Entry &entry : tree.convert(one, 0).entries)
          out.root.entries.push_back(std::move(entry));
    }
    if (tree.isCut())
      out.error = "it is nested too deeply or its aliases expand to too much";
  } catch (const YAML::Exception &error) {
    out.error = "it is not valid YAML: " + error.msg;
    out.errorLine =
        error.mark.line < 0 ? 0 : static_cast<unsigned>(error.mark.line) + 1;
  }
  return out;
}

Document parseJson(std::string_view text) {
  Document out;
  const std::string plain = plainJson(withoutMark(text));
  unsigned line = 1;
  JsonTree tree(out.root, line);
  const LineCounter begin{plain.data(), &line};
  const LineCounter end{plain.data() + plain.size(), &line};
  if (!nlohmann::json::sax_parse(begin, end, &tree)) {
    out.error =
        tree.isTooDeep() ? "it is nested too deeply" : "it is not valid JSON";
    out.errorLine = line;
  }
  return out;
}

Document parseToml(std::string_view text) {
  Document out;
  try {
    out.root = fromToml(toml::parse(withoutMark(text)));
  } catch (const toml::parse_error &error) {
    out.error = "it is not valid TOML: " + std::string(error.description());
    out.errorLine = error.source().begin.line;
  }
  return out;
}

}  // namespace reproaudit
