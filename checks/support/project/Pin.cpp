// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Pin.h"

#include "Text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace reproaudit {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isAlpha(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/// 20240131 and its like: eight digits that begin with a century.
bool isDate(std::string_view text) {
  return text.size() == 8 &&
         (text.starts_with("19") || text.starts_with("20")) &&
         std::ranges::all_of(text, isDigit);
}

/// Pieces of \p text between the characters \p separators.
std::vector<std::string_view> pieces(std::string_view text,
                                     std::string_view separators) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t at = text.find_first_of(separators);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return out;
    text.remove_prefix(at + 1);
  }
}

/// A commit that was shortened: hexadecimal with letters and digits in it.
bool isShortCommit(std::string_view text) {
  return isHex(text, 7, 40) && std::ranges::any_of(text, isDigit) &&
         std::ranges::any_of(text, isAlpha);
}

/// A requirement that is a file of the machine.
bool isFile(std::string_view text) {
  const bool looksLikeFile = text.starts_with(".") || text.starts_with("/") ||
                             text.starts_with("~") || text.ends_with(".whl") ||
                             text.ends_with(".tar.gz") ||
                             text.starts_with("file:");
  return looksLikeFile && !isRemote(text);
}

/// The name in a requirement and where it is from: its versions or its URL,
/// without extras and the condition behind the semicolon.
std::pair<std::string_view, std::string_view>
nameAndSource(std::string_view text) {
  const auto withoutCondition = [](std::string_view source) {
    return trim(source.substr(0, source.find(';')));
  };
  if (startsLike(text, "git+") || isRemote(text)) {
    const std::size_t egg = text.find("#egg=");
    const std::string_view url = text.substr(0, text.find('#'));
    const std::string_view name =
        egg != std::string_view::npos
            ? text.substr(egg + 5)
            : baseName(url.substr(0, url.find('@', url.find("://") + 3)));
    return {name, withoutCondition(text)};
  }
  const auto isNameChar = [](char c) {
    return isAlpha(c) || isDigit(c) || c == '-' || c == '_' || c == '.';
  };
  const auto end = static_cast<std::size_t>(
      std::ranges::find_if_not(text, isNameChar) - text.begin());
  std::string_view rest = trim(text.substr(end));
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    rest = close == std::string_view::npos ? "" : trim(rest.substr(close + 1));
  }
  if (rest.starts_with('@'))
    rest = trim(rest.substr(1));
  return {text.substr(0, end), withoutCondition(rest)};
}

/// `git+https://host/path@ref`.
Strength gitUrlStrength(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const std::size_t at = url.find_last_of('@');
  const std::size_t path = url.find('/', url.find("://") + 3);
  const bool hasRef = at != std::string_view::npos &&
                      path != std::string_view::npos && at > path;
  return hasRef ? gitStrength(url.substr(at + 1)) : Strength::None;
}

/// `==1.2`, `>=1,<2`, in parentheses or not.
Strength specifierStrength(std::string_view text) {
  if (text.starts_with('(') && text.ends_with(')'))
    text = text.substr(1, text.size() - 2);
  if (text.empty() || text == "*")
    return Strength::None;
  const bool isExact =
      std::ranges::any_of(split(text, ','), [](std::string_view clause) {
        const std::string_view one = trim(clause);
        return one.starts_with("==") && !one.ends_with('*');
      });
  return isExact ? Strength::Exact : Strength::Range;
}

}  // namespace

