// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Text in HTML and XML.
#pragma once

#include <string>
#include <string_view>

namespace reproaudit {

/// \p text with the characters that mean something in XML spelt out, for
/// elements and attributes.
std::string xmlText(std::string_view text);

/// The same, for readers: what cannot be seen is made visible.
std::string htmlText(std::string_view text);

/// \p text as code in a line of HTML.
std::string htmlCode(std::string_view text);

}  // namespace reproaudit
