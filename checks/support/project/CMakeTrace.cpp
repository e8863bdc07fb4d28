// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls as CMake evaluated them: `cmake --trace-expand --trace-format=json-v1`.
#include "CMake.h"

#include "Text.h"

#include <nlohmann/json.hpp>

#include <array>
#include <ranges>

namespace reproaudit::cmake {
namespace {

using Json = nlohmann::json;

/// A call goes into another file: what is called there stands at its own place.
bool entersFile(std::string_view name) {
  static constexpr std::array kNames = {"include", "add_subdirectory",
                                        "find_package", "cmake_language"};
  return isOneOf(name, kNames);
}

/// The member \p key of \p object, or \p otherwise.
template <class T>
T member(const Json &object, const char *key, const T &otherwise) {
  const auto found = object.find(key);
  try {
    return found == object.end() ? otherwise : found->get<T>();
  } catch (const Json::exception &) {
    return otherwise;
  }
}

Call callOf(const Json &line, const std::string &root) {
  Call out{.name = lower(member<std::string>(line, "cmd", "")),
           .arguments = {},
           .path = member<std::string>(line, "file", ""),
           .line = member(line, "line", 0U),
           .conditions = {},
           .definitions = {},
           .written = {},
           .isTraced = true,
           .sitePath = {}};
  out.path =
      out.path.starts_with(root + "/") ? out.path.substr(root.size() + 1) : "";
  out.endLine = member(line, "line_end", out.line);
  for (const std::string &text :
       member(line, "args", std::vector<std::string>{}))
    out.arguments.push_back({text, false, out.line});
  out.written = out.arguments;
  return out;
}

}  // namespace

std::vector<Call> tracedCalls(const Project &project) {
  std::vector<Call> out;
  std::vector<Call> open;  // the call in each frame, the outermost first
  for (const std::string_view text : lines(project.cmakeTrace())) {
    const Json line = Json::parse(text, nullptr, false);
    if (!line.is_object() || !line.contains("cmd"))
      continue;
    Call call = callOf(line, project.root());
    const std::size_t frame = member<std::size_t>(line, "frame", 1);
    open.resize(std::min(open.size(), frame - std::min<std::size_t>(frame, 1)));
    // The outermost function call that leads here from the same file or folder.
    for (const Call &outer : open | std::views::reverse) {
      if (entersFile(outer.name))
        break;
      if (!project.contains(outer.path))
        continue;
      call.sitePath = outer.path;
      call.siteLine = outer.line;
      call.siteEndLine = outer.endLine;
    }
    open.push_back(call);
    if (project.contains(call.path))
      out.push_back(std::move(call));
  }
  return out;
}

}  // namespace reproaudit::cmake
