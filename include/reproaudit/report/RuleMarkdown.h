// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What people read about a rule: the one page behind docs/rules, `explain`
/// and the help of a SARIF descriptor.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Finding.h"
#include "reproaudit/rule/RuleInfo.h"

#include <string>
#include <string_view>

namespace reproaudit {

/// Where this project lives; every link that the tool prints starts here.
inline constexpr std::string_view kHomepage =
    "https://github.com/reproaudit/reproaudit";

/// The address of the published page of \p rule.
std::string ruleUri(const RuleInfo &rule);

/// `ParseError` for `parse-error`.
std::string pascalCase(std::string_view kebab);

/// `UnorderedFloatReduction` for `repro-unordered-float-reduction`.
std::string ruleTitle(const RuleInfo &rule);

/// The level of a finding of \p rule unless it says otherwise.
Level defaultLevel(const RuleInfo &rule);

/// One sentence for what \p scope means to a reader.
std::string_view meaning(Scope scope);

/// The page of \p rule: Markdown, ending in one line feed.
std::string ruleMarkdown(const RuleInfo &rule);

/// The page of \p rule in short, for places that show plain text only.
std::string ruleText(const RuleInfo &rule);

/// \p text without the line feeds that raw string literals begin and end with.
std::string_view trimmed(std::string_view text);

/// \p markdown without marks, one line a paragraph; for places that show text.
std::string plainText(std::string_view markdown);

}  // namespace reproaudit
