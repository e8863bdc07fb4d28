// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One file to read offline: a plain document that needs no script, whose policy
// forbids every request.
#include "Concat.h"
#include "HtmlAssets.h"
#include "HtmlEvidence.h"
#include "HtmlText.h"
#include "Places.h"
#include "Selection.h"
#include "Writers.h"

#include "reproaudit/report/Edits.h"
#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/report/Unicode.h"

#include <md4c-html.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace reproaudit {
namespace {

/// More would make browsers slow; the most important ones are shown.
constexpr std::size_t kMaxFindings = 5000;

/// Several lines of code.
std::string block(std::string_view text) {
  std::string html = "<pre>";
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    html += htmlText(text.substr(0, size - (text[size - 1] == '\n' ? 1 : 0)));
    html += '\n';
    text.remove_prefix(size);
  }
  return html + "</pre>\n";
}

std::string markdown(std::string_view text) {
  std::string html;
  const auto append = [](const MD_CHAR *part, MD_SIZE size, void *target) {
    static_cast<std::string *>(target)->append(part, size);
  };
  md_html(text.data(), static_cast<MD_SIZE>(text.size()), append, &html,
          MD_FLAG_NOHTML, 0);
  return html;
}

std::string levelLabel(Level level) {
  return concat("<span class=\"level ", name(level), "\">", name(level),
                "</span>");
}

std::string anchor(const Shown &each) {
  std::string id = concat(each.finding->rule, "-", each.fingerprint);
  std::ranges::replace(id, ':', '-');
  return id;
}

std::string place(const Range &at) {
  return concat(at.path, ":", std::max(at.line, 1U), ":",
                std::max(at.column, 1U));
}

/// The first two folders of \p path, which is how people speak of a project.
std::string folder(std::string_view path) {
  std::size_t end = path.find('/');
  if (end != path.npos && path.find('/', end + 1) != path.npos)
    end = path.find('/', end + 1);
  return end == path.npos ? "." : std::string(path.substr(0, end));
}

class HtmlWriter {
public:
  HtmlWriter(const Report &report, const SourceTexts &texts)
      : report_(report), texts_(texts), rules_(rulesByName(report)),
        all_(byImportance(report)) {
    findings_.assign(
        all_.begin(),
        all_.begin() + static_cast<long>(std::min(all_.size(), kMaxFindings)));
    std::ranges::sort(findings_, [](const Shown &left, const Shown &right) {
      return *left.finding < *right.finding;
    });
  }

  std::string page();

private:
  void head();
  void notices();
  void tiles();
  void rulesTable();
  void foldersTable();
  void filter();
  void findings();
  void finding(const Shown &each);
  void source(const Range &at, unsigned around);
  void remarks(const Finding &finding);
  void fixes(const Finding &finding);
  void suppressed();
  void rules();

  const Report &report_;
  const SourceTexts &texts_;
  std::map<std::string_view, const RuleInfo *> rules_;
  std::vector<Shown> all_;
  std::vector<Shown> findings_;  ///< Those with a card, by place.
  std::string out_;
};

void HtmlWriter::head() {
  out_ += concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'; script-src '",
      kReportScriptHash,
      "'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"reproaudit ",
      REPROAUDIT_VERSION, "\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
      counts(all_), " - reproaudit</title>\n<style>", kReportStyle,
      "</style>\n</head>\n<body>\n"
      "<a class=\"skip\" href=\"#findings\">To the findings</a>\n"
      "<header>\n<p class=\"faint\">Reproducibility report</p>\n<h1>",
      sentence(counts(all_)), "</h1>\n<p>Looked ", extent(report_), ".");
  const Revision &revision = report_.revision;
  if (!revision.commit.empty())
    out_ +=
        concat(" Commit ", htmlCode(revision.commit.substr(0, 12)),
               revision.branch.empty() ? "" : " of ",
               revision.branch.empty() ? "" : htmlCode(revision.branch), ".");
  if (report_.known > 0)
    out_ += concat(" These are new: ", report_.known,
                   " known before are not shown.");
  out_ += "</p>\n</header>\n<main>\n";
}

