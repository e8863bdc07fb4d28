// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nix: flakes with their lock, and expressions that fetch.
#include "Lock.h"
#include "Pin.h"
#include "Text.h"

#include <algorithm>
#include <string>

namespace reproaudit {
namespace {

Dependency source(const Reading &reading, std::string name, Strength strength,
                  unsigned line) {
  return reading.record(Artefact::Source, "Nix", std::move(name), {}, strength,
                        line);
}

/// The text between the first quotes of \p line after \p start, or "".
std::string_view quotedAfter(std::string_view line, std::size_t start) {
  const std::size_t open = line.find('"', start);
  if (open == std::string_view::npos)
    return {};
  return line.substr(open + 1, line.find('"', open + 1) - open - 1);
}

/// The name of the input that `NAME.url = ...` or `NAME = {` declares, or "".
std::string inputName(std::string_view line) {
  std::string_view name = trim(line.substr(0, line.find('=')));
  if (name.ends_with(".url"))
    name.remove_suffix(4);
  if (name.starts_with("inputs."))
    name.remove_prefix(7);
  return std::string(name.find_first_of(" {(\"'") == std::string_view::npos
                         ? name
                         : std::string_view{});
}

std::string_view withoutComment(std::string_view line) {
  return line.substr(0, line.find('#'));
}

/// The lines of \p text without their comments.
std::vector<std::string_view> withoutComments(std::string_view text) {
  std::vector<std::string_view> out = lines(text);
  std::ranges::transform(out, out.begin(), withoutComment);
  return out;
}

/// The call of \p fetcher that begins in line \p i, up to the brace that closes
/// its attributes; "" if there is none.
std::string callIn(const std::vector<std::string_view> &code, std::size_t i,
                   std::string_view fetcher) {
  const std::string_view line = code[i];
  const std::size_t at = line.find(fetcher);
  if (at == std::string_view::npos)
    return {};
  const bool isDefined = contains(line, ",") || contains(line, "inherit") ||
                         trim(line).starts_with(fetcher);
  std::string call(line.substr(at));
  if (isDefined && !contains(call, "{") && !contains(call, "\""))
    return {};
  for (std::size_t k = i + 1;
       k < code.size() && contains(call, "{") && !contains(call, "}"); ++k)
    call.append("\n").append(code[k]);
  return call;
}

void readFetch(Reading &reading, const char *fetcher, const std::string &call,
               unsigned line) {
  std::string_view url = quotedAfter(call, call.find("url"));
  if (url.empty())
    url = quotedAfter(call, 0);
  if (!isRemote(url) && !contains(call, "owner"))
    return;
  const bool hasHash = contains(call, "sha256") || contains(call, "hash =") ||
                       contains(call, "rev =") || isCommit(baseName(url)) ||
                       urlStrength(url) == Strength::Content;
  reading.add(source(reading, std::string(url.empty() ? fetcher : url),
                     hasHash ? Strength::Content : Strength::None, line));
}

}  // namespace

void readNixFlake(Reading &reading) {
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()), {"flake.lock"});
  std::string open;
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = trim(withoutComment(raw));
    const bool opens = line.ends_with('{') && contains(line, "=");
    if (opens)
      open = inputName(line);
    const std::size_t key = line.find("url");
    const std::size_t equals = line.find('=', key);
    const bool isUrl = key != std::string_view::npos &&
                       equals != std::string_view::npos &&
                       trim(line.substr(key + 3, equals - key - 3)).empty();
    const std::string_view text = isUrl ? quotedAfter(line, equals) : "";
    if (text.empty() || text.starts_with("path:") || text.starts_with('.'))
      continue;
    const bool isPinned = isCommit(baseName(text)) || contains(text, "rev=") ||
                          contains(text, "narHash=");
    const std::string alone = inputName(line);
    const std::size_t brace = line.find('{');
    const bool isNested = alone == "url" || brace < key;
    Dependency out =
        source(reading, std::string(text),
               isPinned ? Strength::Content : Strength::None, number);
    applyLock(out, lock,
              !isNested     ? alone
              : brace < key ? inputName(line.substr(0, brace))
                            : open);
    reading.add(std::move(out));
  }
}

/// default.nix, shell.nix and others: what they fetch has a hash, or not.
void readNix(Reading &reading) {
  const std::vector<std::string_view> code = withoutComments(reading.text());
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto line = static_cast<unsigned>(i) + 1;
    if (contains(code[i], "<nixpkgs>"))
      reading.add(source(reading, "nixpkgs", Strength::None, line));
    for (const char *fetcher : {"fetchTarball", "fetchGit", "fetchurl",
                                "fetchFromGitHub", "fetchzip", "fetchgit"})
      readFetch(reading, fetcher, callIn(code, i, fetcher), line);
  }
}

}  // namespace reproaudit
