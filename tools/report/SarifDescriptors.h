// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a SARIF log says about the rules and notices that its results name.
#pragma once

#include "reproaudit/rule/RuleInfo.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace reproaudit {

/// The one message of every rule; it takes the place as an argument.
inline constexpr std::string_view kSarifMessageId = "default";

/// `{"text": sentence}`.
nlohmann::ordered_json sarifText(std::string_view sentence);

nlohmann::ordered_json ruleDescriptor(const RuleInfo &rule);
nlohmann::ordered_json noticeDescriptor(const std::string &id);

}  // namespace reproaudit
