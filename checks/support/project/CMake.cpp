// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CMake.h"

#include "Text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace reproaudit::cmake {
namespace {

constexpr unsigned kMaxDepth = 24;          // of calls, includes and folders
constexpr std::size_t kMaxSteps = 1000000;  // of the whole project
constexpr std::size_t kMaxLoop = 64;        // values of a foreach

bool isOff(std::string_view text) {
  const std::string word = lower(text);
  return word == "off" || word == "false" || word == "0" || word == "no" ||
         word == "n" || word.empty();
}

/// The brace that closes the one before \p begin, or the end of \p text.
std::size_t closingBrace(std::string_view text, std::size_t begin) {
  unsigned open = 1;
  for (std::size_t at = begin; at < text.size(); ++at) {
    open += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
    if (open == 0)
      return at;
  }
  return text.size();
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

std::string joinedList(const std::vector<Argument> &arguments, std::size_t from,
                       std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < std::min(to, arguments.size()); ++i)
    out += (i > from ? ";" : "") + arguments[i].text;
  return out;
}

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
    const std::string &name = code[i].name;
    if (name == "function" || name == "macro") {
      const std::size_t close = blockEnd(code, i);
      define(code, i, close);
      i = close;
    } else if (name == "foreach") {
      const std::size_t close = blockEnd(code, i);
      runForeach(code, i, close);
      i = close;
    } else if (!followCondition(code[i], outer)) {
      runOne(code[i]);
    }
  }
  conditions_.resize(std::min(outer, conditions_.size()));
}

void Machine::define(const std::vector<Invocation> &code, std::size_t begin,
                     std::size_t end) {
  const std::vector<Argument> &arguments = code[begin].arguments;
  if (arguments.empty())
    return;
  std::vector<std::string> parameters;
  for (std::size_t i = 1; i < arguments.size(); ++i)
    parameters.push_back(arguments[i].text);
  functions_.insert_or_assign(lower(arguments[0].text),
                              Function{.parameters = std::move(parameters),
                                       .code = &code,
                                       .begin = begin + 1,
                                       .end = end,
                                       .path = path_,
                                       .isMacro = code[begin].name == "macro"});
  // The body alone, with its parameters unknown: what does not depend on them
  // is found even if nothing calls it.
  const bool outerUncalled = std::exchange(isUncalled_, siteLine_ == 0);
  runRange(code, begin + 1, end);
  isUncalled_ = outerUncalled;
}

bool Machine::followCondition(const Invocation &one, std::size_t outer) {
  static constexpr std::array kLater = {"elseif", "else", "endif", "endwhile"};
  const std::string &name = one.name;
  if (name == "if" || name == "while") {
    conditions_.push_back(joinedList(one.arguments, 0));
    return true;
  }
  if (!isOneOf(name, kLater))
    return false;
  if (conditions_.size() <= outer)
    return true;  // opened before this range
  if (name == "elseif")
    conditions_.back() = joinedList(one.arguments, 0);
  else if (name == "else")
    conditions_.back() = "NOT;(;" + conditions_.back() + ";)";
  else
    conditions_.pop_back();
  return true;
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
  for (std::string const &value : values) {
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
  if (!function.isMacro) {
    saved = variables_;
    steps_ += saved.size();  // what the copy costs
  }
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

std::string Machine::evaluated(std::string_view text, unsigned depth) const {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("\\$") || text.starts_with("\\;")) {
      out += text[1];
      text.remove_prefix(2);
      continue;
    }
    if (!text.starts_with("${")) {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    // ${A_${B}} evaluates B first.
    const std::size_t end = closingBrace(text, 2);
    if (end == text.size() || depth > kMaxDepth)
      return out + std::string(text);
    const std::string name = evaluated(text.substr(2, end - 2), depth + 1);
    const auto known = variables_.find(name);
    if (known != variables_.end())
      out += known->second.text;
    else
      out += "${" + name + "}";
    if (out.size() > kMaxValue)
      return out.substr(0, kMaxValue);
    text.remove_prefix(end + 1);
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
