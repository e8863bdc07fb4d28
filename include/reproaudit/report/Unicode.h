// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Columns and bytes. Sources, paths and messages may hold any bytes; what is
/// written is always valid UTF-8.
///
/// Layer 1: standard library.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reproaudit {

/// The code point at the start of \p text, which must not be empty.
struct CodePoint {
  char32_t value;    ///< U+FFFD for a malformed sequence.
  std::size_t size;  ///< Its length in bytes, at least 1.
};
CodePoint decode(std::string_view text);

/// \p text with every malformed sequence replaced by U+FFFD.
std::string validUtf8(std::string_view text);

/// True for what a reader cannot see but a terminal or browser acts on: control
/// characters and marks that turn the direction of writing. A tab is not one.
bool isInvisible(char32_t c);

/// The column (from 1, in code points) of the byte at \p offset of \p line.
unsigned columnOfByte(std::string_view line, std::size_t offset);

/// The offset in \p line of \p column (from 1, in code points); the length of
/// the line if the column lies behind its end.
std::size_t byteOfColumn(std::string_view line, unsigned column);

}  // namespace reproaudit