void HtmlWriter::notices() {
  if (report_.notices.empty())
    return;
  out_ +=
      concat("<section class=\"alert\" id=\"notices\">\n<h2>",
             report_.complete ? "Notices" : "Not everything could be analysed",
             "</h2>\n<ul>\n");
  for (const Notice &notice : report_.notices)
    out_ += concat("<li>", levelLabel(notice.level), " ",
                   notice.path.empty() ? "" : htmlCode(notice.path) + " ",
                   htmlText(sentence(notice.text)), "</li>\n");
  out_ += "</ul>\n</section>\n";
}

/// How far results fail to repeat: the question that brought the reader here.
void HtmlWriter::tiles() {
  std::map<Scope, std::size_t> ofScope;
  for (const Shown &each : all_)
    if (const auto rule = rules_.find(each.finding->rule); rule != rules_.end())
      ++ofScope[rule->second->scope];
  if (ofScope.empty())
    return;
  out_ += "<ul class=\"tiles\">\n";
  for (const auto &[scope, count] : ofScope)
    out_ += concat("<li><strong>", count, "</strong> <span>", meaning(scope),
                   "</span></li>\n");
  out_ += "</ul>\n";
}

/// How often each name occurs, the most frequent first.
std::vector<std::pair<std::size_t, std::string>>
ranked(const std::map<std::string, std::size_t> &counts) {
  std::vector<std::pair<std::size_t, std::string>> result;
  result.reserve(counts.size());
  for (const auto &[name, count] : counts)
    result.emplace_back(count, name);
  std::ranges::sort(result, [](const auto &left, const auto &right) {
    return std::tie(right.first, left.second) <
           std::tie(left.first, right.second);
  });
  return result;
}

std::string bar(std::size_t count, std::size_t most) {
  return concat("<td class=\"count\">", count,
                "</td><td class=\"bar\"><svg aria-hidden=\"true\"><rect "
                "width=\"",
                count * 100 / most, "%\" height=\"100%\"/></svg></td></tr>\n");
}

void HtmlWriter::rulesTable() {
  std::map<std::string, std::size_t> ofRule;
  for (const Shown &each : all_)
    ++ofRule[each.finding->rule];
  if (ofRule.empty())
    return;
  out_ += "<h2>By rule</h2>\n<table>\n<thead><tr><th "
          "scope=\"col\">Rule</th><th scope=\"col\">What it "
          "finds</th><th "
          "scope=\"col\" "
          "class=\"count\">Findings</th><td></td></tr></thead>\n<tbody>\n";
  const auto rows = ranked(ofRule);
  for (const auto &[count, rule] : rows) {
    const auto info = rules_.find(rule);
    out_ += concat("<tr><td><a href=\"#", htmlText(rule), "\">", htmlCode(rule),
                   "</a></td><td>",
                   info == rules_.end()
                       ? ""
                       : htmlText(capitalised(info->second->summary)),
                   "</td>", bar(count, rows.front().first));
  }
  out_ += "</tbody>\n</table>\n";
}

void HtmlWriter::foldersTable() {
  constexpr std::size_t kRows = 12;
  std::map<std::string, std::size_t> ofFolder;
  for (const Shown &each : all_)
    ++ofFolder[folder(each.finding->at.path)];
  if (ofFolder.size() < 2)
    return;
  out_ += "<h2>By folder</h2>\n<table>\n<thead><tr><th "
          "scope=\"col\">Folder</th><th "
          "scope=\"col\" "
          "class=\"count\">Findings</th><td></td></tr></thead>\n<tbody>\n";
  const auto rows = ranked(ofFolder);
  for (std::size_t i = 0; i < std::min(rows.size(), kRows); ++i)
    out_ += concat("<tr><td>", htmlCode(rows[i].second), "</td>",
                   bar(rows[i].first, rows.front().first));
  out_ += "</tbody>\n</table>\n";
  if (rows.size() > kRows)
    out_ += concat("<p class=\"faint\">and ",
                   counted(rows.size() - kRows, "more folder"), "</p>\n");
}

