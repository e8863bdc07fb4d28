// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CMake.h"

#include "Text.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

namespace reproaudit::cmake {
namespace {

constexpr unsigned kMaxDepth = 24;        // of calls, includes and folders
constexpr unsigned kMaxSteps = 200000;    // of the whole project
constexpr std::size_t kMaxLoop = 64;      // values of a foreach
constexpr std::size_t kMaxValue = 65536;  // bytes of a variable

class Lexer {
public:
  explicit Lexer(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf"))
      at_ = 3;
  }

  Source parse() {
    Source out;
    while (true) {
      skipBlank();
      if (atEnd())
        return out;
      Invocation one;
      if (!invocation(one)) {
        if (out.errorLine == 0)
          out.errorLine = line_;
        skipLine();
        continue;
      }
      out.invocations.push_back(std::move(one));
    }
  }

private:
  bool atEnd() const { return at_ >= text_.size(); }
  char now() const { return atEnd() ? '\0' : text_[at_]; }
  void advance() {
    line_ += text_[at_] == '\n' ? 1 : 0;
    ++at_;
  }

  void skipLine() {
    while (!atEnd() && now() != '\n')
      advance();
  }

  /// The length of `[==[` at the cursor without the brackets, or npos.
  std::size_t bracketLevel() const {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] == '=')
      ++end;
    return now() == '[' && end < text_.size() && text_[end] == '['
               ? end - at_ - 1
               : std::string_view::npos;
  }

  std::string bracket() {
    const std::size_t level = bracketLevel();
    const std::string close = "]" + std::string(level, '=') + "]";
    const std::size_t begin = at_ + level + 2;
    const std::size_t end = std::min(text_.find(close, begin), text_.size());
    std::string out(text_.substr(std::min(begin, text_.size()),
                                 end - std::min(begin, end)));
    while (at_ < std::min(end + close.size(), text_.size()))
      advance();
    if (out.starts_with('\n'))
      out.erase(0, 1);
    return out;
  }

  void skipBlank() {
    while (!atEnd()) {
      if (std::isspace(static_cast<unsigned char>(now())) != 0) {
        advance();
      } else if (now() == '#') {
        ++at_;
        if (!atEnd() && bracketLevel() != std::string_view::npos)
          bracket();
        else
          skipLine();
      } else {
        return;
      }
    }
  }

  bool invocation(Invocation &out) {
    out.line = line_;
    while (!atEnd() && (std::isalnum(static_cast<unsigned char>(now())) != 0 ||
                        now() == '_')) {
      out.name += now();
      advance();
    }
    out.name = lower(out.name);
    while (now() == ' ' || now() == '\t')
      advance();
    if (out.name.empty() || now() != '(')
      return false;
    advance();
    for (unsigned open = 1; open > 0;) {
      skipBlank();
      if (atEnd())
        return false;
      if (now() == '(' || now() == ')') {
        open += now() == '(' ? 1 : -1;
        if (open > 0)
          out.arguments.push_back({std::string(1, now()), false, line_});
        advance();
      } else {
        out.arguments.push_back(argument());
      }
    }
    out.endLine = line_;
    return true;
  }

  Argument argument() {
    Argument out{.text = {}, .isQuoted = false, .line = line_};
    if (bracketLevel() != std::string_view::npos) {
      out.isQuoted = true;
      out.text = bracket();
    } else if (now() == '"') {
      out.isQuoted = true;
      advance();
      while (!atEnd() && now() != '"')
        escapedCharacter(out.text);
      if (!atEnd())
        advance();
    } else {
      unquoted(out.text);
    }
    return out;
  }

  void escapedCharacter(std::string &out) {
    if (now() == '\\' && at_ + 1 < text_.size()) {
      advance();
      if (now() == '\n') {
        advance();
        return;
      }
      if (now() == ';' || now() == '$')
        out += '\\';
    }
    if (atEnd())
      return;
    out += now();
    advance();
  }

