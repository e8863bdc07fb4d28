// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Value-changing compiler flags, in build files and in compile commands.
#include "Flags.h"

#include "Calls.h"
#include "Text.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

namespace reproaudit {
namespace {

struct Known {
  std::string_view text;
  SettingKind kind;
};

constexpr std::array kFlags = {
    Known{"-ffast-math", SettingKind::FastMath},
    Known{"-Ofast", SettingKind::FastMath},
    Known{"-funsafe-math-optimizations", SettingKind::FastMath},
    Known{"-fassociative-math", SettingKind::FastMath},
    Known{"-freciprocal-math", SettingKind::FastMath},
    Known{"-ffinite-math-only", SettingKind::FastMath},
    Known{"-fp-model=fast", SettingKind::FastMath},
    Known{"-ffp-model=fast", SettingKind::FastMath},
    Known{"-ffp-model=aggressive", SettingKind::FastMath},
    Known{"/fp:fast", SettingKind::FastMath},
    Known{"-fp:fast", SettingKind::FastMath},
    Known{"--use_fast_math", SettingKind::FastMath},
    Known{"-use_fast_math", SettingKind::FastMath},
    Known{"-ftz=true", SettingKind::FastMath},
    Known{"--ftz=true", SettingKind::FastMath},
    Known{"-prec-div=false", SettingKind::FastMath},
    Known{"--prec-div=false", SettingKind::FastMath},
    Known{"-prec-sqrt=false", SettingKind::FastMath},
    Known{"--prec-sqrt=false", SettingKind::FastMath},
    Known{"-cl-fast-relaxed-math", SettingKind::FastMath},
    Known{"-cl-unsafe-math-optimizations", SettingKind::FastMath},
    Known{"-fgpu-approx-transcendentals", SettingKind::FastMath},
    Known{"-fcuda-approx-transcendentals", SettingKind::FastMath},
    Known{"-ffp-contract=fast", SettingKind::Contraction},
    Known{"--fmad=true", SettingKind::Contraction},
    Known{"-fmad=true", SettingKind::Contraction},
    Known{"-march=native", SettingKind::Native},
    Known{"-mcpu=native", SettingKind::Native},
    Known{"-xHost", SettingKind::Native},
    Known{"/QxHost", SettingKind::Native},
    Known{"-arch=native", SettingKind::Native},
    Known{"--gpu-architecture=native", SettingKind::Native},
    Known{"--offload-arch=native", SettingKind::Native},
};

const Known *knownFlag(std::string_view word) {
  const auto *found = std::ranges::find(kFlags, word, &Known::text);
  return found == kFlags.end() ? nullptr : found;
}

}  // namespace

std::vector<Flag> flagsIn(std::string_view text) {
  constexpr std::string_view kSeparators = " \t\r\n;,\"'<>()[]$`";
  std::vector<Flag> out;
  for (std::size_t at = text.find_first_not_of(kSeparators);
       at != std::string_view::npos;) {
    const std::size_t end =
        std::min(text.find_first_of(kSeparators, at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const Known *known = knownFlag(word);
    // `$<CONFIG:Release>:-Ofast`, `--copt=-Ofast`, `CFLAGS=-Ofast`.
    for (const char separator : {':', '='}) {
      const std::size_t cut = word.find(separator);
      if (!known && cut != std::string_view::npos)
        known = knownFlag(word.substr(cut + 1));
    }
    if (known)
      out.push_back({known->kind, std::string(known->text)});
    at = text.find_first_not_of(kSeparators, end);
  }
  return out;
}

void addFlags(Reading &reading, std::string_view text, unsigned line,
              bool isOptional, const std::string &program) {
  for (const Flag &flag : flagsIn(text))
    reading.add(Setting{.kind = flag.kind,
                        .flag = flag.text,
                        .program = program,
                        .at = reading.at(line),
                        .optional = isOptional,
                        .evidence = {}});
}

void readUnitFlags(const Project &project, Inventory &out) {
  // One record a flag: at the build file line that sets it, else at the first
  // unit that is compiled with it.
  std::map<std::string, std::pair<SettingKind, std::vector<std::string>>> used;
  for (const ProjectUnit &unit : project.units()) {
    for (const std::string &argument : unit.arguments)
      if (const Known *known = knownFlag(argument)) {
        auto &[kind, paths] = used[std::string(known->text)];
        kind = known->kind;
        if (paths.empty() || paths.back() != unit.path)
          paths.push_back(unit.path);
      }
  }
  for (const auto &[flag, use] : used) {
    bool isExplained = false;
    for (Setting &setting : out.settings) {
      if (setting.flag != flag)
        continue;
      isExplained = true;
      setting.optional = false;  // asked for or not, this build has it
      setting.evidence.push_back(
          {{use.second.front()},
           std::to_string(use.second.size()) + " of " +
               std::to_string(project.units().size()) +
               " units are compiled with it, this one for example"});
    }
    if (!isExplained)
      out.settings.push_back({.kind = use.first,
                              .flag = flag,
                              .program = {},
                              .at = {.path = use.second.front()},
                              .evidence = {}});
  }
}

void readCMakePresets(Reading &reading) {
  unsigned number = 0;
  for (const std::string_view line : lines(reading.text()))
    addFlags(reading, line, ++number, false);
}

void readBazelSettings(Reading &reading) {
  unsigned number = 0;
  for (const std::string_view line : lines(reading.text())) {
    ++number;
    const std::string_view code = line.substr(0, line.find('#'));
    const std::vector<std::string> parts = words(code);
    // `build:name` only counts for who asks for --config=name.
    if (!parts.empty())
      addFlags(reading, code, number, contains(parts[0], ":"));
  }
}

}  // namespace reproaudit
