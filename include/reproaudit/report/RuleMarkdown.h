// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// A rule's page, the one text behind docs/rules, `explain` and SARIF's help.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/rule/RuleInfo.h"

#include <string>

namespace reproaudit {

/// The page of \p info as Markdown, ending in a newline.
std::string ruleMarkdown(const RuleInfo &info);

}  // namespace reproaudit
