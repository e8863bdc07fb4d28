// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Concat.h"
#include "Places.h"
#include "Selection.h"
#include "Writers.h"

#include "reproaudit/report/Edits.h"
#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/report/Unicode.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace reproaudit {
namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kGreen = "\x1b[1;32m";

std::string_view colourOf(std::string_view word) {
  if (word == "error")
    return "\x1b[1;31m";
  return word == "warning" ? "\x1b[1;35m" : "\x1b[1;36m";
}

/// Columns that \p c takes on a terminal: East Asian characters and emoji two,
/// combining marks none.
unsigned width(char32_t c) {
  struct Block {
    char32_t first, last;
  };
  constexpr Block kWide[] = {
      {0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
      {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
      {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
  if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) ||
      (c >= 0xFE00 && c <= 0xFE0F))
    return 0;
  return std::ranges::any_of(
             kWide,
             [c](Block block) { return c >= block.first && c <= block.last; })
             ? 2
             : 1;
}

class TextWriter {
public:
  TextWriter(const SourceTexts &texts, const Style &style)
      : texts_(texts), style_(style) {}

  void finding(const Finding &finding) {
    headline(finding.at, name(finding.level), finding.message,
             concat(" [", finding.rule, "]"));
    source(finding.at);
    for (const Remark &remark : finding.flow)
      note(remark, finding.at);
    if (finding.cure)
      note(*finding.cure, finding.at);
  }

  /// What `text` leaves out: how far the result fails to repeat and why, once
  /// for each rule, and the fixes.
  void details(const Finding &finding, const RuleInfo *rule) {
    if (rule) {
      paragraph("scope", meaning(rule->scope));
      if (explained_.insert(rule->name).second)
        paragraph("why", plainText(rule->why));
    }
    for (const Fix &fix : finding.fixes) {
      paragraph(fix.safe ? "fix" : "unsafe fix", fix.title);
      diff(unifiedDiff(fix.edits, texts_));
    }
    if (rule)
      paragraph("more", concat("reproaudit explain ", rule->name));
    out_ += '\n';
  }

  std::string take() { return std::move(out_); }

private:
  /// A remark without a place is about the finding's own.
  void note(const Remark &remark, const Range &ofFinding) {
    const Range &at = remark.at.path.empty() ? ofFinding : remark.at;
    headline(at, "note", remark.text, "");
    // The line of the finding has just been shown.
    const auto start = [](const Range &range) {
      return std::tie(range.path, range.line, range.column);
    };
    if (start(at) != start(ofFinding))
      source(at);
  }

  void headline(const Range &at, std::string_view word,
                std::string_view message, std::string_view suffix) {
    paint(kBold, concat(visible(at.path), ":", std::max(at.line, 1U), ":",
                        std::max(at.column, 1U), ": "));
    paint(colourOf(word), concat(word, ": "));
    paint(kBold, visible(message));
    out_ += suffix;
    out_ += '\n';
  }

  /// The source line of \p at and a caret below it.
  void source(const Range &at) {
    if (at.line == 0 || texts_.line(at.path, at.line).empty())
      return;
    const Range shown = oneLine(at, texts_);
    const std::string_view whole = texts_.line(at.path, at.line);
    const auto [line, skipped] = window(whole, shown.column);
    const unsigned column = shown.column - skipped;

    const std::string number = std::to_string(at.line);
    const std::string gutter(5 - std::min<std::size_t>(number.size(), 5), ' ');
    out_ += concat(gutter, number, " | ", visible(line), "\n");
    out_ += std::string(gutter.size() + number.size(), ' ') + " | ";
    const std::size_t caret = byteOfColumn(line, column);
    out_ += blanks(line.substr(0, caret));
    const std::size_t end = byteOfColumn(line, shown.endColumn - skipped);
    paint(kGreen, underline(line.substr(caret, std::max(end, caret) - caret)));
    out_ += '\n';
  }

  struct Window {
    std::string_view line;
    unsigned skipped;  ///< Columns left out before it.
  };

  /// The part around \p column of a line too long to be read.
  static Window window(std::string_view line, unsigned column) {
    constexpr unsigned kBefore = 60, kLength = 160;
    if (line.size() <= kLength)
      return {line, 0};
    const unsigned skipped = column > kBefore ? column - kBefore : 0;
    const std::size_t begin = byteOfColumn(line, skipped + 1);
    const std::size_t end = byteOfColumn(line, skipped + 1 + kLength);
    return {line.substr(begin, end - begin), skipped};
  }

  /// \p text behind "  = label: ", folded at 80 columns.
  void paragraph(std::string_view label, std::string_view text) {
    constexpr std::size_t kWidth = 80;
    std::string line = concat("  = ", label, ":");
    const auto flush = [&] {
      out_ += visible(line) + "\n";
      line = "   ";
    };
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end =
          std::min(text.find_first_of(" \n", begin), text.size());
      const std::string_view word = text.substr(begin, end - begin);
      if (!word.empty() && line.size() + 1 + word.size() > kWidth &&
          line != "   ")
        flush();
      if (!word.empty())
        line += concat(" ", word);
      begin = end + 1;
    }
    flush();
  }

  void diff(std::string_view lines) {
    while (!lines.empty()) {
      const std::size_t size = lines.find('\n');
      const std::string_view line = lines.substr(0, size);
      out_ += "    ";
      paint(line.starts_with('+')   ? kGreen
            : line.starts_with('-') ? colourOf("error")
                                    : "",
            visible(line));
      out_ += '\n';
      lines.remove_prefix(size + 1);
    }
  }

  static std::string blanks(std::string_view text) {
    std::string result;
    while (!text.empty()) {
      const CodePoint point = decode(text);
      if (point.value == '\t')
        result += '\t';
      else
        result.append(width(point.value), ' ');
      text.remove_prefix(point.size);
    }
    return result;
  }

  static std::string underline(std::string_view text) {
    unsigned columns = 0;
    while (!text.empty()) {
      const CodePoint point = decode(text);
      columns += width(point.value);
      text.remove_prefix(point.size);
    }
    return "^" + std::string(columns > 1 ? columns - 1 : 0, '~');
  }

  void paint(std::string_view colour, std::string_view text) {
    if (style_.colour && !colour.empty())
      out_ += concat(colour, text, kReset);
    else
      out_ += text;
  }

  const SourceTexts &texts_;
  const Style &style_;
  std::string out_;
  std::set<std::string_view> explained_;
};

}  // namespace

std::string renderText(const Report &report, const SourceTexts &texts,
                       const Style &style) {
  TextWriter writer(texts, style);
  for (const Finding &finding : report.findings)
    if (!finding.suppression)
      writer.finding(finding);
  return writer.take();
}

std::string renderFull(const Report &report, const SourceTexts &texts,
                       const Style &style) {
  const auto rules = rulesByName(report);
  TextWriter writer(texts, style);
  for (const Finding &finding : report.findings) {
    if (finding.suppression)
      continue;
    writer.finding(finding);
    const auto rule = rules.find(finding.rule);
    writer.details(finding, rule == rules.end() ? nullptr : rule->second);
  }
  return writer.take();
}

}  // namespace reproaudit
