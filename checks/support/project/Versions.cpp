// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Versions.h"

#include "Text.h"

#include <algorithm>
#include <string>
#include <vector>

namespace reproaudit {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// The numbers and words of a version: 1, 10, rc, 1.
std::vector<std::string_view> pieces(std::string_view version) {
  std::vector<std::string_view> out;
  version = version.substr(0, version.find('+'));
  for (std::size_t i = version.starts_with('v') ? 1 : 0; i < version.size();) {
    const bool isNumber = isDigit(version[i]);
    std::size_t end = i;
    while (end < version.size() && isDigit(version[end]) == isNumber &&
           version[end] != '.' && version[end] != '-' && version[end] != '_')
      ++end;
    if (end > i)
      out.push_back(version.substr(i, end - i));
    i = std::max(end, i + 1);
  }
  return out;
}

/// A word makes a version older than the same one without it, `post` newer; a
/// missing number is 0.
int rank(std::string_view piece) {
  if (piece.empty() || isDigit(piece[0]))
    return 1;
  return piece == "post" ? 2 : 0;
}

int comparePieces(std::string_view left, std::string_view right) {
  if (rank(left) != rank(right))
    return rank(left) - rank(right);
  if (rank(left) != 1)
    return left.compare(right);
  const auto number = [](std::string_view text) {
    return text.substr(std::min(text.find_first_not_of('0'), text.size()));
  };
  const std::string_view a = number(left);
  const std::string_view b = number(right);
  return a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : a.compare(b);
}

/// \p version with the number at \p index counted up and the rest cut off.
std::string countedUp(std::string_view version, std::size_t index) {
  const std::vector<std::string_view> numbers = pieces(version);
  std::string out;
  for (std::size_t i = 0; i <= index; ++i) {
    std::string number(i < numbers.size() ? numbers[i] : "0");
    if (i == index) {
      std::size_t at = number.size();
      while (at > 0 && number[at - 1] == '9')
        number[--at] = '0';
      if (at > 0)
        ++number[at - 1];
      else
        number.insert(0, "1");
    }
    out += (i > 0 ? "." : "") + number;
  }
  return out;
}

bool isBelow(std::string_view version, std::string_view limit) {
  return compareVersions(version, limit) < 0;
}

bool satisfiesClause(std::string_view version, std::string_view clause) {
  const std::size_t digit =
      std::min(clause.find_first_not_of("=<>!~^ "), clause.size());
  const std::string_view operation = trim(clause.substr(0, digit));
  std::string_view wanted = trim(clause.substr(digit));
  if (wanted == "*" || wanted == "x" || wanted.empty())
    return true;
  if (!isDigit(wanted[0]) && (wanted[0] != 'v' || wanted.size() <= 1))
    return true;
  const bool isPrefix = wanted.ends_with(".*") || wanted.ends_with(".x");
  if (isPrefix)
    wanted.remove_suffix(2);
  const std::vector<std::string_view> numbers = pieces(wanted);
  const int order = compareVersions(version, wanted);
  if (operation == ">=")
    return order >= 0;
  if (operation == ">")
    return order > 0;
  if (operation == "<=")
    return order <= 0;
  if (operation == "<")
    return order < 0;
  if (operation == "!=")
    return isPrefix || order != 0;
  std::size_t fixed = numbers.empty() ? 0 : numbers.size() - 1;
  if (operation == "^") {
    fixed = 0;
    while (fixed + 1 < numbers.size() &&
           numbers[fixed].find_first_not_of('0') == std::string_view::npos)
      ++fixed;
  } else if (operation == "~") {
    fixed = std::min<std::size_t>(fixed, 1);
  } else if (operation == "~=") {
    fixed -= fixed > 0 ? 1 : 0;
  } else if (!isPrefix && operation.starts_with("==")) {
    return order == 0;
  }
  return order >= 0 && isBelow(version, countedUp(wanted, fixed));
}

bool satisfiesAll(std::string_view version, std::string_view clauses) {
  std::string rest = replaceAll(std::string(clauses), ",", " ");
  // `>= 1.2` is one clause, `>=1 <2` are two.
  for (const char *operation : {"=", "<", ">", "~", "^"})
    rest = replaceAll(rest, std::string(operation) + " ", operation);
  return std::ranges::all_of(words(rest), [&](const std::string &clause) {
    return satisfiesClause(version, clause);
  });
}

}  // namespace

int compareVersions(std::string_view left, std::string_view right) {
  const std::vector<std::string_view> a = pieces(left);
  const std::vector<std::string_view> b = pieces(right);
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const int order =
        comparePieces(i < a.size() ? a[i] : "", i < b.size() ? b[i] : "");
    if (order != 0)
      return order;
  }
  return 0;
}

bool satisfies(std::string_view version, std::string_view specifier) {
  if (contains(specifier, " - ") || contains(specifier, ":") ||
      contains(specifier, "/") || contains(specifier, "$"))
    return true;
  const std::string either = replaceAll(std::string(specifier), "||", "|");
  return std::ranges::any_of(split(either, '|'), [&](std::string_view clauses) {
    return satisfiesAll(version, clauses);
  });
}

}  // namespace reproaudit
