// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The syntax of CMake code, by cmake-language(7).
#include "CMake.h"

#include "Text.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace reproaudit::cmake {
namespace {

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

}  // namespace

Source parse(std::string_view text) { return Lexer(text).parse(); }

}  // namespace reproaudit::cmake
