// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// GitLab Code Quality: `artifacts:reports:codequality`.
#include "Places.h"
#include "Selection.h"
#include "Writers.h"

#include "reproaudit/report/Unicode.h"

#include <nlohmann/json.hpp>  // IWYU pragma: keep

namespace reproaudit {
namespace {

std::string_view severity(Level level) {
  switch (level) {
  case Level::Note:
    return "info";
  case Level::Warning:
    return "major";
  case Level::Error:
    return "critical";
  }
  return "info";
}

}  // namespace

std::string renderGitLab(const Report &report, const SourceTexts &texts,
                         const Style &) {
  nlohmann::ordered_json issues = nlohmann::ordered_json::array();
  for (const auto &[finding, fingerprint] : shown(report)) {
    const Range at = oneLine(finding->at, texts);
    issues.push_back(
        {{"description", validUtf8(sentence(finding->message))},
         {"check_name", finding->rule},
         {"fingerprint", fingerprint},
         {"severity", severity(finding->level)},
         {"location",
          {{"path", validUtf8(at.path)}, {"lines", {{"begin", at.line}}}}}});
  }
  return issues.dump(2) + "\n";
}

}  // namespace reproaudit
