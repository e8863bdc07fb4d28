// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Unicode.h"

#include <algorithm>

namespace reproaudit {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// What the first byte of a sequence says about the bytes that follow.
struct Lead {
  std::size_t size;  ///< 0 for a byte that starts no sequence.
  char32_t bits;
  unsigned char secondMin;  ///< Excludes overlong forms and surrogates.
  unsigned char secondMax;
};

Lead lead(unsigned char byte) {
  if (byte < 0x80)
    return {1, byte, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF)
    return {2, byte & 0x1Fu, 0x80, 0xBF};
  if (byte >= 0xE0 && byte <= 0xEF)
    return {3, byte & 0x0Fu,
            static_cast<unsigned char>(byte == 0xE0 ? 0xA0 : 0x80),
            static_cast<unsigned char>(byte == 0xED ? 0x9F : 0xBF)};
  if (byte >= 0xF0 && byte <= 0xF4)
    return {4, byte & 0x07u,
            static_cast<unsigned char>(byte == 0xF0 ? 0x90 : 0x80),
            static_cast<unsigned char>(byte == 0xF4 ? 0x8F : 0xBF)};
  return {0, kReplacement, 0, 0};
}

}  // namespace

CodePoint decode(std::string_view text) {
  const Lead first = lead(static_cast<unsigned char>(text.front()));
  if (first.size <= 1)
    return {first.bits, 1};
  char32_t value = first.bits;
  for (std::size_t i = 1; i < first.size; ++i) {
    const unsigned char min = i == 1 ? first.secondMin : 0x80;
    const unsigned char max = i == 1 ? first.secondMax : 0xBF;
    const auto byte = static_cast<unsigned char>(i < text.size() ? text[i] : 0);
    if (byte < min || byte > max)
      return {kReplacement, i};
    value = value << 6 | (byte & 0x3Fu);
  }
  return {value, first.size};
}

std::string validUtf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode(text);
    const std::string_view bytes = text.substr(0, point.size);
    // A real U+FFFD is its own replacement.
    valid += point.value == kReplacement ? "\xEF\xBF\xBD" : bytes;
    text.remove_prefix(point.size);
  }
  return valid;
}

bool isInvisible(char32_t c) {
  return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0) ||
         (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

unsigned columnOfByte(std::string_view line, std::size_t offset) {
  offset = std::min(offset, line.size());
  unsigned column = 1;
  for (std::size_t at = 0; at < offset; ++column)
    at += decode(line.substr(at)).size;
  return column;
}

std::size_t byteOfColumn(std::string_view line, unsigned column) {
  std::size_t at = 0;
  for (unsigned i = 1; i < column && at < line.size(); ++i)
    at += decode(line.substr(at)).size;
  return at;
}

}  // namespace reproaudit
