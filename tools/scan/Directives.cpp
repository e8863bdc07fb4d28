// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Directives.h"

#include "Nolint.h"

#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/scan/Nearest.h"
#include "reproaudit/scan/Scan.h"

#include "clang/Lex/Lexer.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/GlobPattern.h"

#include <algorithm>
#include <utility>

using llvm::StringRef;

namespace reproaudit {
namespace {

/// A comment of one line.
struct Comment {
  unsigned line;
  StringRef before;  ///< What stands before it on the line.
  StringRef text;    ///< From its mark on.
};

enum class Reach : std::uint8_t { Line, NextLine, Block };

bool isInMacro(StringRef before) {
  return before.ltrim().starts_with("#") && before.contains("define");
}

std::vector<Comment> commentsInSource(const std::string &text) {
  clang::LangOptions language;
  language.CPlusPlus = language.CPlusPlus11 = true;
  language.LineComment = language.RawStringLiterals = true;
  clang::Lexer lexer(clang::SourceLocation(), language, text.data(),
                     text.data(), text.data() + text.size());
  lexer.SetCommentRetentionState(true);
  std::vector<Comment> comments;
  const StringRef whole = text;
  unsigned line = 1;
  std::size_t counted = 0;
  clang::Token token;
  for (bool atEnd = false; !atEnd;) {
    atEnd = lexer.LexFromRawLexer(token);
    if (!token.is(clang::tok::comment))
      continue;
    const std::size_t begin =
        lexer.getBufferLocation() - text.data() - token.getLength();
    line += static_cast<unsigned>(whole.slice(counted, begin).count('\n'));
    counted = begin;
    const std::size_t lineStart = whole.substr(0, begin).rfind('\n') + 1;
    comments.push_back(
        {line, whole.slice(lineStart, begin),
         whole.substr(begin, token.getLength()).split('\n').first});
  }
  return comments;
}

/// Comments of other languages: from the last mark before `NOLINT` on.
std::vector<Comment> commentsInProjectFile(StringRef text) {
  std::vector<Comment> comments;
  for (unsigned line = 1; !text.empty(); ++line) {
    const auto [first, rest] = text.split('\n');
    text = rest;
    const StringRef before = first.substr(0, first.find("NOLINT"));
    const std::size_t mark = before.find_last_of("#/;-");
    if (before.size() == first.size() || mark == StringRef::npos)
      continue;
    const std::size_t begin =
        before.substr(0, mark + 1).rtrim(before[mark]).size();
    comments.push_back({line, first.substr(0, begin), first.substr(begin)});
  }
  return comments;
}

unsigned columns(StringRef text) {
  return static_cast<unsigned>(
      llvm::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The end of an `until=YYYY-MM-DD` in \p reason, or "".
std::string untilIn(StringRef reason) {
  const StringRef date = reason.split("until=").second.take_while(
      [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
  return date.size() == std::size("YYYY-MM-DD") - 1 ? date.str() : "";
}

bool fits(StringRef pattern, StringRef rule) {
  auto glob = llvm::GlobPattern::create(pattern);
  if (glob)
    return glob->match(rule);
  llvm::consumeError(glob.takeError());
  return false;
}

/// Reads the directives of one file.
class FileDirectives {
public:
  FileDirectives(std::string path, const DirectiveContext &context)
      : path_(std::move(path)), context_(context) {}

  void read(const std::vector<Comment> &comments,
            std::vector<Directive> &directives) {
    for (const Comment &comment : comments) {
      const std::size_t at = comment.text.find("NOLINT");
      if (at == StringRef::npos || isInMacro(comment.before))
        continue;
      StringRef rest = comment.text.substr(at + StringRef("NOLINT").size());
      Reach reach = Reach::Line;
      if (rest.consume_front("NEXTLINE"))
        reach = Reach::NextLine;
      else if (rest.consume_front("BEGIN"))
        reach = Reach::Block;
      if (rest.consume_front("("))
        readNames(comment, at, rest, reach, comments, directives);
    }
  }

private:
  void readNames(const Comment &comment, std::size_t at, StringRef rest,
                 Reach reach, const std::vector<Comment> &comments,
                 std::vector<Directive> &directives) {
    const StringRef list = rest.substr(0, rest.find(')'));
    llvm::SmallVector<StringRef> names;
    list.split(names, ',');
    for (const StringRef name : names) {
      if (!name.trim().starts_with("repro-"))
        continue;
      const unsigned column =
          1 + columns(comment.before) + columns(comment.text.substr(0, at));
      const std::size_t end = std::min<std::size_t>(
          list.end() - comment.text.data() + 1, comment.text.size());
      Directive directive{.at = {path_, comment.line, column, comment.line,
                                 1 + columns(comment.before) +
                                     columns(comment.text.substr(0, end))},
                          .name = name.trim().str(),
                          .reason = reasonIn(comment.text.substr(at))};
      directive.until = untilIn(directive.reason);
      judge(directive, comment.line + (reach == Reach::NextLine ? 1 : 0),
            lastLine(comment, reach, list, comments));
      if (names.size() == 1 && reach != Reach::Block &&
          comment.text.substr(0, at).trim(" /#*").empty())
        directive.fix = removal(comment);
      directives.push_back(std::move(directive));
    }
  }

  static unsigned lastLine(const Comment &comment, Reach reach, StringRef list,
                           const std::vector<Comment> &comments) {
    if (reach != Reach::Block)
      return comment.line + (reach == Reach::NextLine ? 1 : 0);
    for (const Comment &end : comments)
      if (end.line > comment.line &&
          end.text.contains(("NOLINTEND(" + list + ")").str()))
        return end.line;
    return ~0U;
  }

  void judge(Directive &directive, unsigned first, unsigned last) const {
    const bool isPattern = StringRef(directive.name).contains('*');
    const Rule *rule = isPattern ? nullptr : findRule(directive.name);
    if (!isPattern && !rule) {
      directive.use = Directive::Use::Misnamed;
      directive.nearest = nearestTo(directive.name, ruleWords());
      return;
    }
    if (!directive.until.empty() && directive.until < context_.today) {
      directive.use = Directive::Use::Expired;
      return;
    }
    const bool isUsed =
        llvm::any_of(context_.findings, [&](const Finding &finding) {
          return finding.suppression && finding.at.path == path_ &&
                 finding.at.line >= first && finding.at.line <= last &&
                 fits(directive.name, finding.rule);
        });
    const bool isSource = context_.sources.contains(path_);
    const bool isJudged =
        rule ? llvm::is_contained(context_.rules, rule->info) &&
                   isProjectFamily(rule->info->family) != isSource
             : isSource;
    if (isUsed)
      directive.use = Directive::Use::Used;
    else if (isJudged)
      directive.use = Directive::Use::Unused;
  }

  Edit removal(const Comment &comment) const {
    const StringRef kept = comment.before.rtrim();
    if (kept.empty())
      return {{path_, comment.line, 1, comment.line + 1, 1}, ""};
    return {{path_, comment.line, 1 + columns(kept), comment.line,
             1 + columns(comment.before) + columns(comment.text)},
            ""};
  }

  std::string path_;
  const DirectiveContext &context_;
};

}  // namespace

std::vector<Directive> directivesIn(const Project &project,
                                    const DirectiveContext &context) {
  std::set<std::string> files = context.sources;
  for (const Dependency &dependency : project.inventory().dependencies)
    files.insert(dependency.at.path);
  std::vector<Directive> directives;
  for (const std::string &path : files) {
    const std::string &text = project.text(path);
    if (!StringRef(text).contains("NOLINT"))
      continue;
    FileDirectives(path, context)
        .read(context.sources.contains(path) ? commentsInSource(text)
                                             : commentsInProjectFile(text),
              directives);
  }
  return directives;
}

}  // namespace reproaudit