/// Shown by the script, because it does nothing without.
void HtmlWriter::filter() {
  out_ +=
      "<fieldset class=\"filter\" "
      "hidden>\n<legend>Filter</legend>\n<label>Search <input type=\"search\" "
      "name=\"text\" aria-keyshortcuts=\"/\"></label>\n";
  for (const Level level : {Level::Error, Level::Warning, Level::Note})
    out_ += concat("<label><input type=\"checkbox\" name=\"", name(level),
                   "\" checked> ", name(level), "s</label>\n");
  out_ += "<label>Rule <select name=\"rule\"><option value=\"\">all</option>";
  std::set<std::string_view> used;
  for (const Shown &each : findings_)
    used.insert(each.finding->rule);
  for (const std::string_view rule : used)
    out_ += concat("<option>", htmlText(rule), "</option>");
  out_ += "</select></label>\n<button type=\"button\" name=\"toggle\">Open or "
          "close all</button>\n<output></output>\n<span class=\"faint\">Keys: "
          "<kbd>/</kbd> search, <kbd>j</kbd> next, <kbd>k</kbd> previous, "
          "<kbd>Enter</kbd> open</span>\n</fieldset>\n";
}

void HtmlWriter::findings() {
  out_ += "<h2 id=\"findings\">Findings</h2>\n";
  if (findings_.empty()) {
    out_ += "<p>None.</p>\n";
    return;
  }
  if (findings_.size() < all_.size())
    out_ += concat("<p class=\"alert\">The ", findings_.size(),
                   " most important of ", all_.size(),
                   " findings are shown; <code>--output json</code> has "
                   "all.</p>\n");
  filter();
  std::string_view path;
  for (const Shown &each : findings_) {
    if (each.finding->at.path != path) {
      out_ += path.empty() ? "" : "</section>\n";
      path = each.finding->at.path;
      out_ += concat("<section class=\"file\" data-path=\"", htmlText(path),
                     "\">\n<h3>", htmlCode(path), "</h3>\n");
    }
    finding(each);
  }
  out_ += "</section>\n";
}

void HtmlWriter::finding(const Shown &each) {
  const Finding &finding = *each.finding;
  const std::string id = anchor(each);
  out_ +=
      concat("<details class=\"finding\" id=\"", htmlText(id),
             "\" data-level=\"", name(finding.level), "\" data-rule=\"",
             htmlText(finding.rule), "\">\n<summary>", htmlCode(finding.rule),
             levelLabel(finding.level), " line ", std::max(finding.at.line, 1U),
             ": ", htmlText(sentence(finding.message)), "</summary>\n<div>\n");
  source(finding.at, 3);
  remarks(finding);
  fixes(finding);
  const auto rule = rules_.find(finding.rule);
  if (rule != rules_.end()) {
    const RuleInfo &info = *rule->second;
    out_ +=
        concat("<h4>Why it matters</h4>\n<p>", capitalised(meaning(info.scope)),
               ". <a href=\"#", htmlText(info.name), "\">",
               htmlText(capitalised(info.summary)), "</a> explains it.</p>\n");
    if (!isProjectFamily(info.family))
      out_ += concat("<h4>If it is harmless here</h4>\n<pre>// NOLINT(",
                     htmlText(info.name), "): say why</pre>\n");
  }
  out_ += concat(
      "<p class=\"faint\">",
      finding.function.empty() ? "" : "In " + htmlCode(finding.function) + ". ",
      "<a href=\"#", htmlText(id),
      "\">Link to this finding</a></p>\n"
      "</div>\n</details>\n");
}

/// The lines of \p at and \p around of them before and after.
void HtmlWriter::source(const Range &at, unsigned around) {
  if (at.line == 0 || texts_.lineCount(at.path) < at.line)
    return;
  const Range shown = oneLine(at, texts_);
  const unsigned first = at.line > around ? at.line - around : 1;
  const unsigned last = std::min(at.line + around, texts_.lineCount(at.path));
  out_ += "<pre class=\"code\">";
  for (unsigned i = first; i <= last; ++i) {
    const std::string_view line = texts_.line(at.path, i);
    const bool isShown = i == at.line;
    const std::size_t begin =
        isShown ? byteOfColumn(line, shown.column) : line.size();
    const std::size_t end =
        isShown ? byteOfColumn(line, shown.endColumn) : line.size();
    out_ += concat("<span class=\"line", isShown ? " at" : "",
                   "\"><span class=\"number\">", i, "</span>",
                   htmlText(line.substr(0, begin)));
    if (isShown)
      out_ += concat("<mark>", htmlText(line.substr(begin, end - begin)),
                     "</mark>", htmlText(line.substr(end)));
    out_ += "\n</span>";
  }
  out_ += "</pre>\n";
}

