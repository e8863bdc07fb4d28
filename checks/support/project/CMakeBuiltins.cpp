// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The commands of CMake that change variables or go to another file.
#include "CMake.h"

#include "Text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <utility>

namespace reproaudit::cmake {
namespace {

/// The items of all \p lists.
std::vector<std::string> items(std::span<const Argument> lists) {
  std::vector<std::string> out;
  for (const Argument &list : lists)
    for (const std::string_view item : split(list.text, ';'))
      out.emplace_back(item);
  return out;
}

/// \p path as the project knows it, whose root is `/`: `//cmake` is `cmake`.
std::string inProject(std::string_view folder, std::string_view path) {
  if (!path.starts_with('/'))
    return joined(folder, path);
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return normalised(path);
}

}  // namespace

void Machine::runOption(const std::vector<Argument> &arguments,
                        const Invocation &one) {
  const std::string &name = arguments[0].text;
  const std::string value = arguments.size() > 2 ? arguments[2].text : "OFF";
  defaults_[name].insert(value);
  if (one.arguments.size() > 2 && one.arguments[2].text.starts_with("${")) {
    const std::string &text = one.arguments[2].text;
    const std::string from = text.substr(2, text.find('}') - 2);
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
  const std::string path = inProject(folderOf(path_), arguments[1].text);
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
  const bool isOfFunction =
      !arguments.empty() && arguments[0].text == "PARSE_ARGV";
  const std::size_t at = isOfFunction ? 2 : 0;
  if (arguments.size() < at + 4)
    return;
  const std::string prefix = arguments[at].text + "_";
  const auto has = [&](std::size_t list, const std::string &word) {
    const auto names = split(arguments[list].text, ';');
    return std::ranges::find(names, word) != names.end();
  };
  const auto append = [&](const std::string &name, const std::string &value) {
    const auto known = variables_.find(prefix + name);
    setParameter(prefix + name, known == variables_.end()
                                    ? value
                                    : known->second.text + ";" + value);
  };
  const std::vector<std::string> values =
      isOfFunction ? items(std::array{Argument{.text = evaluated("${ARGN}")}})
                   : items(std::span(arguments).subspan(4));
  std::string key;  // takes the next value
  for (const std::string &value : values) {
    if (has(at + 1, value)) {
      setParameter(prefix + value, "TRUE");
      key.clear();
    } else if (has(at + 2, value) || has(at + 3, value)) {
      key = value;
      variables_.erase(prefix + key);
    } else if (key.empty()) {
      append("UNPARSED_ARGUMENTS", value);
    } else {
      append(key, value);
      if (!has(at + 3, key))
        key.clear();
    }
  }
}

void Machine::include(const std::vector<Argument> &arguments) {
  if (arguments.empty())
    return;
  const std::string &name = arguments[0].text;
  std::vector<std::string> candidates{inProject(folderOf(path_), name)};
  const std::string modules = evaluated("${CMAKE_MODULE_PATH}");
  for (const std::string_view folder : split(modules, ';'))
    if (folder.starts_with('/'))
      candidates.push_back(joined(inProject("", folder), name + ".cmake"));
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
  const std::string folder = inProject(folderOf(path_), name);
  const std::string path = joined(folder, "CMakeLists.txt");
  if (!project_.contains(path) || path == path_)
    return;
  const Variables saved = variables_;
  steps_ += saved.size();  // what the copy costs
  runFile(path, folder);
  variables_ = saved;
}

}  // namespace reproaudit::cmake
