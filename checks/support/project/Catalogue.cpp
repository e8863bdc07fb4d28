// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Catalogue.h"

#include "reproaudit/analysis/Document.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <iterator>
#include <regex>
#include <utility>

namespace reproaudit::catalogue {
namespace {

using Keys = std::initializer_list<std::string_view>;

constexpr std::string_view kSchema = "reproaudit-catalogue/1";

std::string joined(const auto &words) {
  std::string text;
  for (const std::string_view word : words)
    text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// Reads one file; the first mistake is kept and the rest ignored.
class Reader {
public:
  explicit Reader(std::string_view name) : name_(name) {}

  std::expected<std::vector<Library>, std::string> read(std::string_view text);

private:
  void fail(unsigned line, const std::string &what) {
    if (error_.empty())
      error_ = std::string(name_) + ":" + std::to_string(line) + ": " + what;
  }
  /// True if \p node is a map with no keys but \p known.
  bool isMap(const Node &node, std::string_view what, Keys known);
  std::string text(const Node &node, std::string_view key, bool required);
  std::string pattern(const Node &node, std::string_view key);
  std::vector<std::string> texts(const Node &node);
  bool flag(const Node &node, std::string_view key);
  /// One of \p words; the first if the key is missing.
  std::size_t word(const Node &node, std::string_view key, Keys words);
  std::optional<VersionTest> version(const Node &node);

  Library library(const Node &node);
  Guard guard(const Node &node);
  Entry entry(const Node &node);
  std::vector<Use> uses(const Node &node, std::string_view key, bool required);
  void use(const Node &node, std::vector<Use> &uses);
  void environment(const Node &node, std::vector<Use> &uses);
  std::vector<ArgumentTest> arguments(const Node &node);
  ArgumentTest argument(const Node &node);
  ArgumentTest conditions(const Node &node);
  int position(const Node &node);
  void checkReferences(const Library &library, const Node &node);

  std::string_view name_;
  std::string error_;
};

bool Reader::isMap(const Node &node, std::string_view what, Keys known) {
  if (!node.isMap()) {
    fail(node.line, std::string(what) + " has to be a map of keys and values");
    return false;
  }
  for (const reproaudit::Entry &entry : node.entries)
    if (std::ranges::find(known, entry.key) == known.end())
      fail(entry.line, "unknown key '" + entry.key + "' in " +
                           std::string(what) + "; known are " + joined(known));
  return true;
}

std::string Reader::text(const Node &node, std::string_view key,
                         bool required = false) {
  const Node &value = node[key];
  if (value.isNull() && required)
    fail(node.line, "'" + std::string(key) + "' is missing");
  else if (!value.isNull() && (!value.isScalar() || value.text.empty()))
    fail(value.line, "'" + std::string(key) + "' has to be a text");
  return value.text;
}

std::string Reader::pattern(const Node &node, std::string_view key) {
  std::string value = text(node, key);
  try {
    static_cast<void>(std::regex(value));
  } catch (const std::regex_error &) {
    fail(node[key].line,
         "'" + std::string(key) + "' is no regular expression: " + value);
  }
  return value;
}

/// A text or a list of texts.
std::vector<std::string> Reader::texts(const Node &node) {
  if (node.isNull())
    return {};
  if (node.isScalar())
    return {node.text};
  std::vector<std::string> all;
  if (!node.isList())
    fail(node.line, "a text or a list of texts is expected here");
  for (const reproaudit::Entry &entry : node.entries) {
    if (!entry.value.isScalar())
      fail(entry.value.line, "a text is expected here");
    all.push_back(entry.value.text);
  }
  return all;
}

bool Reader::flag(const Node &node, std::string_view key) {
  return word(node, key, {"false", "true"}) == 1;
}

std::size_t Reader::word(const Node &node, std::string_view key, Keys words) {
  const std::string value = text(node, key);
  const auto *found = std::ranges::find(words, value);
  if (value.empty())
    return 0;
  if (found == words.end())
    fail(node[key].line, "'" + value + "' is no " + std::string(key) +
                             "; write one of " + joined(words));
  return static_cast<std::size_t>(found - words.begin());
}

std::optional<VersionTest> Reader::version(const Node &node) {
  const std::string condition = text(node, "version");
  if (condition.empty())
    return std::nullopt;
  static const std::regex kForm("(\\w+) (<|<=|>=|>|==|!=) (\\d+)");
  std::smatch parts;
  if (!std::regex_match(condition, parts, kForm)) {
    fail(node["version"].line,
         "a version condition reads `MACRO >= NUMBER`, not `" + condition +
             "`");
    return std::nullopt;
  }
  return VersionTest{parts[1], parts[2], number(parts[3].str()).value_or(0)};
}

std::expected<std::vector<Library>, std::string>
Reader::read(std::string_view text) {
  const Document document = parseYaml(text);
  if (!document.error.empty())
    fail(document.errorLine, document.error);
  std::vector<Library> libraries;
  if (isMap(document.root, "a catalogue", {"schema", "libraries"})) {
    if (this->text(document.root, "schema", true) != kSchema)
      fail(document.root["schema"].line,
           "this version reads `schema: " + std::string(kSchema) + "`");
    if (!document.root["libraries"].isList())
      fail(document.root.line, "'libraries' has to be a list");
    for (const reproaudit::Entry &entry : document.root["libraries"].entries)
      libraries.push_back(library(entry.value));
  }
  if (!error_.empty())
    return std::unexpected(error_);
  return libraries;
}

Library Reader::library(const Node &node) {
  Library library;
  if (!isMap(node, "a library",
             {"name", "headers", "flags", "package", "verified", "guards",
              "entries"}))
    return library;
  library.name = text(node, "name", true);
  library.headers = texts(node["headers"]);
  library.flags = texts(node["flags"]);
  library.package = text(node, "package");
  library.verified =
      static_cast<Verified>(word(node, "verified", {"headers", "names"}));
  for (const reproaudit::Entry &entry : node["guards"].entries)
    library.guards.push_back(guard(entry.value));
  if (!node["entries"].isList())
    fail(node.line, "'entries' has to be a list");
  for (const reproaudit::Entry &entry : node["entries"].entries)
    library.entries.push_back(this->entry(entry.value));
  checkReferences(library, node);
  return library;
}

void Reader::checkReferences(const Library &library, const Node &node) {
  std::vector<std::string> ids;
  for (const Entry &entry : library.entries) {
    if (std::ranges::find(ids, entry.id) != ids.end())
      fail(node["entries"].line, "two entries are called '" + entry.id + "'");
    ids.push_back(entry.id);
    for (const std::string &id : entry.guards)
      if (!library.guard(id))
        fail(node["entries"].line, "entry '" + entry.id +
                                       "' names the guard '" + id +
                                       "', which the library lacks");
  }
}

Guard Reader::guard(const Node &node) {
  Guard guard;
  if (!isMap(node, "a guard", {"id", "scope", "strength", "version", "when"}))
    return guard;
  guard.id = text(node, "id", true);
  const std::size_t scope = word(node, "scope",
                                 {"process", "environment", "handle",
                                  "descriptor", "session", "function", "call"});
  constexpr Guard::Scope kScopes[] = {
      Guard::Scope::Process, Guard::Scope::Process, Guard::Scope::Object,
      Guard::Scope::Object,  Guard::Scope::Object,  Guard::Scope::Function,
      Guard::Scope::Call};
  guard.scope = scope < std::size(kScopes) ? kScopes[scope] : kScopes[0];
  guard.partial = word(node, "strength", {"full", "partial"}) == 1;
  guard.version = version(node);
  guard.when = uses(node, "when", true);
  return guard;
}

Entry Reader::entry(const Node &node) {
  Entry entry;
  if (!isMap(node, "an entry",
             {"id", "rule", "when", "needs", "guards", "times", "level",
              "unknown", "version", "message", "cure", "source"}))
    return entry;
  entry.id = text(node, "id", true);
  entry.rule = text(node, "rule", true);
  if (!entry.rule.empty() &&
      std::ranges::find(kRules, entry.rule) == kRules.end())
    fail(node["rule"].line, "no rule of the catalogue is called '" +
                                entry.rule + "'; there are " + joined(kRules));
  entry.when = uses(node, "when", true);
  entry.needs = uses(node, "needs", false);
  entry.guards = texts(node["guards"]);
  entry.isNote = word(node, "level", {"warning", "note"}) == 1;
  if (const std::string times = text(node, "times"); !times.empty())
    entry.times = static_cast<int>(number(times).value_or(1));
  entry.reportsUnknown = word(node, "unknown", {"silent", "note"}) == 1;
  entry.version = version(node);
  entry.message = text(node, "message", true);
  entry.cure = text(node, "cure", true);
  text(node, "source");
  return entry;
}

std::vector<Use> Reader::uses(const Node &node, std::string_view key,
                              bool required) {
  std::vector<Use> uses;
  const Node &value = node[key];
  if (value.isNull() && required)
    fail(node.line, "'" + std::string(key) + "' is missing");
  else if (value.isList())
    for (const reproaudit::Entry &entry : value.entries)
      use(entry.value, uses);
  else if (!value.isNull())
    use(value, uses);
  return uses;
}

void Reader::use(const Node &node, std::vector<Use> &uses) {
  if (!isMap(node, "a use",
             {"call", "make", "store", "mention", "environment", "arguments",
              "unless", "value", "object"}))
    return;
  if (!node["environment"].isNull())
    return environment(node, uses);
  Use use;
  constexpr std::pair<std::string_view, Use::Kind> kKinds[] = {
      {"call", Use::Kind::Call},
      {"make", Use::Kind::Make},
      {"store", Use::Kind::Store},
      {"mention", Use::Kind::Mention}};
  for (const auto &[key, kind] : kKinds)
    if (!node[key].isNull()) {
      if (!use.names.empty())
        fail(node.line, "a use is either a call, make, store or mention");
      use.kind = kind;
      use.names = texts(node[key]);
    }
  if (use.names.empty())
    fail(node.line, "a use has one of the keys call, make, store, mention, "
                    "environment");
  use.arguments = arguments(node["arguments"]);
  use.unless = arguments(node["unless"]);
  if (!node["value"].isNull()) {
    use.arguments.push_back(conditions(node["value"]));
    use.arguments.back().at = 0;
  }
  if (!node["object"].isNull())
    use.object = position(node["object"]);
  uses.push_back(std::move(use));
}

/// A variable of the environment that the program sets itself.
void Reader::environment(const Node &node, std::vector<Use> &uses) {
  const std::string name = text(node, "environment", true);
  const std::string value =
      node["value"].isNull() ? "" : pattern(node["value"], "text");
  Use set;
  set.names = {"setenv", "_putenv_s", "SetEnvironmentVariableA"};
  set.arguments = {{.at = 0, .text = "^" + name + "$"},
                   {.at = 1, .text = "^(?:" + value + ")"}};
  Use put;
  put.names = {"putenv", "_putenv"};
  put.arguments = {{.at = 0, .text = "^" + name + "=(?:" + value + ")"}};
  uses.push_back(std::move(set));
  uses.push_back(std::move(put));
}

std::vector<ArgumentTest> Reader::arguments(const Node &node) {
  std::vector<ArgumentTest> tests;
  if (!node.isNull() && !node.isList())
    fail(node.line, "a list of conditions is expected here");
  tests.reserve(node.entries.size());
  for (const reproaudit::Entry &entry : node.entries)
    tests.push_back(argument(entry.value));
  return tests;
}

ArgumentTest Reader::argument(const Node &node) {
  ArgumentTest test = conditions(node);
  if (node["at"].isNull())
    fail(node.line,
         "'at' says which argument is meant, from 0, or any or this");
  else
    test.at = position(node["at"]);
  return test;
}

ArgumentTest Reader::conditions(const Node &node) {
  ArgumentTest test;
  if (!isMap(
          node, "a condition",
          {"at", "is", "not", "below", "text", "type", "floating", "mentions"}))
    return test;
  test.is = texts(node["is"]);
  test.isNot = texts(node["not"]);
  if (const std::string below = text(node, "below"); !below.empty()) {
    test.below = number(below);
    if (!test.below)
      fail(node["below"].line, "'below' has to be an integer");
  }
  test.text = pattern(node, "text");
  test.type = pattern(node, "type");
  test.floating = flag(node, "floating");
  test.mentions = texts(node["mentions"]);
  return test;
}

int Reader::position(const Node &node) {
  if (node.text == "any")
    return kAny;
  if (node.text == "this")
    return kThis;
  const auto index = number(node.text);
  if (!index || *index < 0 || *index > 64)
    fail(node.line, "'" + node.text +
                        "' is no argument; count from 0, or write "
                        "any or this");
  return static_cast<int>(index.value_or(0));
}

}  // namespace

const Guard *Library::guard(std::string_view id) const {
  const auto found = std::ranges::find(guards, id, &Guard::id);
  return found == guards.end() ? nullptr : &*found;
}

std::expected<std::vector<Library>, std::string> read(std::string_view text,
                                                      std::string_view name) {
  return Reader(name).read(text);
}

const std::vector<Library> &builtIn() {
  static const std::vector<Library> kLibraries = [] {
    std::vector<Library> all;
    // A test reads each of them, so none is left out here.
    for (const File &file : builtInFiles())
      if (auto libraries = read(file.text, file.name))
        std::ranges::move(*libraries, std::back_inserter(all));
    return all;
  }();
  return kLibraries;
}

}  // namespace reproaudit::catalogue
