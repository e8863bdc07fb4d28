// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "HtmlEvidence.h"

#include "Concat.h"
#include "HtmlText.h"
#include "Places.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

namespace reproaudit {
namespace {

/// A table that small screens scroll sideways, by keyboard too.
std::string wide(std::string_view title, std::string_view table) {
  return concat("<h3>", title,
                "</h3>\n<section class=\"wide\" tabindex=\"0\" "
                "aria-label=\"",
                title, "\">\n", table, "</section>\n");
}

/// A row for each output, a column for each factor that could be applied.
std::string matrix(const Evidence &evidence) {
  std::string head = "<tr><th scope=\"col\">Output</th>";
  std::vector<std::string> names;
  for (const FactorEvidence &factor : evidence.factors)
    if (factor.state != "not-applicable") {
      names.push_back(factor.name);
      head += concat("<th scope=\"col\">", htmlText(factor.name), "</th>");
    }
  std::string rows;
  for (const ArtifactEvidence &artifact : evidence.artifacts) {
    rows += concat("<tr><th scope=\"row\">", htmlCode(artifact.name), "</th>");
    for (const std::string &name : names)
      rows +=
          std::ranges::find(artifact.factors, name) != artifact.factors.end()
              ? "<td class=\"differs\">differs</td>"
              : "<td class=\"faint\">same</td>";
    rows += "</tr>\n";
  }
  if (rows.empty() || names.empty())
    return "";
  return wide("What changes which output",
              concat("<table class=\"matrix\">\n<thead>", head,
                     "</tr></thead>\n<tbody>\n", rows, "</tbody>\n</table>\n"));
}

std::string shortest(double number) {
  char digits[32];
  const auto end = std::to_chars(digits, std::end(digits), number,
                                 std::chars_format::scientific, 1);
  return {digits, end.ptr};
}

/// How far \p relative is on a scale from one part in 10^17 to a whole.
int percent(double relative) {
  constexpr double kDecades = 17;
  if (!(relative > 0))
    return 0;
  return static_cast<int>(
      std::clamp((std::log10(relative) + kDecades) / kDecades, 0.0, 1.0) * 100);
}

std::string divergence(const Evidence &evidence) {
  std::string rows;
  for (const ArtifactEvidence &artifact : evidence.artifacts)
    if (artifact.relative)
      rows += concat(
          "<tr><td>", htmlCode(artifact.name), "</td><td>",
          htmlText(artifact.where), "</td><td>", htmlCode(artifact.a),
          "</td><td>", htmlCode(artifact.b), "</td><td class=\"count\">",
          shortest(*artifact.relative),
          "</td><td class=\"bar\"><svg aria-hidden=\"true\"><rect width=\"",
          percent(*artifact.relative),
          "%\" height=\"100%\"/></svg></td></tr>\n");
  if (rows.empty())
    return "";
  return wide(
      "How far numbers diverge",
      concat("<table>\n<thead><tr><th scope=\"col\">Output</th><th "
             "scope=\"col\">Where</th><th scope=\"col\">One run</th><th "
             "scope=\"col\">Another</th><th scope=\"col\" "
             "class=\"count\">Relative</th><th scope=\"col\" "
             "class=\"bar\">10<sup>-17</sup> to 1</th></tr></thead>\n"
             "<tbody>\n",
             rows, "</tbody>\n</table>\n"));
}

std::string factors(const Evidence &evidence) {
  std::string rows;
  for (const FactorEvidence &factor : evidence.factors)
    rows += concat("<tr><td>", htmlCode(factor.name), "</td><td",
                   factor.state == "differs" ? " class=\"differs\">" : ">",
                   htmlText(factor.state), "</td><td class=\"count\">",
                   factor.differing, " of ", factor.runs, "</td><td>",
                   htmlText(capitalised(factor.reason)), "</td></tr>\n");
  return concat("<h3>What was changed</h3>\n<table>\n<thead><tr><th "
                "scope=\"col\">Factor</th><th scope=\"col\">Output</th><th "
                "scope=\"col\" class=\"count\">Runs</th><th "
                "scope=\"col\">Why</th></tr></thead>\n<tbody>\n",
                rows, "</tbody>\n</table>\n");
}

}  // namespace

std::string htmlOf(const Evidence &evidence) {
  return concat("<h2 id=\"runs\">Runs</h2>\n<p>", counted(evidence.runs, "run"),
                ". As it is: ", htmlText(evidence.natural), ".</p>\n",
                matrix(evidence), divergence(evidence), factors(evidence));
}

}  // namespace reproaudit
