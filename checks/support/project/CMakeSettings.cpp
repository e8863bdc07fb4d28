// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CMakeSettings.h"

#include "Flags.h"
#include "Text.h"

#include <array>
#include <utility>

namespace reproaudit {

using cmake::Call;

namespace {

bool takesFlags(const Call &call) {
  static constexpr std::array kCommands = {"add_compile_options",
                                           "target_compile_options",
                                           "add_definitions",
                                           "add_link_options",
                                           "target_link_options",
                                           "target_link_libraries",
                                           "set_target_properties",
                                           "set_source_files_properties",
                                           "set_property",
                                           "list",
                                           "set",
                                           "string",
                                           "cuda_add_library",
                                           "cuda_add_executable",
                                           "add_compile_definitions",
                                           "target_compile_definitions",
                                           "append",
                                           "cuda_select_nvcc_arch_flags"};
  if (!isOneOf(call.name, kCommands))
    return false;
  const std::string &first = call.written[0].text;
  if (call.name == "string")
    return first == "APPEND" || first == "PREPEND" || first == "CONCAT" ||
           first == "REPLACE" || first == "REGEX";
  if (call.name == "list")
    return first == "APPEND" || first == "PREPEND" || first == "INSERT";
  return !first.starts_with("CMAKE_REQUIRED_");
}

/// True if `NOT` or `NOT (` stands before word \p i of a condition.
bool isNegated(const std::vector<std::string_view> &words, std::size_t i) {
  const auto before = [&](std::size_t distance) {
    return i < distance ? std::string_view{} : words[i - distance];
  };
  return before(1) == "NOT" || (before(1) == "(" && before(2) == "NOT");
}

}  // namespace

void CMakeSettings::read(const Call &call) {
  if (call.name == "string" && call.arguments[0].text == "TIMESTAMP" &&
      call.arguments.size() > 1)
    add(call, SettingKind::Timestamp, "string(TIMESTAMP)", "", call.line);
  if (takesFlags(call)) {
    flags(call);
    architectures(call);
  }
}

void CMakeSettings::finish(const cmake::Machine &machine, Inventory &out) {
  for (auto &[place, setting] : settings_) {
    for (const std::string &variable : guards_[place])
      setting.optional |= machine.canBeOff(variable);
    out.settings.push_back(std::move(setting));
  }
}

void CMakeSettings::add(const Call &call, SettingKind kind,
                        const std::string &flag, std::string program,
                        unsigned line) {
  const Place place({call.path, line, 0, line, 0}, flag);
  settings_.try_emplace(place, Setting{.kind = kind,
                                       .flag = flag,
                                       .program = std::move(program),
                                       .at = place.first,
                                       .evidence = {}});
  std::set<std::string> &guards = guards_[place];
  for (const std::string &condition : call.conditions) {
    const std::vector<std::string_view> parts = split(condition, ';');
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (!isNegated(parts, i))
        guards.emplace(parts[i]);
  }
}

void CMakeSettings::flags(const Call &call) {
  const bool isReplace =
      call.name == "string" &&
      (call.written[0].text == "REPLACE" || call.written[0].text == "REGEX");
  // Only the text that is put in counts, not the one that is looked for.
  const std::size_t first = call.name.starts_with("add_") ? 0 : 1;
  const std::size_t from = !isReplace                        ? first
                           : call.written[0].text == "REGEX" ? 3
                                                             : 2;
  const bool isTarget = call.name.starts_with("target_");
  for (std::size_t i = from; i < call.written.size(); ++i) {
    for (const Flag &flag : flagsIn(call.written[i].text))
      add(call, flag.kind, flag.text, isTarget ? call.arguments[0].text : "",
          call.written[i].line);
    if (isReplace)
      break;
  }
}

void CMakeSettings::architectures(const Call &call) {
  for (std::size_t i = 0; i + 1 < call.written.size(); ++i) {
    const std::string &name = call.written[i].text;
    if (name.ends_with("CUDA_ARCHITECTURES") &&
        (call.written[i + 1].text == "native" ||
         call.written[i + 1].text == "\"native\""))
      add(call, SettingKind::Native, "CUDA_ARCHITECTURES native",
          contains(call.name, "target") ? call.arguments[0].text : "",
          call.written[i + 1].line);
  }
}

}  // namespace reproaudit
