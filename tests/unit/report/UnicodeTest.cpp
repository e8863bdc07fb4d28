// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/report/Unicode.h"

#include <gtest/gtest.h>

using namespace reproaudit;

namespace {

TEST(Unicode, textIsLeftAlone) {
  for (const char *text : {"", "plain", "\xC3\xA4", "\xE6\xBC\xA2",
                           "\xF0\x9F\x8E\xB2", "\xEF\xBF\xBD"})
    EXPECT_EQ(validUtf8(text), text);
  EXPECT_EQ(validUtf8(std::string_view("a\0b", 3)), std::string("a\0b", 3));
}

TEST(Unicode, malformedBytesAreReplaced) {
  EXPECT_EQ(validUtf8("Gr\xF6\xDF"
                      "e"),
            "Gr\uFFFD\uFFFDe");
  EXPECT_EQ(validUtf8("\x80"), "\uFFFD") << "continuation without a start";
  EXPECT_EQ(validUtf8("\xC0\xAF"), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(validUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "surrogate";
  EXPECT_EQ(validUtf8("\xE6\xBC"), "\uFFFD") << "cut off: one replacement";
  EXPECT_EQ(validUtf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD")
      << "beyond the last code point";
}

TEST(Unicode, columnsCountCodePoints) {
  const std::string_view line = "\xC3\xA4\xE6\xBC\xA2\xF0\x9F\x8E\xB2x";
  EXPECT_EQ(columnOfByte(line, 0), 1U);
  EXPECT_EQ(columnOfByte(line, 2), 2U);
  EXPECT_EQ(columnOfByte(line, 9), 4U);
  EXPECT_EQ(columnOfByte(line, 99), 5U) << "the end of the line";
  for (const std::size_t byte : {0U, 2U, 5U, 9U, 10U})
    EXPECT_EQ(byteOfColumn(line, columnOfByte(line, byte)), byte);
  EXPECT_EQ(byteOfColumn(line, 99), line.size());
}

TEST(Unicode, malformedBytesAreColumnsToo) {
  EXPECT_EQ(columnOfByte("\xF6\xDFx", 2), 3U);
}

}  // namespace