  void unquoted(std::string &out) {
    constexpr std::string_view kEnd = " \t\r\n()#";
    while (!atEnd() && kEnd.find(now()) == std::string_view::npos) {
      if (now() == '"') {  // the legacy form -Da="b c"
        out += now();
        advance();
        while (!atEnd() && now() != '"')
          escapedCharacter(out);
        if (atEnd())
          return;
        out += now();
        advance();
      } else {
        escapedCharacter(out);
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
};

bool isOff(std::string_view text) {
  const std::string word = lower(text);
  return word == "off" || word == "false" || word == "0" || word == "no" ||
         word == "n" || word.empty();
}

std::string joinedList(const std::vector<Argument> &arguments, std::size_t from,
                       std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to; ++i)
    out += (i > from ? ";" : "") + arguments[i].text;
  return out;
}

std::string joinedList(const std::vector<Argument> &arguments,
                       std::size_t from) {
  return joinedList(arguments, from, arguments.size());
}

/// The index of the command that ends the block which \p begin opens.
std::size_t blockEnd(const std::vector<Invocation> &code, std::size_t begin) {
  const std::string &open = code[begin].name;
  unsigned depth = 0;
  for (std::size_t i = begin; i < code.size(); ++i) {
    if (code[i].name == open)
      ++depth;
    else if (code[i].name == "end" + open && --depth == 0)
      return i;
  }
  return code.size();
}

}  // namespace

Source parse(std::string_view text) { return Lexer(text).parse(); }

const Source &Machine::source(const std::string &path) {
  const auto [entry, isNew] = sources_.try_emplace(path);
  if (isNew) {
    entry->second = parse(project_.text(path));
    if (entry->second.errorLine != 0)
      errors_.emplace(path, entry->second.errorLine);
  }
  return entry->second;
}

void Machine::run(const std::vector<std::string> &paths) {
  for (const std::string &path : paths) {
    if (reached_.contains(path))
      continue;
    variables_.clear();
    functions_.clear();
    const std::string folder(folderOf(path));
    set("CMAKE_SOURCE_DIR", "/" + folder);
    set("PROJECT_SOURCE_DIR", "/" + folder);
    runFile(path, folder);
  }
}

void Machine::runFile(const std::string &path, const std::string &folder) {
  if (depth_ >= kMaxDepth)
    return;
  reached_.insert(path);
  const std::string outer = std::exchange(path_, path);
  set("CMAKE_CURRENT_LIST_DIR", "/" + std::string(folderOf(path)));
  set("CMAKE_CURRENT_LIST_FILE", "/" + path);
  if (baseName(path) == "CMakeLists.txt")
    set("CMAKE_CURRENT_SOURCE_DIR", "/" + folder);
  ++depth_;
  const Source &code = source(path);
  runRange(code.invocations, 0, code.invocations.size());
  --depth_;
  path_ = outer;
  if (!outer.empty()) {
    set("CMAKE_CURRENT_LIST_DIR", "/" + std::string(folderOf(outer)));
    set("CMAKE_CURRENT_LIST_FILE", "/" + outer);
  }
}

void Machine::runRange(const std::vector<Invocation> &code, std::size_t begin,
                       std::size_t end) {
  const std::size_t outer = conditions_.size();
  for (std::size_t i = begin; i < end && ++steps_ < kMaxSteps; ++i) {
    const Invocation &one = code[i];
    const std::string &name = one.name;
    if (name == "function" || name == "macro") {
      const std::size_t close = blockEnd(code, i);
      if (!one.arguments.empty()) {
        std::vector<std::string> parameters;
        for (std::size_t k = 1; k < one.arguments.size(); ++k)
          parameters.push_back(one.arguments[k].text);
        functions_.insert_or_assign(lower(one.arguments[0].text),
                                    Function{std::move(parameters), &code,
                                             i + 1, close, path_,
                                             name == "macro"});
        // The body alone, with its parameters unknown: what does not depend
        // on them is found even if nothing calls it.
        const bool outerUncalled = std::exchange(isUncalled_, siteLine_ == 0);
        runRange(code, i + 1, close);
        isUncalled_ = outerUncalled;
      }
      i = close;
    } else if (name == "foreach") {
      const std::size_t close = blockEnd(code, i);
      runForeach(code, i, close);
      i = close;
    } else if (name == "if" || name == "while") {
      conditions_.push_back(joinedList(one.arguments, 0));
    } else if (name == "elseif" || name == "else") {
      if (conditions_.size() > outer)
        conditions_.back() = name == "else"
                                 ? "NOT;(;" + conditions_.back() + ";)"
                                 : joinedList(one.arguments, 0);
    } else if (name == "endif" || name == "endwhile") {
      if (conditions_.size() > outer)
        conditions_.pop_back();
    } else {
      runOne(one);
    }
  }
  conditions_.resize(std::min(outer, conditions_.size()));
}

void Machine::runForeach(const std::vector<Invocation> &code, std::size_t begin,
                         std::size_t end) {
  const std::vector<Argument> arguments = evaluated(code[begin].arguments);
  if (arguments.empty())
    return;
  std::vector<std::string> values;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string &word = arguments[i].text;
    if (word == "IN" || word == "ITEMS")
      continue;
    if (word == "LISTS" || word == "ZIP_LISTS") {
      for (++i; i < arguments.size() && arguments[i].text != "ITEMS"; ++i)
        for (const std::string_view item :
             split(evaluated("${" + arguments[i].text + "}"), ';'))
          values.emplace_back(item);
      continue;
    }
    values.push_back(word);
  }
  if (values.empty())
    values.emplace_back("${" + arguments[0].text + "}");
  if (values.size() > kMaxLoop)
    values.resize(kMaxLoop);
  for (std::string &value : values) {
    if (isResolved(value))
      set(arguments[0].text, value);
    else
      variables_.erase(arguments[0].text);
    runRange(code, begin + 1, std::min(end, code.size()));
  }
}

