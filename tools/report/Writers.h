// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The writers behind Formats.h, one source file each.
#pragma once

#include "reproaudit/report/Formats.h"

namespace reproaudit {

std::string renderText(const Report &, const SourceTexts &, const Style &);
std::string renderFull(const Report &, const SourceTexts &, const Style &);
std::string renderJson(const Report &, const SourceTexts &, const Style &);
std::string renderJsonLines(const Report &, const SourceTexts &, const Style &);
std::string renderSarif(const Report &, const SourceTexts &, const Style &);
std::string renderGitHub(const Report &, const SourceTexts &, const Style &);
std::string renderGitLab(const Report &, const SourceTexts &, const Style &);
std::string renderJUnit(const Report &, const SourceTexts &, const Style &);
std::string renderReviewDog(const Report &, const SourceTexts &, const Style &);
std::string renderMarkdown(const Report &, const SourceTexts &, const Style &);
std::string renderHtml(const Report &, const SourceTexts &, const Style &);

}  // namespace reproaudit
