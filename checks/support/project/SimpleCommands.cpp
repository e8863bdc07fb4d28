// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Commands of scripts for which there is no grammar: PowerShell and cmd.exe.
#include "Shell.h"
#include "Text.h"

namespace reproaudit {
namespace {

constexpr std::size_t kMaxCommands = 4000;

}  // namespace

std::vector<Command> simpleCommands(std::string_view text, unsigned line) {
  std::vector<Command> out;
  unsigned pipeline = 0;
  Command now;
  std::string word;
  bool hasWord = false;
  const auto endWord = [&] {
    if (hasWord)
      now.words.push_back(word);
    word.clear();
    hasWord = false;
  };
  std::string folder;
  const auto endCommand = [&](bool piped) {
    endWord();
    if (now.words.size() > 1 &&
        (now.program() == "cd" || now.program() == "pushd"))
      folder = joined(folder, replaceAll(now.words[1], "\\", "/"));
    if (!now.words.empty() && out.size() < kMaxCommands) {
      now.pipeline = pipeline;
      now.folder = folder;
      out.push_back(now);
    }
    const bool isNext = piped && !now.words.empty();
    now = Command{};
    now.line = now.endLine = line;
    now.isFirstInPipe = !isNext;
    if (!piped)
      ++pipeline;
  };
  now.line = now.endLine = line;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\n';
    if (c == '\n') {
      ++line;
      const bool isContinued =
          i > 0 &&
          (text[i - 1] == '`' || text[i - 1] == '^' || text[i - 1] == '\\');
      if (isContinued) {
        if (hasWord && !word.empty())
          word.pop_back();
        hasWord = !word.empty();
        now.endLine = line;
        continue;
      }
      quote = 0;
      endCommand(false);
    } else if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      hasWord = true;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      endWord();
    } else if (c == ';' || c == '|' ||
               (c == '&' && (next == '&' || !hasWord))) {
      const bool isPipe = c == '|' && next != '|';
      if (next == c)
        ++i;
      endCommand(isPipe);
    } else {
      word += c;
      hasWord = true;
    }
  }
  endCommand(false);
  return out;
}

}  // namespace reproaudit
