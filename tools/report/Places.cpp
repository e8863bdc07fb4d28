// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Places.h"

#include "Concat.h"
#include "reproaudit/report/Unicode.h"

#include <algorithm>

namespace reproaudit {
namespace {

bool isUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || std::string_view("-._~/").contains(c);
}

std::string uriOfPath(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  // A first segment with ':' would read as a scheme, hence the encoding.
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (isUnreserved(c))
      result += c;
    else
      result += {'%', kHex[byte >> 4], kHex[byte & 0xF]};
  }
  return result;
}

/// `host:port/path` as a part of a URI.
std::string uriOfAuthority(std::string_view text) {
  const std::size_t path = std::min(text.find('/'), text.size());
  return std::string(text.substr(0, path)) + uriOfPath(text.substr(path));
}

}  // namespace

Range oneLine(const Range &range, const SourceTexts &texts) {
  Range result = range;
  result.line = std::max(range.line, 1U);
  result.endLine = result.line;
  const std::string_view line = texts.line(range.path, result.line);
  const unsigned lineEnd = columnOfByte(line, line.size());
  if (range.column == 0) {
    const std::size_t indent = line.find_first_not_of(" \t");
    result.column = indent == line.npos ? 1 : columnOfByte(line, indent);
    result.endColumn = lineEnd;
  } else if (range.endLine > range.line) {
    result.endColumn = lineEnd;
  }
  result.endColumn = std::max(result.endColumn, result.column + 1);
  return result;
}

std::string snippet(const Range &range, const SourceTexts &texts) {
  const std::string_view line = texts.line(range.path, range.line);
  const std::size_t begin = byteOfColumn(line, range.column);
  const std::size_t end = byteOfColumn(line, range.endColumn);
  return validUtf8(line.substr(begin, end - begin));
}

std::string uri(std::string_view path) {
  return (path.starts_with('/') ? "file://" : "") + uriOfPath(path);
}

std::string repositoryUri(std::string_view repository) {
  const std::size_t scheme = repository.find("://");
  const std::string_view protocol =
      scheme == repository.npos ? "" : repository.substr(0, scheme);
  std::string_view rest = repository;
  if (!protocol.empty())
    rest.remove_prefix(scheme + 3);
  const std::size_t user = rest.find('@');
  const bool hasUser = user < rest.find('/');
  if (hasUser)
    rest.remove_prefix(user + 1);

  if (protocol == "https" || protocol == "http")
    return concat(protocol, "://", uriOfAuthority(rest));
  // What ssh serves from a public host, https serves under the same path.
  if (protocol == "ssh")
    return concat("https://", uriOfAuthority(rest));
  const std::size_t colon = rest.find(':');
  if (protocol.empty() && hasUser && colon < rest.find('/'))
    return concat("https://", rest.substr(0, colon), "/",
                  uriOfPath(rest.substr(colon + 1)));
  return "";
}

std::string capitalised(std::string_view text) {
  // A first word that is a path or a name keeps its spelling.
  const std::string_view word = text.substr(0, text.find(' '));
  const bool isPlain = std::ranges::all_of(
      word, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  std::string result(text);
  if (isPlain && !result.empty() && result[0] != '-')
    result[0] = static_cast<char>(result[0] - 'a' + 'A');
  return result;
}

std::string sentence(std::string_view text) {
  std::string result = capitalised(text);
  if (!result.ends_with('.') && !result.ends_with('?') &&
      !result.ends_with('!'))
    result += '.';
  return result;
}

std::string visible(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint point = decode(text);
    result += isInvisible(point.value) ? "\uFFFD"
                                       : validUtf8(text.substr(0, point.size));
    text.remove_prefix(point.size);
  }
  return result;
}

std::string counted(std::size_t number, std::string_view thing) {
  return concat(number, " ", thing, number == 1 ? "" : "s");
}

}  // namespace reproaudit