bool isHex(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::ranges::all_of(
             text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool isCommit(std::string_view text) {
  return isHex(text, 40, 40) || isHex(text, 64, 64);
}

bool isChecksum(std::string_view text) {
  for (const std::string_view prefix :
       {"sha256", "sha384", "sha512", "sha224", "sha1", "md5", "sha3_256"})
    if (startsLike(text, prefix) && text.size() > prefix.size() + 20)
      return true;
  return isHex(text, 32, 128) &&
         (text.size() == 32 || text.size() == 40 || text.size() == 56 ||
          text.size() == 64 || text.size() == 96 || text.size() == 128);
}

unsigned versionParts(std::string_view text) {
  unsigned best = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (!isDigit(text[i]) || (i > 0 && isDigit(text[i - 1]))) {
      ++i;
      continue;
    }
    unsigned parts = 0;
    while (i < text.size() && isDigit(text[i])) {
      while (i < text.size() && isDigit(text[i]))
        ++i;
      ++parts;
      if (i + 1 < text.size() &&
          (text[i] == '.' || text[i] == '_' || text[i] == '-') &&
          isDigit(text[i + 1]))
        ++i;
    }
    best = std::max(best, parts);
  }
  return best;
}

bool isMovingWord(std::string_view text) {
  static constexpr std::array kWords = {
      "latest", "main",    "master", "head",   "develop", "devel", "dev",
      "trunk",  "nightly", "edge",   "stable", "release", "next",  "rolling"};
  return std::ranges::find(kWords, lower(text)) != kWords.end();
}

Strength gitStrength(std::string_view ref) {
  if (ref.starts_with("refs/tags/"))
    ref.remove_prefix(10);
  if (ref.empty() || lower(ref) == "head")
    return Strength::None;
  if (isCommit(ref) || isShortCommit(ref))
    return Strength::Content;
  if (ref.starts_with("origin/") || ref.starts_with("refs/heads/") ||
      contains(ref, "/") || startsLike(ref, "branch"))
    return Strength::Mutable;
  if (isDate(ref) || versionParts(ref) >= 2)
    return contains(lower(ref), ".x") ? Strength::Mutable : Strength::Exact;
  // Build numbers such as b4567 count up and are never moved.
  if (ref.size() >= 4 && isAlpha(ref[0]) &&
      std::ranges::all_of(ref.substr(1), isDigit))
    return Strength::Exact;
  return Strength::Mutable;
}

Strength actionStrength(std::string_view ref) {
  if (ref.empty())
    return Strength::None;
  if (isCommit(ref))
    return Strength::Content;
  return versionParts(ref) >= 3 && !contains(ref, "/") ? Strength::Exact
                                                       : Strength::Mutable;
}

ImageName imageName(std::string_view text) {
  ImageName out;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    out.digest = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const std::size_t slash = text.find_last_of('/');
  const std::size_t colon = text.find_last_of(':');
  if (colon != std::string_view::npos &&
      (slash == std::string_view::npos || colon > slash)) {
    out.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  out.name = text;
  return out;
}

Strength imageStrength(std::string_view image) {
  const ImageName parts = imageName(image);
  if (parts.digest.starts_with("sha256:") &&
      isHex(parts.digest.substr(7), 64, 64))
    return Strength::Content;
  if (parts.tag.empty())
    return Strength::None;
  bool isDated = false;
  for (const std::string_view piece : pieces(parts.tag, "-_.")) {
    if (lower(piece) == "latest" || lower(piece) == "nightly" ||
        lower(piece) == "edge")
      return Strength::Mutable;
    isDated |= isDate(piece) || isShortCommit(piece) || isCommit(piece);
  }
  // The version of the image, not that of its distribution: 3 numbers that
  // dots join, or a date, or the commit that it was built from.
  for (const std::string_view piece : pieces(parts.tag, "-_"))
    isDated |= versionParts(piece) >= 3;
  return isDated ? Strength::Exact : Strength::Mutable;
}

bool isRemote(std::string_view url) {
  for (const std::string_view scheme :
       {"http://", "https://", "ftp://", "s3://", "gs://", "git://", "ssh://",
        "git@", "hf://"})
    if (startsLike(url, scheme))
      return true;
  return false;
}

bool isLocalHost(std::string_view url) {
  const std::size_t scheme = url.find("://");
  std::string_view host =
      scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/:"));
  return host == "localhost" || host.starts_with("127.") ||
         host == "169.254.169.254" || host == "0.0.0.0" || host == "[" ||
         host == "metadata.google.internal";
}

Strength urlStrength(std::string_view url) {
  url = url.substr(0, url.find('?'));
  const std::vector<std::string_view> parts = split(url, '/');
  for (std::size_t i = 3; i < parts.size(); ++i) {
    std::string_view part = parts[i];
    for (const std::string_view suffix : {".tar.gz", ".zip", ".tgz", ".tar.xz"})
      if (part.ends_with(suffix))
        part.remove_suffix(suffix.size());
    if (isHex(part, 40, 128) || part == "ipfs" || contains(part, "sha256:"))
      return Strength::Content;
    if (part == "heads" || (isMovingWord(part) && i + 1 < parts.size()) ||
        lower(part) == "main" || lower(part) == "master")
      return Strength::Mutable;
  }
  for (std::size_t i = 3; i < parts.size(); ++i) {
    if (contains(lower(parts[i]), "latest"))
      return Strength::Mutable;
    if (versionParts(parts[i]) >= 2)
      return Strength::Exact;
  }
  return Strength::None;
}

Requirement requirement(std::string_view text) {
  text = trim(text.substr(0, text.find(" #")));
  Requirement out;
  out.local = isFile(text);
  if (out.local)
    return out;
  const auto [name, source] = nameAndSource(text);
  out.name = name;
  out.version = source;
  out.local = startsLike(source, "file:") || source.starts_with('/');
  if (startsLike(source, "git+") ||
      (isRemote(source) && contains(source, ".git")))
    out.strength = gitUrlStrength(source);
  else if (isRemote(source))
    out.strength =
        contains(source, "#sha256=") ? Strength::Content : urlStrength(source);
  else if (!out.local)
    out.strength = specifierStrength(source);
  return out;
}

Strength semverStrength(std::string_view spec) {
  spec = trim(spec);
  if (spec.empty() || spec == "*" || spec == "x" || isMovingWord(spec))
    return Strength::None;
  if (spec.starts_with('='))
    spec = trim(spec.substr(1));
  const std::string_view number = spec.starts_with('v') ? spec.substr(1) : spec;
  const bool isPlain = !number.empty() && isDigit(number[0]) &&
                       !contains(number, " ") && !contains(number, "x") &&
                       !contains(number, "*") && !contains(number, "|");
  if (isPlain && versionParts(pieces(number, "-+")[0]) >= 3)
    return Strength::Exact;
  return Strength::Range;
}

}  // namespace reproaudit
