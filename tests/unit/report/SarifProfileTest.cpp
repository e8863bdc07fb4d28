// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Samples.h"

#include "reproaudit/report/Formats.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

using namespace reproaudit;

namespace {

nlohmann::json log(const Report &report, const Style &style) {
  const SourceTexts texts(samples::sourceRoot());
  return nlohmann::json::parse(
      findFormat("sarif")->render(report, texts, style))["runs"][0];
}

TEST(SarifProfile, githubGetsNoMoreThanItShowsAndIsTold) {
  const Report report = samples::many(5003);
  EXPECT_EQ(beyondLimit(report, SarifProfile::GitHub), 3U);
  EXPECT_EQ(beyondLimit(report, SarifProfile::GitLab), 0U);
  const auto run = log(report, {.profile = SarifProfile::GitHub});
  EXPECT_EQ(run["results"].size(), 5000U);
  const auto &notice = run["invocations"][0]["toolExecutionNotifications"][0];
  EXPECT_EQ(notice["descriptor"]["id"], "too-many-findings");
  const auto errors =
      std::ranges::count(report.findings, Level::Error, &Finding::level);
  EXPECT_EQ(std::ranges::count_if(
                run["results"],
                [](const auto &result) { return result["level"] == "error"; }),
            errors)
      << "an important finding was left out";
}

TEST(SarifProfile, githubGetsNoFlowLongerThanItKeeps) {
  Report report = samples::ordinary();
  Finding &finding = report.findings.front();
  finding.flow.assign(1500, {finding.at, "goes on"});
  finding.flow.back().text = "comes here last";
  const auto run = log(report, {.profile = SarifProfile::GitHub});
  const auto &steps =
      run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
  EXPECT_EQ(steps.size(), 1000U);
  EXPECT_EQ(steps[998]["location"]["message"]["text"], "Comes here last.");
}

TEST(SarifProfile, azureGetsItsPipeline) {
  const auto details =
      log(samples::ordinary(),
          {.profile = SarifProfile::Azure,
           .pipeline = {{"id", "azuredevops/pipeline/build/7"},
                        {"phaseName", "scan"}}})["automationDetails"];
  EXPECT_EQ(details["id"], "azuredevops/pipeline/build/7");
  EXPECT_EQ(details["properties"]["azuredevops/pipeline/build/phaseName"],
            "scan");
}

}  // namespace
