// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "HtmlText.h"

#include "Concat.h"
#include "Places.h"

namespace reproaudit {

std::string xmlText(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else if (c == '\n')
      result += "&#10;";
    else
      result += c;
  }
  return result;
}

std::string htmlText(std::string_view text) { return xmlText(visible(text)); }

std::string htmlCode(std::string_view text) {
  return concat("<code>", htmlText(text), "</code>");
}

}  // namespace reproaudit
