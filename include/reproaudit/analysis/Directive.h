// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The comments that suppress findings, with what became of them.
///
/// Layer 2: layers 0-1; no clang.
#pragma once

#include "reproaudit/report/Finding.h"

#include <cstdint>
#include <optional>
#include <string>

namespace reproaudit {

/// One name in a `NOLINT(...)`, `NOLINTNEXTLINE(...)` or `NOLINTBEGIN(...)` that
/// begins with `repro-`.
struct Directive {
  enum class Use : std::uint8_t {
    Unknown,  ///< The rule is off here, or the file was not analysed.
    Used,     ///< It suppresses a finding.
    Unused,
    Misnamed,  ///< No rule has the name.
    Expired,   ///< Its `until=` lies before the commit that is scanned.
  };

  Range at;          ///< From `NOLINT` to the end of the list of names.
  std::string name;  ///< A rule, or a pattern with `*`.
  std::string reason;
  std::string until;  ///< `YYYY-MM-DD` of an `until=` in the reason, or "".
  Use use = Use::Unknown;
  std::string nearest;      ///< If misnamed: the rule that may be meant.
  std::optional<Edit> fix;  ///< Removes the comment, if it names this rule only.
};

}  // namespace reproaudit
