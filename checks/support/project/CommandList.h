// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The commands of one script, for readers that follow one to the others.
#pragma once

#include "Commands.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reproaudit {

inline constexpr std::array kInterpreters = {
    "sh",     "bash",    "zsh",  "dash", "ksh",
    "python", "python3", "perl", "ruby", "node",
    "iex",    "source",  ".",    "eval", "Invoke-Expression",
    "php",    "Rscript", "fish"};

class CommandList {
public:
  explicit CommandList(const std::vector<Command> &commands);

  std::size_t size() const { return commands_.size(); }
  auto begin() const { return commands_.begin(); }
  auto end() const { return commands_.end(); }
  const Command &operator[](std::size_t i) const { return commands_[i]; }
  /// The words of command \p i without `sudo` and its like.
  const std::vector<std::string> &words(std::size_t i) const {
    return words_[i];
  }
  /// The first of them without path and `.exe`, or "".
  std::string_view program(std::size_t i) const;

private:
  const std::vector<Command> &commands_;
  std::vector<std::vector<std::string>> words_;
};

/// The words of a command as operands and options.
struct Options {
  std::vector<std::string> operands;
  std::vector<std::pair<std::string, std::string>> values;

  std::optional<std::string>
  value(std::initializer_list<std::string_view> names) const;
};

/// Splits \p words; each of \p valueOptions takes the next word.
Options parsed(std::span<const std::string> words,
               std::span<const char *const> valueOptions);

/// `git clone`, with the checkout that follows it.
void readClone(Reading &reading, const CommandList &commands, std::size_t i);

/// A program that fetches a URL, with the verification that follows it; false
/// if command \p i is none.
bool readDownload(Reading &reading, const CommandList &commands, std::size_t i);

/// Adds a note if command \p i installs past a lock of the project.
void readLockUse(Reading &reading, const CommandList &commands, std::size_t i);

/// `shuf` and `sort -R` without a source of randomness that is fixed.
void readShuffle(Reading &reading, const CommandList &commands, std::size_t i);

}  // namespace reproaudit
