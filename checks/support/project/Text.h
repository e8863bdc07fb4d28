// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The few string operations that readers share.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

std::string_view trim(std::string_view text);
std::string lower(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

/// The words of \p text, which white space separates.
std::vector<std::string> words(std::string_view text);

/// The lines of \p text without their ends, LF or CRLF.
std::vector<std::string_view> lines(std::string_view text);

std::string replaceAll(std::string text, std::string_view from,
                       std::string_view to);

/// True if \p text begins with \p prefix, whatever the case.
bool startsLike(std::string_view text, std::string_view prefix);

bool contains(std::string_view text, std::string_view part);

/// True if \p text is one of \p all.
template <std::size_t N>
bool isOneOf(std::string_view text, const std::array<const char *, N> &all) {
  return std::ranges::find(all, text) != all.end();
}

/// The last component of a path or URL.
std::string_view baseName(std::string_view path);
/// All before it, without the separator; "" if there is none.
std::string_view folderOf(std::string_view path);

/// \p path with `.` and `..` resolved; `..` out of the top stays visible.
std::string normalised(std::string_view path);

/// The path that \p path means when it is written in the folder \p folder.
std::string joined(std::string_view folder, std::string_view path);

/// True if nothing in \p text is left to be evaluated: `$X`, `${X}`, `{{ x }}`,
/// `<X>` or `%X%`.
bool isResolved(std::string_view text);

/// What `${NAME}`, `$NAME` or `${NAME:-fallback}` stand for: \p lookup is asked
/// for each; what it does not know stays as it is.
template <class Lookup>
std::string substituted(std::string_view text, const Lookup &lookup);

template <class Lookup>
std::string substituted(std::string_view text, const Lookup &lookup) {
  const auto isNameChar = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
  };
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '$' || i + 1 >= text.size()) {
      out += text[i++];
      continue;
    }
    const bool braced = text[i + 1] == '{';
    const std::size_t begin = i + (braced ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && isNameChar(text[end]))
      ++end;
    const std::string name(text.substr(begin, end - begin));
    const std::size_t close = braced ? text.find('}', end) : end;
    if (name.empty() || close == std::string_view::npos) {
      out += text[i++];
      continue;
    }
    const std::string_view suffix = text.substr(end, close - end);
    const std::optional<std::string> value = lookup(name);
    const std::size_t next = braced ? close + 1 : end;
    const bool isPlain = suffix.empty() || suffix == "[@]" || suffix == "[*]" ||
                         suffix.starts_with(":-") || suffix.starts_with(":?") ||
                         suffix.starts_with(":=") || suffix.starts_with("-") ||
                         suffix.starts_with("?");
    if (value && isPlain)
      out += *value;
    else if (suffix.starts_with(":-") || suffix.starts_with(":="))
      out += suffix.substr(2);
    else if (suffix.starts_with("-"))
      out += suffix.substr(1);
    else
      out += text.substr(i, next - i);
    i = next;
  }
  return out;
}

}  // namespace reproaudit
