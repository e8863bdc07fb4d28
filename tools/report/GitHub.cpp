// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Workflow commands, which GitHub Actions turns into annotations. A step may
// make ten of each level; GitHub drops the rest without a word, so the most
// important ones are printed, and how many are missing.
#include "Concat.h"
#include "Places.h"
#include "Selection.h"
#include "Writers.h"

#include <algorithm>
#include <array>
#include <vector>

namespace reproaudit {
namespace {

constexpr std::size_t kLimit = 10;

std::string escaped(std::string_view text, bool isProperty) {
  std::string result;
  for (const char c : text) {
    if (c == '%')
      result += "%25";
    else if (c == '\n')
      result += "%0A";
    else if (isProperty && c == ':')
      result += "%3A";
    else if (isProperty && c == ',')
      result += "%2C";
    else
      result += c;
  }
  return result;
}

std::string_view command(Level level) {
  return level == Level::Note ? "notice" : name(level);
}

std::string annotation(const Finding &finding, const SourceTexts &texts) {
  const Range at = oneLine(finding.at, texts);
  std::string message = visible(sentence(finding.message));
  if (finding.cure)
    message += concat("\nTo fix: ", visible(finding.cure->text), ".");
  return concat(
      "::", command(finding.level), " file=", escaped(visible(at.path), true),
      ",line=", at.line, ",endLine=", at.endLine, ",col=", at.column,
      ",endColumn=", at.endColumn, ",title=", escaped(finding.rule, true),
      "::", escaped(message, false), "\n");
}

std::string annotation(const Notice &notice) {
  std::string place;
  if (!notice.path.empty())
    place = concat("file=", escaped(visible(notice.path), true),
                   ",line=", std::max(notice.line, 1U), ",");
  return concat("::", command(notice.level), " ", place,
                "title=", escaped(notice.id, true),
                "::", escaped(visible(sentence(notice.text)), false), "\n");
}

}  // namespace

std::string renderGitHub(const Report &report, const SourceTexts &texts,
                         const Style &) {
  std::array<std::vector<std::string>, 3> ofLevel;
  // What was not analysed comes first: without it, few findings look good.
  for (const Notice &notice : report.notices)
    ofLevel[static_cast<std::size_t>(notice.level)].push_back(
        annotation(notice));
  for (const Shown &each : byImportance(report))
    ofLevel[static_cast<std::size_t>(each.finding->level)].push_back(
        annotation(*each.finding, texts));

  std::size_t missing = 0;
  const auto cut = [&missing](std::vector<std::string> &lines,
                              std::size_t limit) {
    if (lines.size() <= limit)
      return;
    missing += lines.size() - limit;
    lines.resize(limit);
  };
  auto &[notes, warnings, errors] = ofLevel;
  cut(errors, kLimit);
  cut(warnings, kLimit);
  // The last notice says what is missing.
  cut(notes, missing > 0 || notes.size() > kLimit ? kLimit - 1 : kLimit);

  std::string out;
  for (const auto *lines : {&errors, &warnings, &notes})
    for (const std::string &line : *lines)
      out += line;
  if (missing > 0)
    out += concat("::notice title=reproaudit::", counted(missing, "annotation"),
                  " left out: GitHub shows 10 of each level. "
                  "`--output markdown` and `--output sarif` show all.\n");
  return out;
}

}  // namespace reproaudit
