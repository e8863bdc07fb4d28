// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Commands of scripts for which there is no grammar: PowerShell and cmd.exe.
#include "Shell.h"
#include "Text.h"

#include <array>
#include <utility>

namespace reproaudit {
namespace {

constexpr std::size_t kMaxCommands = 4000;

class Splitter {
public:
  explicit Splitter(unsigned line) : line_(line) { begin(true); }

  std::vector<Command> commands(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const char next = i + 1 < text.size() ? text[i + 1] : '\n';
      if (c == '\n') {
        endLine(i > 0 ? text[i - 1] : '\n');
      } else if (quote_ != 0) {
        readQuoted(c);
      } else if (c == '"' || c == '\'') {
        quote_ = c;
        hasWord_ = true;
      } else if (c == ' ' || c == '\t' || c == '\r' || isOfMethod(c)) {
        endWord();
      } else if (isSeparator(c, next)) {
        endCommand(c == '|' && next != '|');
        i += next == c ? 1 : 0;
      } else if (isBracket(c, i > 0 ? text[i - 1] : '\n', next)) {
        endCommand(true);
      } else {
        word_ += c;
        hasWord_ = true;
      }
    }
    endCommand(false);
    return std::move(out_);
  }

private:
  bool isSeparator(char c, char next) const {
    return c == ';' || c == '|' || (c == '&' && (next == '&' || !hasWord_));
  }

  /// `$client.DownloadFile(url, file)` is a command and its words.
  bool isOfMethod(char c) const {
    const auto isMethod = [](std::string_view word) {
      return contains(lower(word), ".download");
    };
    return now_.words.empty() ? c == '(' && isMethod(word_)
                              : c == ',' && isMethod(now_.words[0]);
  }

  /// What is in brackets is a command that feeds the one around it. `${x}`,
  /// `${{ x }}` and `libs(x86)` are words.
  bool isBracket(char c, char last, char next) const {
    return (c == '(' && !hasWord_) || (c == ')' && !contains(word_, "(")) ||
           (c == '{' && !hasWord_ && next != '{' && last != '{') ||
           (c == '}' && !contains(word_, "{") && next != '}' && last != '}');
  }

  void readQuoted(char c) {
    if (c == quote_)
      quote_ = 0;
    else
      word_ += c;
  }

  void endLine(char last) {
    ++line_;
    if (last == '`' || last == '^' || last == '\\') {  // goes on below
      if (!word_.empty())
        word_.pop_back();
      hasWord_ = !word_.empty();
      now_.endLine = line_;
      return;
    }
    quote_ = 0;
    endCommand(false);
  }

  void endWord() {
    if (hasWord_)
      now_.words.push_back(word_);
    word_.clear();
    hasWord_ = false;
  }

  void endCommand(bool isPiped) {
    endWord();
    static constexpr std::array kMoves = {
        "cd", "chdir", "pushd", "sl", "set-location", "push-location"};
    if (now_.words.size() > 1 && isOneOf(lower(now_.program()), kMoves))
      folder_ = joined(folder_, replaceAll(now_.words[1], "\\", "/"));
    const bool isFirst = !isPiped || now_.words.empty();
    if (!now_.words.empty() && out_.size() < kMaxCommands) {
      now_.pipeline = pipeline_;
      now_.folder = folder_;
      out_.push_back(now_);
    }
    if (!isPiped)
      ++pipeline_;
    begin(isFirst);
  }

  void begin(bool isFirstInPipe) {
    now_ = Command{};
    now_.line = now_.endLine = line_;
    now_.isFirstInPipe = isFirstInPipe;
  }

  std::vector<Command> out_;
  Command now_;
  std::string word_;
  bool hasWord_ = false;  ///< `""` is a word too.
  char quote_ = 0;        ///< That is open, or 0.
  std::string folder_;
  unsigned pipeline_ = 0;
  unsigned line_;
};

}  // namespace

std::vector<Command> simpleCommands(std::string_view text, unsigned line) {
  return Splitter(line).commands(text);
}

}  // namespace reproaudit
