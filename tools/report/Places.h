// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// How writers speak of places: regions that every reader accepts, addresses,
/// and sentences.
#pragma once

#include "reproaudit/report/Report.h"

#include <string>
#include <string_view>

namespace reproaudit {

/// \p range cut to its first line and never empty, which is what viewers can
/// show beside a line. A whole file is represented by its first line.
Range oneLine(const Range &range, const SourceTexts &texts);

/// The text of \p range, which must lie in one line.
std::string snippet(const Range &range, const SourceTexts &texts);

/// \p path as a URI reference; relative paths stay relative.
std::string uri(std::string_view path);

/// The remote \p repository as an address that others can use: https for the
/// `git@host:path` form, no credentials, "" for a path on this machine.
std::string repositoryUri(std::string_view repository);

/// \p text with a capital.
std::string capitalised(std::string_view text);

/// \p text with a capital and a full stop.
std::string sentence(std::string_view text);

/// \p text as valid UTF-8 in which every invisible character is U+FFFD: nothing
/// in a scanned repository may move a cursor or break a line.
std::string visible(std::string_view text);

/// How many \p things there are: "1 finding", "2 findings".
std::string counted(std::size_t number, std::string_view thing);

}  // namespace reproaudit
