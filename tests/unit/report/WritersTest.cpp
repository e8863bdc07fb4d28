// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What golden files cannot show: limits, hostile input, and that every format
// takes everything.
#include "Samples.h"

#include "reproaudit/report/Formats.h"
#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/report/Unicode.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

using namespace reproaudit;

namespace {

std::string render(std::string_view format, const Report &report) {
  const SourceTexts texts(samples::sourceRoot());
  return findFormat(format)->render(report, texts, {});
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos;
       at = text.find(part, at + part.size()))
    ++found;
  return found;
}

TEST(Writers, areFoundByName) {
  for (const Format &format : formats())
    EXPECT_EQ(findFormat(format.name), &format);
  EXPECT_EQ(findFormat("xml"), nullptr);
  EXPECT_EQ(findFormat(""), nullptr);
}

TEST(Writers, everyFormatTakesEverything) {
  Report hostile = samples::full();
  Finding worst = hostile.findings.front();
  worst.at = {"../\x1b[2J\n<b>\xFF", 4000000000U, 4000000000U, 1, 1};
  worst.message = "</script>]]>\x1b[31m\xE2\x80\xAE%0A|`\n";
  worst.function = worst.statement = worst.message;
  worst.flow = {{worst.at, worst.message}, {{}, ""}};
  worst.cure = Remark{worst.at, worst.message};
  worst.fixes = {{.title = worst.message, .edits = {{worst.at, "x"}}}};
  hostile.findings.push_back(worst);
  worst.rule = "repro-unknown";
  hostile.findings.push_back(worst);
  hostile.findings.emplace_back();
  hostile.notices.push_back({Level::Error, "", worst.at.path, 9, ""});
  for (const Format &format : formats()) {
    const std::string text = render(format.name, hostile);
    EXPECT_EQ(validUtf8(text), text) << format.name;
    EXPECT_EQ(text.find('\x1b'), text.npos) << format.name;
    EXPECT_EQ(text.find('\r'), text.npos) << format.name;
    EXPECT_TRUE(text.ends_with('\n')) << format.name;
    EXPECT_EQ(render(format.name, hostile), text) << format.name;
  }
}

TEST(Writers, suppressedFindingsAreNotShown) {
  for (const char *format :
       {"text", "full", "github", "gitlab", "junit", "rdjson", "markdown"})
    EXPECT_EQ(render(format, samples::full()).find("latin1.cpp:3:29"),
              std::string::npos)
        << format;
  EXPECT_NE(render("html", samples::full()).find("latin1.cpp:3:29"),
            std::string::npos)
      << "HTML has a table of them";
}

TEST(Writers, cleanTextIsEmpty) {
  EXPECT_EQ(render("text", samples::clean()), "");
  EXPECT_EQ(render("github", samples::clean()), "");
}

TEST(Writers, githubKeepsToItsLimits) {
  const Report report = samples::many(300);
  const std::string text = render("github", report);
  EXPECT_EQ(count(text, "::error "), 10U);
  EXPECT_EQ(count(text, "::warning "), 10U);
  EXPECT_EQ(count(text, "::notice "), 10U);
  EXPECT_NE(text.find("271 annotations left out"), text.npos);
  EXPECT_TRUE(text.starts_with("::error"));

  const std::string few = render("github", samples::many(9));
  EXPECT_EQ(few.find("left out"), few.npos);
}

TEST(Writers, markdownFitsIntoAStepSummary) {
  const std::string text = render("markdown", samples::many(20000));
  EXPECT_LT(text.size(), 1U << 20);
  EXPECT_GT(text.size(), 1000000U) << "the room is used";
  EXPECT_NE(text.find("more findings not shown"), text.npos);
}

TEST(Writers, htmlSaysWhatItLeavesOut) {
  const std::string text = render("html", samples::many(5003));
  EXPECT_EQ(count(text, "<details class=\"finding\""), 5000U);
  EXPECT_NE(text.find("5000 most important of 5003"), text.npos);
}

TEST(Writers, onlyForeignBytesAreReplaced) {
  for (const char *format : {"text", "full", "html", "markdown", "junit"})
    EXPECT_EQ(render(format, samples::ordinary()).find("\uFFFD"),
              std::string::npos)
        << format;
}

TEST(Writers, sarifEmbedsNoMoreThanAMebibyte) {
  const std::string root = samples::sourceRoot();
  std::ofstream(root + "/big.cpp") << std::string(2 << 20, 'x');
  Report report = samples::ordinary();
  report.findings.front().at.path = "big.cpp";
  std::ranges::sort(report.findings);
  const auto log = nlohmann::json::parse(render("sarif", report));
  for (const auto &artifact : log["runs"][0]["artifacts"])
    EXPECT_EQ(artifact.contains("contents"),
              artifact["location"]["uri"] != "big.cpp");
}

TEST(Writers, sarifNamesPublicRepositoriesOnly) {
  const auto uriOf = [](const char *remote) {
    Report report = samples::clean();
    report.revision.repository = remote;
    const auto run = nlohmann::json::parse(render("sarif", report))["runs"][0];
    return run.contains("versionControlProvenance")
               ? run["versionControlProvenance"][0]["repositoryUri"]
                     .get<std::string>()
               : "";
  };
  EXPECT_EQ(uriOf("https://example.org/a/b.git"),
            "https://example.org/a/b.git");
  EXPECT_EQ(uriOf("https://me:secret@example.org/a"), "https://example.org/a");
  EXPECT_EQ(uriOf("git@example.org:a/b.git"), "https://example.org/a/b.git");
  EXPECT_EQ(uriOf("ssh://git@example.org/a/b"), "https://example.org/a/b");
  EXPECT_EQ(uriOf("/srv/git/a.git"), "");
  EXPECT_EQ(uriOf("file:///srv/git/a.git"), "");
  EXPECT_EQ(uriOf("../a"), "");
}

TEST(Writers, longLinesAreCutAroundTheCaret) {
  const std::string root = samples::sourceRoot();
  std::ofstream(root + "/long.cpp")
      << std::string(5000, 'a') + "HERE" + std::string(5000, 'b');
  Report report = samples::clean();
  Finding finding;
  finding.at = {"long.cpp", 1, 5001, 1, 5005};
  finding.rule = "repro-x";
  report.findings = {finding};
  const std::string text = render("text", report);
  EXPECT_LT(text.size(), 500U);
  const std::size_t caret = text.find('^'), here = text.find("HERE");
  ASSERT_NE(here, text.npos);
  EXPECT_EQ(caret - text.rfind('\n', caret), here - text.rfind('\n', here));
}

TEST(RuleMarkdown, plainTextHasNoMarks) {
  EXPECT_EQ(plainText("\nOne `two`\n**three**.\n\nFour.\n"),
            "One two three.\n\nFour.");
}

}  // namespace
