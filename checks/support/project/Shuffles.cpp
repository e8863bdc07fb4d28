// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data that is shuffled or split with a generator that nothing seeds.
#include "Calls.h"
#include "CommandList.h"
#include "Text.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace reproaudit {
namespace {

void add(Reading &reading, std::string call, unsigned line) {
  reading.add(Setting{.kind = SettingKind::Shuffle,
                      .flag = std::move(call),
                      .program = {},
                      .at = reading.at(line),
                      .evidence = {}});
}

/// A function that splits data, and what makes it do so the same way again.
struct Splitter {
  std::string_view name;
  std::string_view module;  ///< That must be imported.
  std::string_view seed;    ///< The argument that holds it.
  std::string_view global;  ///< The call that seeds all, or "".
  bool onlyIfShuffled;      ///< Takes the order as it is unless told.
};

constexpr std::array kSplitters = {
    Splitter{"train_test_split", "sklearn", "random_state", "np.random.seed(",
             false},
    Splitter{"ShuffleSplit", "sklearn", "random_state", "np.random.seed(",
             false},
    Splitter{"StratifiedShuffleSplit", "sklearn", "random_state",
             "np.random.seed(", false},
    Splitter{"KFold", "sklearn", "random_state", "np.random.seed(", true},
    Splitter{"StratifiedKFold", "sklearn", "random_state", "np.random.seed(",
             true},
    Splitter{"random_split", "torch", "generator", "manual_seed(", false},
};

}  // namespace

void readShuffle(Reading &reading, const CommandList &commands, std::size_t i) {
  const std::string_view program = commands.program(i);
  if (program != "shuf" && program != "sort")
    return;
  const Options options =
      parsed(std::span<const std::string>(commands.words(i)).subspan(1),
             std::array{"-n", "--head-count", "-i", "--input-range"});
  // One line, a number or a word picked by chance is no split.
  const bool picks =
      options.value({"-n", "--head-count"}).value_or("") == "1" ||
      options.value({"-i", "--input-range", "-e", "--echo"});
  const bool shuffles =
      program == "shuf" ? !picks
                        : options.value({"-R", "--random-sort"}).has_value();
  if (shuffles && !options.value({"--random-source"}))
    add(reading, program == "shuf" ? "shuf" : "sort -R", commands[i].line);
}

void readSplit(Reading &reading, const Call &call, std::string_view text) {
  const std::size_t dot = call.name.rfind('.');
  const std::string name =
      dot == std::string::npos ? call.name : call.name.substr(dot + 1);
  const auto *known = std::ranges::find(kSplitters, name, &Splitter::name);
  if (known == kSplitters.end() || contains(text, "def " + name + "("))
    return;
  if (!contains(text, "import " + std::string(known->module)) &&
      !contains(text, "from " + std::string(known->module)))
    return;
  const auto shuffle = call.named.find("shuffle");
  const bool isShuffled = shuffle == call.named.end()
                              ? !known->onlyIfShuffled
                              : shuffle->second.text() != "False";
  const auto seed = call.named.find(known->seed);
  const bool hasSeed =
      seed != call.named.end() && seed->second.text() != "None";
  const bool passesAll = contains(call.node.text(), "**");
  if (isShuffled && !hasSeed && !passesAll && !contains(text, known->global))
    add(reading, name, call.line());
}

}  // namespace reproaudit
