// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Strings from parts; Debian 12's standard library has no std::format yet.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace reproaudit {

inline void appendPart(std::string &text, std::string_view part) {
  text += part;
}
inline void appendPart(std::string &text, std::integral auto number) {
  text += std::to_string(number);
}

/// The \p parts, strings and whole numbers, one after the other.
template <class... Parts> std::string concat(const Parts &...parts) {
  std::string text;
  (appendPart(text, parts), ...);
  return text;
}

}  // namespace reproaudit