void Machine::runOne(const Invocation &one) {
  const std::vector<Argument> arguments = evaluated(one.arguments);
  const std::string &name = one.name;
  if (name == "set")
    runSet(arguments, one);
  else if (name == "option" && !arguments.empty())
    runOption(arguments, one);
  else if (name == "unset" && !arguments.empty())
    variables_.erase(arguments[0].text);
  else if (name == "string")
    runString(arguments);
  else if (name == "list")
    runList(arguments);
  else if (name == "file")
    runFileCommand(arguments);
  else if (name == "cmake_parse_arguments")
    parseArguments(arguments);
  else if (name == "include")
    include(arguments);
  else if (name == "add_subdirectory")
    addFolder(arguments);
  else if (name == "project" && !arguments.empty())
    runProject(arguments);
  report(one, arguments);
  if (const auto found = functions_.find(name);
      found != functions_.end() && depth_ < kMaxDepth) {
    const Function function = found->second;
    call(function, one, arguments);
  }
}

void Machine::runOption(const std::vector<Argument> &arguments,
                        const Invocation &one) {
  const std::string &name = arguments[0].text;
  const std::string value = arguments.size() > 2 ? arguments[2].text : "OFF";
  defaults_[name].insert(value);
  if (one.arguments.size() > 2 && one.arguments[2].text.starts_with("${")) {
    std::string from = one.arguments[2].text.substr(2);
    from.pop_back();
    const std::set<std::string> &all = assigned_[from];
    defaults_[name].insert(all.begin(), all.end());
  }
  if (!variables_.contains(name))
    set(name, value);
}

void Machine::runProject(const std::vector<Argument> &arguments) {
  const std::string &name = arguments[0].text;
  set("PROJECT_NAME", name);
  for (const std::string &variable : {std::string("PROJECT"), name})
    set(variable + "_SOURCE_DIR", evaluated("${CMAKE_CURRENT_SOURCE_DIR}"));
  for (std::size_t i = 1; i + 1 < arguments.size(); ++i)
    if (arguments[i].text == "VERSION")
      for (const std::string &variable : {std::string("PROJECT"), name})
        set(variable + "_VERSION", arguments[i + 1].text);
}

