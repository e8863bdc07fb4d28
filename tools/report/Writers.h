// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The writers behind Formats.h, one source file each.
#pragma once

#include "reproaudit/report/Formats.h"

namespace reproaudit {

std::string renderText(const Report &, const SourceTexts &, const Style &);
std::string renderJson(const Report &, const SourceTexts &, const Style &);
std::string renderSarif(const Report &, const SourceTexts &, const Style &);

}  // namespace reproaudit
