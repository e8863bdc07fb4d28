// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Writers.h"
namespace reproaudit {
std::string renderHtml(const Report &, const SourceTexts &, const Style &) {
  return "";
}
}  // namespace reproaudit
