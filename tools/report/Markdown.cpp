// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Markdown for a step summary or a merge request: what matters first, and never
// more than the 1 MiB that GitHub takes.
#include "Concat.h"
#include "Places.h"
#include "Selection.h"
#include "Writers.h"

#include "reproaudit/report/RuleMarkdown.h"

namespace reproaudit {
namespace {

/// \p text without anything that Markdown or HTML would act on.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : visible(text)) {
    if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else if (std::string_view("\\`*_[]|~#>@").contains(c))
      result += {'\\', c};
    else
      result += c;
  }
  return result;
}

/// A code span around \p text, whatever backticks are in it.
std::string code(std::string_view text) {
  std::string fence = "`";
  while (text.contains(fence))
    fence += '`';
  const std::string inner = visible(text);
  return fence.size() == 1 ? concat(fence, inner, fence)
                           : concat(fence, " ", inner, " ", fence);
}

/// Rules by number of findings, in a table.
std::string table(const Report &report, const std::vector<Shown> &findings) {
  std::string rows;
  for (const RuleInfo *rule : report.rules) {
    std::size_t count = 0;
    for (const Shown &each : findings)
      count += each.finding->rule == rule->name ? 1 : 0;
    if (count > 0)
      rows += concat("| [", rule->name, "](", ruleUri(*rule), ") | ", count,
                     " | ", escaped(capitalised(rule->summary)), " |\n");
  }
  return rows.empty() ? ""
                      : "\n| rule | findings | what it means |\n"
                        "| --- | ---: | --- |\n" +
                            rows;
}

std::string_view mark(Level level) {
  switch (level) {
  case Level::Note:
    return ":information_source:";
  case Level::Warning:
    return ":warning:";
  case Level::Error:
    return ":x:";
  }
  return "";
}

std::string entry(const Finding &finding, const SourceTexts &texts) {
  const Range at = oneLine(finding.at, texts);
  std::string text = concat("\n", mark(finding.level), " ",
                            code(concat(at.path, ":", at.line, ":", at.column)),
                            " **", escaped(sentence(finding.message)), "** ",
                            code(finding.rule), "\n");
  const std::string_view source(texts.line(at.path, at.line));
  if (const std::size_t indent = source.find_first_not_of(" \t");
      indent != source.npos && finding.at.line > 0)
    text += concat("\n- ", code(source.substr(indent)), "\n");
  else
    text += "\n";
  for (const Remark &step : finding.flow)
    text += concat("- ", code(concat(step.at.path, ":", step.at.line)), " ",
                   escaped(step.text), "\n");
  if (finding.cure)
    text += concat("- To fix: ", escaped(finding.cure->text), ".\n");
  return text;
}

std::string failures(const Report &report) {
  std::string list;
  for (const Notice &notice : report.notices)
    list += concat("- ", mark(notice.level), " ",
                   escaped(sentence(notice.text)), "\n");
  return list.empty() ? "" : "\n### Not analysed as asked\n\n" + list;
}

}  // namespace

std::string renderMarkdown(const Report &report, const SourceTexts &texts,
                           const Style &) {
  constexpr std::size_t kLimit = (1 << 20) - 4096;
  const std::vector<Shown> findings = byImportance(report);
  std::string out =
      concat("## reproaudit: ", counts(findings), "\n\nLooked ", extent(report),
             report.complete ? "" : "; some of it could not be analysed", ".\n",
             failures(report), table(report, findings));
  std::size_t left = findings.size();
  for (const Shown &each : findings) {
    const std::string text = entry(*each.finding, texts);
    if (out.size() + text.size() > kLimit)
      break;
    out += text;
    --left;
  }
  if (left > 0)
    out += concat("\n**", counted(left, "more finding"),
                  " not shown**: a step summary ends at 1 MiB.\n");
  return out;
}

}  // namespace reproaudit