void Machine::report(const Invocation &one, std::vector<Argument> arguments) {
  Call made{.name = one.name,
            .arguments = std::move(arguments),
            .path = path_,
            .line = one.line,
            .endLine = one.endLine,
            .conditions = conditions_,
            .definitions = {},
            .written = one.arguments,
            .isUncalled = isUncalled_,
            .sitePath = {}};
  for (const Argument &argument : one.arguments) {
    for (std::size_t at = argument.text.find("${"); at != std::string::npos;
         at = argument.text.find("${", at + 1)) {
      const std::string variable =
          argument.text.substr(at + 2, argument.text.find('}', at) - at - 2);
      const auto known = variables_.find(variable);
      if (known == variables_.end())
        continue;
      if (known->second.isParameter && siteLine_ != 0) {
        made.sitePath = sitePath_;
        made.siteLine = siteLine_;
        made.siteEndLine = siteEndLine_;
      } else if (known->second.path == path_ && known->second.line != 0) {
        made.definitions.emplace(variable, known->second.line);
      }
    }
  }
  onCall_(made);
}

void Machine::call(const Function &function, const Invocation &one,
                   const std::vector<Argument> &arguments) {
  Variables saved;
  if (!function.isMacro)
    saved = variables_;
  const bool isOutermost = siteLine_ == 0;
  if (isOutermost) {
    sitePath_ = path_;
    siteLine_ = one.line;
    siteEndLine_ = one.endLine;
  }
  const std::string outer = std::exchange(path_, function.path);
  for (std::size_t i = 0; i < function.parameters.size(); ++i)
    if (i < arguments.size())
      setParameter(function.parameters[i], arguments[i].text);
  for (std::size_t i = 0; i < arguments.size() && i < 10; ++i)
    setParameter("ARGV" + std::to_string(i), arguments[i].text);
  setParameter("ARGC", std::to_string(arguments.size()));
  setParameter("ARGV", joinedList(arguments, 0));
  setParameter("ARGN",
               joinedList(arguments, std::min(arguments.size(),
                                              function.parameters.size())));
  ++depth_;
  runRange(*function.code, function.begin,
           std::min(function.end, function.code->size()));
  --depth_;
  path_ = outer;
  if (isOutermost)
    siteLine_ = 0;
  if (!function.isMacro) {
    // What PARENT_SCOPE set is new outside; it is kept, the rest restored.
    for (auto &[name, value] : variables_)
      if (!saved.contains(name))
        saved.emplace(name, value);
    variables_ = std::move(saved);
  }
}

void Machine::set(const std::string &name, std::string text) {
  if (text.size() <= kMaxValue)
    variables_[name] = {std::move(text), path_, 0, false};
}

void Machine::setParameter(const std::string &name, std::string text) {
  set(name, std::move(text));
  variables_[name].isParameter = true;
}

void Machine::runSet(const std::vector<Argument> &arguments,
                     const Invocation &one) {
  if (arguments.empty())
    return;
  const std::string &name = arguments[0].text;
  std::size_t end = arguments.size();
  bool isCache = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (!arguments[i].isQuoted && arguments[i].text == "CACHE") {
      isCache = true;
      end = i;
      break;
    }
    if (!arguments[i].isQuoted && arguments[i].text == "PARENT_SCOPE")
      end = i;
  }
  std::string text = joinedList(arguments, 1, end);
  (isCache ? defaults_ : assigned_)[name].insert(text);
  // What is known beats what is not: the branches of a condition all run.
  const auto known = variables_.find(name);
  const bool isWorse =
      known != variables_.end() && !known->second.text.empty() &&
      (text.empty() || !isResolved(text)) && isResolved(known->second.text);
  if (isWorse && !conditions_.empty())
    return;
  if (text.size() <= kMaxValue)
    variables_[name] = {std::move(text), path_, one.line, false};
}

