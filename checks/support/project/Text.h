// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The few string operations that readers share.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
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
std::string
substituted(std::string_view text,
            const std::function<std::optional<std::string>(const std::string &)>
                &lookup);

}  // namespace reproaudit
