// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Evidence.h"

#include <nlohmann/json.hpp>

namespace reproaudit {
namespace {

using Json = nlohmann::json;

ArtifactEvidence artifactOf(const Json &json) {
  ArtifactEvidence artifact{.name = json.at("name"),
                            .factors = json.at("factors")};
  const Json &difference = json.at("difference");
  if (difference.is_null())
    return artifact;
  artifact.where = difference.at("where");
  artifact.a = difference.at("a");
  artifact.b = difference.at("b");
  // JSON has no infinity: what is not a number is more than a whole.
  if (const auto size = difference.find("magnitude"); size != difference.end())
    artifact.relative = size->at("max_rel").is_number()
                            ? size->at("max_rel").get<double>()
                            : 1.0;
  return artifact;
}

Evidence evidenceOf(const Json &json) {
  Evidence evidence{.runs = json.at("runs"),
                    .natural = json.at("natural").at("statement")};
  for (const Json &factor : json.at("factors"))
    evidence.factors.push_back({factor.at("name"), factor.at("state"),
                                factor.at("reason"), factor.at("differing"),
                                factor.at("runs")});
  for (const Json &artifact : json.at("artifacts"))
    evidence.artifacts.push_back(artifactOf(artifact));
  for (const Json &finding : json.at("findings"))
    if (finding.at("state") == "confirmed")
      evidence.confirmed.push_back({finding.at("rule"), finding.at("path"),
                                    finding.at("line"),
                                    finding.at("evidence")});
  return evidence;
}

}  // namespace

std::expected<Evidence, std::string> readEvidence(std::string_view text) {
  try {
    return evidenceOf(Json::parse(text));
  } catch (const Json::exception &error) {
    return std::unexpected(
        std::string("this is no report of `reproaudit rerun --output json`: ") +
        error.what());
  }
}

}  // namespace reproaudit