void Machine::runString(const std::vector<Argument> &arguments) {
  if (arguments.size() < 3)
    return;
  const std::string action = arguments[0].text;
  const auto rest = [&](std::size_t from) {
    std::string out;
    for (std::size_t i = from; i < arguments.size(); ++i)
      out += arguments[i].text;
    return out;
  };
  if (action == "APPEND")
    set(arguments[1].text,
        evaluated("${" + arguments[1].text + "}") ==
                "${" + arguments[1].text + "}"
            ? rest(2)
            : evaluated("${" + arguments[1].text + "}") + rest(2));
  else if (action == "PREPEND")
    set(arguments[1].text, rest(2) + evaluated("${" + arguments[1].text + "}"));
  else if (action == "CONCAT")
    set(arguments[1].text, rest(2));
  else if (action == "TOLOWER")
    set(arguments[2].text, lower(arguments[1].text));
  else if (action == "STRIP")
    set(arguments[2].text, std::string(trim(arguments[1].text)));
  else if (action == "REPLACE" && arguments.size() > 4 &&
           !arguments[1].text.empty())
    set(arguments[3].text,
        replaceAll(rest(4), arguments[1].text, arguments[2].text));
  else if (action == "REGEX" && arguments.size() > 5 &&
           arguments[1].text == "REPLACE") {
    // Only texts without operators: the rest needs CMake's own engine.
    const std::string &pattern = arguments[2].text;
    if (pattern.find_first_of("[]().*+?|^$\\") == std::string::npos &&
        !pattern.empty())
      set(arguments[4].text, replaceAll(rest(5), pattern, arguments[3].text));
    else
      variables_.erase(arguments[4].text);
  }
}

void Machine::runList(const std::vector<Argument> &arguments) {
  if (arguments.size() < 3)
    return;
  const std::string action = arguments[0].text;
  const std::string name = arguments[1].text;
  const auto known = variables_.find(name);
  const std::string now = known == variables_.end() ? "" : known->second.text;
  if (action == "APPEND")
    set(name, now + (now.empty() ? "" : ";") + joinedList(arguments, 2));
  else if (action == "PREPEND")
    set(name, joinedList(arguments, 2) + (now.empty() ? "" : ";") + now);
  else if (action == "GET" && arguments.size() == 4) {
    const std::vector<std::string_view> items = split(now, ';');
    const long index = std::strtol(arguments[2].text.c_str(), nullptr, 10);
    const auto size = static_cast<long>(items.size());
    const long at = index < 0 ? size + index : index;
    if (at >= 0 && at < size)
      set(arguments[3].text, std::string(items[static_cast<std::size_t>(at)]));
  }
}

void Machine::runFileCommand(const std::vector<Argument> &arguments) {
  const bool isRead =
      arguments.size() >= 3 &&
      (arguments[0].text == "STRINGS" || arguments[0].text == "READ");
  if (!isRead)
    return;
  std::string path = arguments[1].text;
  path = path.starts_with('/') ? normalised(path.substr(1))
                               : joined(folderOf(path_), path);
  if (!project_.contains(path))
    return;
  const std::string &text = project_.text(path);
  if (arguments[0].text == "READ") {
    set(arguments[2].text, text);
    return;
  }
  std::string list;
  for (const std::string_view line : lines(text))
    if (!line.empty())
      list += (list.empty() ? "" : ";") + std::string(line);
  set(arguments[2].text, list);
}

/// cmake_parse_arguments(PREFIX options one multi args...) and the form
/// PARSE_ARGV N PREFIX options one multi.
void Machine::parseArguments(const std::vector<Argument> &arguments) {
  std::size_t at = 0;
  std::vector<std::string> values;
  if (!arguments.empty() && arguments[0].text == "PARSE_ARGV") {
    at = 2;
    const std::string all = evaluated("${ARGN}");
    for (const std::string_view item : split(all, ';'))
      values.emplace_back(item);
  } else {
    for (std::size_t i = 4; i < arguments.size(); ++i)
      for (const std::string_view item : split(arguments[i].text, ';'))
        values.emplace_back(item);
  }
  if (arguments.size() < at + 4)
    return;
  const std::string prefix = arguments[at].text + "_";
  const auto has = [&](std::size_t list, const std::string &word) {
    const auto names = split(arguments[list].text, ';');
    return std::ranges::find(names, word) != names.end();
  };
  std::string key;
  bool isMany = false;
  for (const std::string &value : values) {
    if (has(at + 1, value)) {
      setParameter(prefix + value, "TRUE");
      key.clear();
    } else if (has(at + 2, value) || has(at + 3, value)) {
      key = value;
      isMany = has(at + 3, value);
      variables_.erase(prefix + key);
    } else if (!key.empty()) {
      const auto known = variables_.find(prefix + key);
      setParameter(prefix + key, isMany && known != variables_.end()
                                     ? known->second.text + ";" + value
                                     : value);
      if (!isMany)
        key.clear();
    } else {
      const auto known = variables_.find(prefix + "UNPARSED_ARGUMENTS");
      setParameter(
          prefix + "UNPARSED_ARGUMENTS",
          known == variables_.end() ? value : known->second.text + ";" + value);
    }
  }
}

