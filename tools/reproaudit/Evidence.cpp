// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Evidence.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <tuple>

namespace reproaudit {

std::expected<void, std::string> applyEvidence(const std::string &path,
                                               std::vector<Finding> &findings) {
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("findings") ||
      !json["findings"].is_array())
    return std::unexpected(path + " is not a report of `rerun`");
  using Key = std::tuple<std::string, std::string, unsigned>;
  std::map<Key, std::string> confirmed;
  for (const auto &entry : json["findings"]) {
    if (!entry.is_object() || entry.value("state", "") != "confirmed")
      continue;
    confirmed[{entry.value("rule", ""), entry.value("path", ""),
               entry.value("line", 0U)}] = entry.value("evidence", "");
  }
  for (Finding &finding : findings) {
    const auto found =
        confirmed.find({finding.rule, finding.at.path, finding.at.line});
    if (found == confirmed.end())
      continue;
    finding.level = Level::Error;
    finding.message += "; confirmed by running the program: " + found->second;
  }
  return {};
}

}  // namespace reproaudit
