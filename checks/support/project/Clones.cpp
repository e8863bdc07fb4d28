// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `git clone`, followed to the checkout after it.
#include "CommandList.h"
#include "Pin.h"
#include "Text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace reproaudit {
namespace {

std::string repositoryName(std::string_view url) {
  if (url.ends_with('/'))
    url.remove_suffix(1);
  if (url.ends_with(".git"))
    url.remove_suffix(4);
  const std::string_view name = baseName(url);
  const std::string_view owner = baseName(folderOf(url));
  const std::size_t colon = owner.find_last_of(':');
  const std::string_view plainOwner =
      colon == std::string_view::npos ? owner : owner.substr(colon + 1);
  if (plainOwner.empty() || contains(plainOwner, "."))
    return std::string(name);
  return std::string(plainOwner) + "/" + std::string(name);
}

constexpr std::array kCloneOptions = {
    "-b",       "--branch", "--revision", "--depth",     "-o",
    "--origin", "-c",       "--config",   "--reference", "-j",
    "--jobs",   "--filter", "-u",         "--template",  "--shallow-since"};

class CloneReader {
public:
  CloneReader(Reading &reading, const CommandList &commands)
      : reading_(reading), commands_(commands) {}

  void read(std::size_t i) {
    const std::span<const std::string> words(commands_.words(i));
    std::size_t sub = 1;
    while (sub + 1 < words.size() && words[sub].starts_with('-'))
      sub += words[sub] == "-C" || words[sub] == "-c" ? 2 : 1;
    if (sub >= words.size() || words[sub] != "clone")
      return;
    const Options options = parsed(words.subspan(sub + 1), kCloneOptions);
    if (options.operands.empty())
      return;
    const std::string &url = options.operands[0];
    const bool isUrl =
        isRemote(url) || contains(url, "://") || contains(url, "@");
    if (!isUrl && isResolved(url))
      return;  // a copy of a folder
    const Command &command = commands_[i];
    const std::string folder =
        options.operands.size() > 1
            ? options.operands[1]
            : std::string(baseName(replaceAll(url + " ", ".git ", "")));
    const std::string target =
        folder.starts_with('$')
            ? normalised(folder)
            : joined(command.folder, std::string(trim(folder)));
    if (isPushed(i, target))
      return;
    Dependency out{
        .artefact = contains(url, "huggingface.co/") ? Artefact::Model
                                                     : Artefact::Source,
        .ecosystem = "git clone",
        .name = repositoryName(url),
        .declared =
            options.value({"-b", "--branch", "--revision"}).value_or(""),
        .resolved = {},
        .at = reading_.at(command.line, command.endLine),
        .evidence = {},
        .group = {},
        .origin = url};
    out.resolved = out.declared;
    if (const auto checkout = checkoutAfter(i, target)) {
      out.resolved = checkout->first;
      out.evidence.push_back({reading_.at(checkout->second),
                              "'" + checkout->first + "' is checked out here"});
    }
    out.strength = gitStrength(out.resolved);
    out.advisory = !isResolved(out.resolved) || !isResolved(url);
    reading_.add(std::move(out));
  }

private:
  /// The folder in which git command \p i works and its words after options.
  std::pair<std::string, std::vector<std::string>>
  gitCall(std::size_t i) const {
    std::string folder = commands_[i].folder;
    std::size_t at = 1;
    const std::vector<std::string> &words = commands_.words(i);
    while (at < words.size() && words[at].starts_with('-')) {
      if (words[at] == "-C" && at + 1 < words.size())
        folder = words[at + 1].starts_with('$') ? normalised(words[at + 1])
                                                : joined(folder, words[at + 1]);
      at += words[at] == "-C" || words[at] == "-c" ? 2 : 1;
    }
    return {folder,
            {words.begin() +
                 static_cast<std::ptrdiff_t>(std::min(at, words.size())),
             words.end()}};
  }

  /// The reference that is checked out in \p folder after command \p i, and
  /// the line that does it.
  std::optional<std::pair<std::string, unsigned>>
  checkoutAfter(std::size_t i, const std::string &folder) const {
    std::string fetched;
    for (std::size_t k = i + 1; k < commands_.size(); ++k) {
      if (runsFrom(k, folder))
        return std::nullopt;  // used before anything was checked out
      if (commands_.program(k) != "git")
        continue;
      const auto [where, words] = gitCall(k);
      if (where != folder || words.empty())
        continue;
      const Options options =
          parsed(std::span(words).subspan(1), std::array{"--depth", "-j"});
      if (words[0] == "fetch" && options.operands.size() > 1)
        fetched = options.operands[1];
      std::string ref = checkedOut(words, options);
      if (ref == "FETCH_HEAD")
        ref = fetched;
      if (!ref.empty())
        return std::pair{ref, commands_[k].line};
    }
    return std::nullopt;
  }

  /// The reference that the git command \p words goes to, or "".
  static std::string checkedOut(const std::vector<std::string> &words,
                                const Options &options) {
    static constexpr std::array kCommands = {"checkout", "switch", "reset"};
    if (!isOneOf(words[0], kCommands) || std::ranges::count(words, "--") > 0)
      return {};
    if (options.value({"-b", "-B", "-c", "-C", "--orphan"}))
      return options.operands.size() > 1 ? options.operands[1] : "";
    return options.operands.empty() || options.operands[0] == "."
               ? ""
               : options.operands[0];
  }

  /// True if command \p k runs a file of \p folder.
  bool runsFrom(std::size_t k, const std::string &folder) const {
    const std::vector<std::string> &words = commands_.words(k);
    const auto isInside = [&](const std::string &word) {
      return joined(commands_[k].folder, word).starts_with(folder + "/");
    };
    return !words.empty() && contains(words[0] + " ", "/")
               ? isInside(words[0])
               : isOneOf(commands_.program(k), kInterpreters) &&
                     words.size() > 1 && isInside(words[1]);
  }

  /// A clone that is committed to is a place to publish, not an input.
  bool isPushed(std::size_t i, const std::string &folder) const {
    for (std::size_t k = i + 1; k < commands_.size(); ++k) {
      if (commands_.program(k) != "git")
        continue;
      const auto [where, words] = gitCall(k);
      if (where == folder && !words.empty() &&
          (words[0] == "push" || words[0] == "commit"))
        return true;
    }
    return false;
  }

  Reading &reading_;
  const CommandList &commands_;
};

}  // namespace

void readClone(Reading &reading, const CommandList &commands, std::size_t i) {
  CloneReader(reading, commands).read(i);
}

}  // namespace reproaudit