void Machine::include(const std::vector<Argument> &arguments) {
  if (arguments.empty())
    return;
  const std::string &name = arguments[0].text;
  std::vector<std::string> candidates;
  if (name.starts_with('/'))
    candidates.push_back(normalised(name.substr(1)));
  else
    candidates.push_back(joined(folderOf(path_), name));
  const std::string modules = evaluated("${CMAKE_MODULE_PATH}");
  for (const std::string_view folder : split(modules, ';'))
    if (folder.starts_with('/'))
      candidates.push_back(
          joined(normalised(folder.substr(1)), name + ".cmake"));
  for (const std::string &path : candidates) {
    if (!project_.contains(path))
      continue;
    const std::string folder(folderOf(path));
    runFile(path, folder);
    return;
  }
}

void Machine::addFolder(const std::vector<Argument> &arguments) {
  if (arguments.empty())
    return;
  const std::string &name = arguments[0].text;
  const std::string folder = name.starts_with('/')
                                 ? normalised(name.substr(1))
                                 : joined(folderOf(path_), name);
  const std::string path = joined(folder, "CMakeLists.txt");
  if (!project_.contains(path) || path == path_)
    return;
  const Variables saved = variables_;
  runFile(path, folder);
  variables_ = saved;
}

std::string Machine::evaluated(std::string_view text, unsigned depth) const {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\\' && i + 1 < text.size() &&
        (text[i + 1] == '$' || text[i + 1] == ';')) {
      out += text[i + 1];
      i += 2;
      continue;
    }
    if (text[i] != '$' || i + 1 >= text.size() || text[i + 1] != '{') {
      out += text[i++];
      continue;
    }
    // The matching brace: ${A_${B}} evaluates B first.
    std::size_t end = i + 2;
    for (unsigned open = 1; end < text.size(); ++end) {
      open += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
      if (open == 0)
        break;
    }
    if (end >= text.size() || depth > kMaxDepth)
      return out + std::string(text.substr(i));
    const std::string name =
        evaluated(text.substr(i + 2, end - i - 2), depth + 1);
    const auto known = variables_.find(name);
    if (known != variables_.end())
      out += known->second.text;
    else
      out += "${" + name + "}";
    if (out.size() > kMaxValue)
      return out.substr(0, kMaxValue);
    i = end + 1;
  }
  return out;
}

std::vector<Argument>
Machine::evaluated(const std::vector<Argument> &arguments) const {
  std::vector<Argument> out;
  for (const Argument &argument : arguments) {
    std::string text = evaluated(argument.text);
    // An unquoted argument is a list: its items become arguments.
    if (argument.isQuoted || !contains(text, ";")) {
      if (argument.isQuoted || !text.empty())
        out.push_back({std::move(text), argument.isQuoted, argument.line});
      continue;
    }
    for (const std::string_view item : split(text, ';'))
      if (!item.empty())
        out.push_back({std::string(item), false, argument.line});
  }
  return out;
}

bool Machine::canBeOff(const std::string &variable) const {
  const auto found = defaults_.find(variable);
  return found != defaults_.end() &&
         std::ranges::any_of(found->second,
                             [](const std::string &one) { return isOff(one); });
}

}  // namespace reproaudit::cmake
