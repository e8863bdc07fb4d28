// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The output formats. Each is a pure function from a report to bytes: no
/// clock, host name, absolute path or locale gets in.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Report.h"
#include "reproaudit/report/SarifProfile.h"

#include <span>
#include <string>
#include <string_view>

namespace reproaudit {

struct Style {
  bool colour = false;  ///< ANSI colours; only the text formats use them.
  SarifProfile profile = SarifProfile::Plain;
  Pipeline pipeline = {};  ///< Of SarifProfile::Azure.
};

struct Format {
  std::string_view name;     ///< As in `--output NAME[:FILE]`.
  std::string_view summary;  ///< One line for `--help`.
  std::string (*render)(const Report &report, const SourceTexts &texts,
                        const Style &style);
};

/// Every format, in the order of `--help`.
std::span<const Format> formats();

/// The format called \p name, or nullptr.
const Format *findFormat(std::string_view name);

}  // namespace reproaudit
