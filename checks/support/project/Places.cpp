// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Places.h"

#include "Text.h"

#include <algorithm>

namespace reproaudit {

unsigned columnOf(std::string_view line, std::size_t byte) {
  const auto isStart = [](char c) { return (c & 0xC0) != 0x80; };
  return 1 + static_cast<unsigned>(std::ranges::count_if(
                 line.substr(0, std::min(byte, line.size())), isStart));
}

Range withColumns(const Project &project, Range at, std::string_view text) {
  if (at.line == 0)
    return at;
  const std::string_view line = project.line(at.path, at.line);
  const std::size_t found =
      text.empty() ? std::string_view::npos : line.find(text);
  const std::size_t first =
      std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t begin = found == std::string_view::npos ? first : found;
  at.column = columnOf(line, begin);
  if (at.endLine > at.line) {
    const std::string_view last = trim(project.line(at.path, at.endLine));
    at.endColumn =
        columnOf(project.line(at.path, at.endLine),
                 project.line(at.path, at.endLine).find(last) + last.size());
  } else {
    at.endLine = at.line;
    at.endColumn = columnOf(line, found == std::string_view::npos
                                      ? begin + trim(line).size()
                                      : found + text.size());
  }
  return at;
}

}  // namespace reproaudit
