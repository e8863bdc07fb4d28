// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Nolint.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace reproaudit {
namespace {

/// The part of \p line from \p directive on if it names \p rule.
std::optional<StringRef> directiveFor(StringRef line, StringRef directive,
                                      StringRef rule) {
  const std::size_t at = line.find(directive);
  if (at == StringRef::npos)
    return std::nullopt;
  const StringRef comment = line.substr(at);
  llvm::SmallVector<StringRef> names;
  comment.substr(directive.size()).split(')').first.split(names, ',');
  for (const StringRef name : names)
    if (name.trim() == rule || name.trim() == "*")
      return comment;
  return std::nullopt;
}

}  // namespace

std::string reasonIn(std::string_view comment) {
  StringRef rest = comment;
  rest = rest.drop_while([](char c) { return llvm::isAlpha(c); });
  if (rest.consume_front("("))
    rest = rest.split(')').second;
  return rest.ltrim(": -").rtrim(" */\r").str();
}

std::optional<Suppression> suppressionOf(const Finding &finding,
                                         const Project &project) {
  const StringRef line = project.line(finding.at.path, finding.at.line);
  const StringRef above =
      finding.at.line > 1
          ? StringRef(project.line(finding.at.path, finding.at.line - 1))
          : StringRef();
  auto comment = directiveFor(line, "NOLINT(", finding.rule);
  if (!comment)
    comment = directiveFor(above, "NOLINTNEXTLINE(", finding.rule);
  if (!comment)
    return std::nullopt;
  return Suppression{reasonIn(*comment)};
}

}  // namespace reproaudit
