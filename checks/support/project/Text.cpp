// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Text.h"

#include <algorithm>
#include <cctype>

namespace reproaudit {
namespace {

bool isNameChar(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

/// `$NAME`, or `${NAME}` with a suffix such as `:-fallback` before the brace.
struct Reference {
  std::string name;
  std::string_view suffix;
  std::string_view written;
};

/// The reference that \p text begins with.
std::optional<Reference> leadingReference(std::string_view text) {
  const bool isBraced = text.starts_with("${");
  const std::size_t begin = isBraced ? 2 : 1;
  std::size_t end = begin;
  while (end < text.size() && isNameChar(text[end]))
    ++end;
  const std::size_t close = isBraced ? text.find('}', end) : end;
  if (end == begin || close == std::string_view::npos)
    return std::nullopt;
  return Reference{.name = std::string(text.substr(begin, end - begin)),
                   .suffix = text.substr(end, close - end),
                   .written = text.substr(0, isBraced ? close + 1 : end)};
}

/// True if `${NAME` with \p suffix is the value of NAME wherever it has one.
bool keepsValue(std::string_view suffix) {
  if (suffix.empty() || suffix == "[@]" || suffix == "[*]")
    return true;
  return std::ranges::any_of(
      std::array{":-", ":?", ":=", "-", "?"},
      [&](std::string_view start) { return suffix.starts_with(start); });
}

/// What \p reference stands for if NAME has no value.
std::string_view fallback(const Reference &reference) {
  const std::string_view suffix = reference.suffix;
  if (suffix.starts_with(":-") || suffix.starts_with(":="))
    return suffix.substr(2);
  return suffix.starts_with('-') ? suffix.substr(1) : reference.written;
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32)
                                : static_cast<char>(c);
  });
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> words(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  std::vector<std::string> out;
  for (std::size_t at = text.find_first_not_of(kBlank);
       at != std::string_view::npos;) {
    const std::size_t end = text.find_first_of(kBlank, at);
    out.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlank, end);
  }
  return out;
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> out = split(text, '\n');
  for (std::string_view &line : out)
    if (line.ends_with('\r'))
      line.remove_suffix(1);
  return out;
}

std::string replaceAll(std::string text, std::string_view from,
                       std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

bool startsLike(std::string_view text, std::string_view prefix) {
  return lower(text.substr(0, prefix.size())) == lower(prefix);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view baseName(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view folderOf(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? std::string_view{}
                                         : path.substr(0, slash);
}

std::string normalised(std::string_view path) {
  std::vector<std::string_view> out;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".")
      continue;
    if (part == ".." && !out.empty() && out.back() != "..")
      out.pop_back();
    else
      out.push_back(part);
  }
  std::string text = path.starts_with('/') ? "/" : "";
  for (const std::string_view part : out) {
    if (!text.empty() && text != "/")
      text += '/';
    text += part;
  }
  return text;
}

std::string joined(std::string_view folder, std::string_view path) {
  if (path.starts_with('/') || folder.empty())
    return normalised(path);
  return normalised(std::string(folder) + "/" + std::string(path));
}

bool isResolved(std::string_view text) {
  return !contains(text, "$") && !contains(text, "{{") &&
         !(text.starts_with('<') && text.ends_with('>')) &&
         (!text.starts_with('%') || !text.ends_with('%') || text.size() <= 1);
}

std::string
substituted(std::string_view text,
            const std::function<std::optional<std::string>(const std::string &)>
                &lookup) {
  std::string out;
  while (true) {
    const std::size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos)
      return out;
    text.remove_prefix(dollar);
    const std::optional<Reference> reference = leadingReference(text);
    if (!reference) {
      out += '$';
      text.remove_prefix(1);
      continue;
    }
    const std::optional<std::string> value = lookup(reference->name);
    if (value && keepsValue(reference->suffix))
      out += *value;
    else
      out += fallback(*reference);
    text.remove_prefix(reference->written.size());
  }
}

}  // namespace reproaudit