void HtmlWriter::remarks(const Finding &finding) {
  if (!finding.flow.empty()) {
    out_ += "<h4>How it comes about</h4>\n<ol class=\"flow\">\n";
    for (const Remark &step : finding.flow) {
      out_ += concat("<li>", htmlText(sentence(step.text)),
                     " <span class=\"faint\">", htmlText(place(step.at)),
                     "</span>\n");
      source(step.at, 0);
      out_ += "</li>\n";
    }
    out_ += "</ol>\n";
  }
  if (finding.cure)
    out_ += concat("<h4>What to do</h4>\n<p>",
                   htmlText(sentence(finding.cure->text)), "</p>\n");
}

/// The element for a line of a diff.
std::string_view diffTag(std::string_view line) {
  if (line.starts_with("+++") || line.starts_with("---"))
    return "span";
  if (line.starts_with('+'))
    return "ins";
  return line.starts_with('-') ? "del" : "span";
}

void HtmlWriter::fixes(const Finding &finding) {
  for (const Fix &fix : finding.fixes) {
    out_ += concat("<h4>Fix: ", htmlText(fix.title),
                   fix.safe ? "" : " (changes the meaning; check it)",
                   "</h4>\n<pre>");
    const std::string diff = unifiedDiff(fix.edits, texts_);
    for (std::string_view rest = diff; !rest.empty();) {
      const std::size_t size = rest.find('\n') + 1;
      const std::string_view line = rest.substr(0, size - 1);
      const std::string_view tag = diffTag(line);
      out_ += concat("<", tag, ">", htmlText(line), "</", tag, ">\n");
      rest.remove_prefix(size);
    }
    out_ += "</pre>\n";
  }
}

void HtmlWriter::suppressed() {
  std::string rows;
  for (const Finding &finding : report_.findings)
    if (finding.suppression)
      rows += concat("<tr><td>", htmlCode(place(finding.at)), "</td><td>",
                     htmlCode(finding.rule), "</td><td>",
                     finding.suppression->reason.empty()
                         ? "<em>no reason given</em>"
                         : htmlText(finding.suppression->reason),
                     "</td></tr>\n");
  if (!rows.empty())
    out_ += concat("<h2 id=\"suppressed\">Suppressed</h2>\n<table>\n<thead><tr>"
                   "<th scope=\"col\">Place</th><th scope=\"col\">Rule</th><th "
                   "scope=\"col\">Reason</th></tr></thead>\n"
                   "<tbody>\n",
                   rows, "</tbody>\n</table>\n");
}

/// The pages of the rules that found something.
void HtmlWriter::rules() {
  std::string sections;
  for (const auto &[name, info] : rules_) {
    const auto isOf = [&name](const Shown &each) {
      return each.finding->rule == name;
    };
    if (std::ranges::none_of(findings_, isOf))
      continue;
    sections += concat(
        "<section class=\"rule\" id=\"", name, "\">\n<h3>", htmlCode(name),
        "</h3>\n<p>", htmlText(capitalised(info->summary)), ".</p>\n",
        markdown(info->why), "<h4>Reported</h4>\n", block(trimmed(info->bad)),
        "<h4>Use instead</h4>\n", block(trimmed(info->good)),
        "<h4>Limits</h4>\n", markdown(info->limits),
        "<p class=\"faint\"><a href=\"", ruleUri(*info),
        "\">Documentation</a></p>\n</section>\n");
  }
  if (!sections.empty())
    out_ += "<h2 id=\"rules\">The rules behind the findings</h2>\n" + sections;
}

std::string HtmlWriter::page() {
  head();
  notices();
  tiles();
  rulesTable();
  foldersTable();
  if (report_.evidence)
    out_ += htmlOf(*report_.evidence);
  findings();
  suppressed();
  rules();
  out_ +=
      concat("</main>\n<footer class=\"faint\"><p>reproaudit ",
             REPROAUDIT_VERSION, ". ", counted(report_.rules.size(), "rule"),
             " enabled.</p></footer>\n<script>", kReportScript,
             "</script>\n</body>\n</html>\n");
  return std::move(out_);
}

}  // namespace

std::string renderHtml(const Report &report, const SourceTexts &texts,
                       const Style &) {
  return HtmlWriter(report, texts).page();
}

}  // namespace reproaudit
