// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nix: flakes with their lock, and expressions that fetch.
#include "Lock.h"
#include "Pin.h"
#include "Text.h"

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

}  // namespace

void readNixFlake(Reading &reading) {
  const Lock lock =
      lockOf(reading.project(), folderOf(reading.path()), {"flake.lock"});
  std::string open;
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = trim(raw.substr(0, raw.find('#')));
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
  const std::vector<std::string_view> all = lines(reading.text());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string_view line = all[i].substr(0, all[i].find('#'));
    const auto number = static_cast<unsigned>(i) + 1;
    if (contains(line, "<nixpkgs>"))
      reading.add(source(reading, "nixpkgs", Strength::None, number));
    for (const char *fetcher : {"fetchTarball", "fetchGit", "fetchurl",
                                "fetchFromGitHub", "fetchzip", "fetchgit"}) {
      const std::size_t at = line.find(fetcher);
      const bool isDefined = contains(line, ",") || contains(line, "inherit") ||
                             trim(line).starts_with(fetcher);
      if (at == std::string_view::npos ||
          (isDefined && !contains(line.substr(at), "{") &&
           !contains(line.substr(at), "\"")))
        continue;
      // The attributes that belong to the call: up to its closing brace.
      std::string call(line.substr(at));
      for (std::size_t k = i + 1;
           k < all.size() && contains(call, "{") && !contains(call, "}"); ++k)
        call += "\n" + std::string(all[k].substr(0, all[k].find('#')));
      std::string_view url = quotedAfter(call, call.find("url"));
      if (url.empty())
        url = quotedAfter(call, 0);
      const bool hasHash = contains(call, "sha256") ||
                           contains(call, "hash =") ||
                           contains(call, "rev =") || isCommit(baseName(url)) ||
                           urlStrength(url) == Strength::Content;
      if (isRemote(url) || contains(call, "owner"))
        reading.add(source(
            reading, url.empty() ? std::string(fetcher) : std::string(url),
            hasHash ? Strength::Content : Strength::None, number));
    }
  }
}

}  // namespace reproaudit
