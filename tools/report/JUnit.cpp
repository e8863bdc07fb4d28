// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// JUnit XML: every enabled rule is a test case, which fails if it has a warning
// or an error; a unit that could not be analysed is a test case in error. So a
// case keeps its name from run to run, which is what servers compare.
#include "Concat.h"
#include "HtmlText.h"
#include "Places.h"
#include "Selection.h"
#include "Writers.h"

namespace reproaudit {
namespace {

std::string lineFor(const Finding &finding, const SourceTexts &texts) {
  const Range at = oneLine(finding.at, texts);
  std::string line =
      concat(visible(at.path), ":", at.line, ":", at.column, ": ",
             name(finding.level), ": ", visible(finding.message), "\n");
  if (finding.cure)
    line += concat("    to fix: ", visible(finding.cure->text), "\n");
  return line;
}

struct Suite {
  std::string cases;
  std::size_t tests = 0, failures = 0, errors = 0;
};

void addRule(Suite &suite, const RuleInfo &rule,
             const std::vector<Shown> &findings, const SourceTexts &texts) {
  std::string failing, notes;
  std::size_t count = 0;
  for (const Shown &each : findings) {
    if (each.finding->rule != rule.name)
      continue;
    const bool isNote = each.finding->level == Level::Note;
    (isNote ? notes : failing) += lineFor(*each.finding, texts);
    count += isNote ? 0 : 1;
  }
  ++suite.tests;
  suite.cases += concat("    <testcase classname=\"reproaudit.",
                        name(rule.family), "\" name=\"", rule.name, "\">\n");
  if (count > 0) {
    ++suite.failures;
    suite.cases += concat(
        "      <failure type=\"", rule.name, "\" message=\"",
        xmlText(counted(count, "finding") + ": " + std::string(rule.summary)),
        "\">", xmlText(failing), "</failure>\n");
  }
  if (!notes.empty())
    suite.cases +=
        concat("      <system-out>", xmlText(notes), "</system-out>\n");
  suite.cases += "    </testcase>\n";
}

void addNotice(Suite &suite, const Notice &notice) {
  if (notice.level != Level::Error)
    return;
  ++suite.tests;
  ++suite.errors;
  suite.cases += concat(
      "    <testcase classname=\"reproaudit.analysis\" name=\"",
      xmlText(visible(notice.path.empty() ? notice.id : notice.path)),
      "\">\n      <error type=\"", xmlText(visible(notice.id)), "\" message=\"",
      xmlText(visible(sentence(notice.text))), "\"/>\n    </testcase>\n");
}

std::string totals(const Suite &suite) {
  return concat("tests=\"", suite.tests, "\" failures=\"", suite.failures,
                "\" errors=\"", suite.errors, "\"");
}

}  // namespace

std::string renderJUnit(const Report &report, const SourceTexts &texts,
                        const Style &) {
  const std::vector<Shown> findings = shown(report);
  Suite suite;
  for (const RuleInfo *rule : report.rules)
    addRule(suite, *rule, findings, texts);
  for (const Notice &notice : report.notices)
    addNotice(suite, notice);
  return concat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<testsuites name=\"reproaudit\" ",
                totals(suite), ">\n  <testsuite name=\"reproaudit\" ",
                totals(suite), ">\n", suite.cases,
                "  </testsuite>\n</testsuites>\n");
}

}  // namespace reproaudit
