// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Samples.h"

#include "reproaudit/report/Fingerprint.h"
#include "reproaudit/report/Formats.h"
#include "reproaudit/report/SarifReader.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace reproaudit;

namespace {

const RuleInfo *findRule(std::string_view name) {
  const Report report = samples::clean();
  const auto rule = std::ranges::find(report.rules, name, &RuleInfo::name);
  return rule == report.rules.end() ? nullptr : *rule;
}

std::string sarif(const Report &report, const SourceTexts &texts) {
  return findFormat("sarif")->render(report, texts, {});
}

std::string sarif(const Report &report) {
  return sarif(report, SourceTexts(samples::sourceRoot()));
}

SarifLog read(const std::string &text) {
  auto log = readSarif(text, findRule);
  if (const auto *problem = std::get_if<std::string>(&log)) {
    ADD_FAILURE() << *problem;
    return {};
  }
  return std::get<SarifLog>(std::move(log));
}

std::string problem(const std::string &text) {
  const auto log = readSarif(text, findRule);
  const auto *sentence = std::get_if<std::string>(&log);
  return sentence ? *sentence : "";
}

TEST(SarifReader, writingWhatWasReadGivesTheSameLog) {
  for (Report (*report)() :
       {samples::full, samples::ordinary, samples::clean}) {
    const std::string log = sarif(report());
    EXPECT_EQ(sarif(read(log).report), log);
  }
}

TEST(SarifReader, logNeedsNoSources) {
  const std::string log = sarif(samples::ordinary());
  const SarifLog again = read(log);
  EXPECT_EQ(sarif(again.report, SourceTexts("/nowhere", again.texts)), log);
}

TEST(SarifReader, fingerprintsStay) {
  const Report report = samples::ordinary();
  EXPECT_EQ(contextFingerprints(read(sarif(report)).report.findings),
            contextFingerprints(report.findings));
}

TEST(SarifReader, findingsAreWhatTheyWere) {
  Report report = samples::ordinary();
  // A log holds one line of each place, and a whole file is its first line.
  std::erase_if(report.findings,
                [](const Finding &finding) { return finding.at.line == 0; });
  for (Finding &finding : report.findings)
    std::erase_if(finding.flow, [](const Remark &step) {
      return step.at.endLine > step.at.line;
    });
  const Report again = read(sarif(report)).report;
  EXPECT_EQ(again.findings, report.findings);
  EXPECT_EQ(again.rules, report.rules);
  EXPECT_EQ(again.units, report.units);
  EXPECT_EQ(again.exitCode, report.exitCode);
}

TEST(SarifReader, noticesAreKept) {
  const Report report = samples::full(), again = read(sarif(report)).report;
  ASSERT_EQ(again.notices.size(), report.notices.size());
  EXPECT_FALSE(again.complete);
}

TEST(SarifReader, shardsMerge) {
  const Report report = samples::full();
  std::vector<Report> shards(3, samples::clean());
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    shards[i % 3].findings.push_back(report.findings[i]);
    shards[(i + 1) % 3].findings.push_back(report.findings[i]);
  }
  shards[1].notices = report.notices;
  shards[1].complete = false;
  shards[2].exitCode = 3;
  const Report all = merged(shards);
  EXPECT_EQ(all.findings, report.findings);
  EXPECT_EQ(all.rules, report.rules);
  EXPECT_EQ(all.notices.size(), report.notices.size());
  EXPECT_FALSE(all.complete);
  EXPECT_EQ(all.exitCode, 3);
  EXPECT_EQ(all.units, 9U);
}

TEST(SarifReader, brokenLogsAreExplained) {
  EXPECT_EQ(problem("{"), "it is not JSON: byte 2");
  EXPECT_NE(problem(""), "");
  EXPECT_NE(problem("\xFF"), "");
  EXPECT_EQ(problem("[]"),
            "it is not a SARIF log of this version of reproaudit");
  EXPECT_EQ(problem(R"({"runs":[{"tool":{"driver":{"name":"x"}}}]})"),
            "it is the log of another tool");
}

// Whatever is missing or of another type: an answer, never a crash.
TEST(SarifReader, everyDamageIsSurvived) {
  const auto log = nlohmann::json::parse(sarif(samples::full()));
  const auto flat = log.flatten();
  std::size_t refused = 0;
  for (const auto &[pointer, value] : flat.items()) {
    auto damaged = log;
    damaged[nlohmann::json::json_pointer(pointer)] = {{"odd", 1}};
    refused += problem(damaged.dump()).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, flat.size() / 4);
}

}  // namespace
