// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Samples.h"

#include "reproaudit/report/Unicode.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace reproaudit;
using Json = nlohmann::ordered_json;

namespace {

TEST(Finding, survivesTheWayBetweenProcesses) {
  for (Finding finding : samples::full().findings) {
    const std::string line = Json(finding).dump();
    // Bytes that are no text become U+FFFD on the way, the rest is kept.
    finding.message = validUtf8(finding.message);
    if (finding.suppression)
      finding.suppression->reason = validUtf8(finding.suppression->reason);
    EXPECT_EQ(Json::parse(line).get<Finding>(), finding) << line;
  }
}

TEST(Finding, noticesSurviveToo) {
  for (const Notice &notice : samples::full().notices)
    EXPECT_EQ(Json::parse(Json(notice).dump()).get<Notice>(), notice);
}

TEST(Finding, foreignJsonIsRefused) {
  Json json = samples::full().findings.front();
  EXPECT_NO_THROW(json.get<Finding>());
  json["level"] = "fatal";
  EXPECT_THROW(json.get<Finding>(), Json::exception);
  json["level"] = "note";
  json.erase("rule");
  EXPECT_THROW(json.get<Finding>(), Json::exception);
}

TEST(Finding, placeDecidesTheOrder) {
  Finding first, second;
  first.at = {.path = "a.cpp", .line = 9};
  first.rule = "repro-z";
  second.at = {.path = "a.cpp", .line = 10};
  second.rule = "repro-a";
  EXPECT_LT(first, second);
}

}  // namespace
