// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Commands.h"

#include "CommandList.h"
#include "Flags.h"
#include "Pin.h"
#include "Text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

namespace reproaudit {
namespace {

constexpr std::array kCompilers = {"g++",  "gcc",   "clang++", "clang",
                                   "c++",  "cc",    "icpx",    "icx",
                                   "nvcc", "hipcc", "cmake",   "cl"};

class CommandReader {
public:
  CommandReader(Reading &reading, const CommandList &commands, bool buildsImage)
      : reading_(reading), commands_(commands), buildsImage_(buildsImage) {}

  void read() {
    for (std::size_t i = 0; i < commands_.size(); ++i)
      if (!commands_.words(i).empty())
        readOne(i);
  }

private:
  void readOne(std::size_t i) {
    const std::string_view name = commands_.program(i);
    readLockUse(reading_, commands_, i);
    readShuffle(reading_, commands_, i);
    if (name == "git")
      readClone(reading_, commands_, i);
    else if (name == "docker" || name == "podman")
      pull(i);
    else if (name == "hf" || name == "huggingface-cli")
      hub(i);
    else if (name == "Rscript" || name == "R")
      inlineR(i);
    else if (isOneOf(name, kCompilers))
      addFlags(reading_, commands_[i].text, commands_[i].line, false);
    else if (!readDownload(reading_, commands_, i) &&
             !readPackages(reading_, commands_[i], commands_.words(i),
                           buildsImage_))
      wrapper(i);
  }

  /// `Rscript -e "install.packages('x')"`.
  void inlineR(std::size_t i) {
    const std::vector<std::string> &words = commands_.words(i);
    for (std::size_t k = 1; k + 1 < words.size(); ++k)
      if (words[k] == "-e")
        readRText(reading_, words[k + 1], commands_[i].line);
  }

  void pull(std::size_t i) {
    const std::vector<std::string> &words = commands_.words(i);
    if (words.size() < 3 || words[1] != "pull" || !isResolved(words.back()) ||
        words.back().starts_with('-'))
      return;
    reading_.add({.artefact = Artefact::Image,
                  .ecosystem = "docker pull",
                  .name = imageName(words.back()).name,
                  .declared = words.back(),
                  .resolved = words.back(),
                  .strength = imageStrength(words.back()),
                  .at = reading_.at(commands_[i].line),
                  .evidence = {},
                  .group = {}});
  }

  void hub(std::size_t i) {
    const Options options =
        parsed(std::span<const std::string>(commands_.words(i)).subspan(1),
               std::array{"--revision", "--local-dir", "--repo-type",
                          "--include", "--exclude", "--token", "--cache-dir"});
    if (options.operands.size() < 2 || options.operands[0] != "download" ||
        !isResolved(options.operands[1]))
      return;
    const std::string revision = options.value({"--revision"}).value_or("");
    reading_.add({.artefact = Artefact::Model,
                  .ecosystem = "Hugging Face",
                  .name = options.operands[1],
                  .declared = revision,
                  .resolved = revision,
                  .strength = gitStrength(revision),
                  .at = reading_.at(commands_[i].line, commands_[i].endLine),
                  .evidence = {},
                  .group = {}});
  }

  /// A command of the project that gets a URL and its checksum.
  void wrapper(std::size_t i) {
    const std::vector<std::string> &words = commands_.words(i);
    std::string url;
    bool hasSum = false;
    for (std::size_t k = 1; k < words.size(); ++k) {
      if (isRemote(words[k]) && url.empty())
        url = words[k];
      hasSum |= isChecksum(words[k]);
    }
    if (url.empty() || !hasSum)
      return;
    reading_.add({.artefact = Artefact::Download,
                  .ecosystem = std::string(commands_.program(i)),
                  .name = url,
                  .declared = url,
                  .resolved = url,
                  .strength = Strength::Content,
                  .at = reading_.at(commands_[i].line, commands_[i].endLine),
                  .evidence = {},
                  .group = {}});
  }

  Reading &reading_;
  const CommandList &commands_;
  bool buildsImage_;
};

}  // namespace

CommandList::CommandList(const std::vector<Command> &commands)
    : commands_(commands) {
  for (const Command &command : commands)
    words_.push_back(bareWords(command));
}

std::string_view CommandList::program(std::size_t i) const {
  if (words_[i].empty())
    return "";
  std::string_view name = baseName(words_[i].front());
  if (name.ends_with(".exe"))
    name.remove_suffix(4);
  return name;
}

std::optional<std::string>
Options::value(std::initializer_list<std::string_view> names) const {
  for (const auto &[name, value] : values)
    if (std::ranges::find(names, name) != names.end())
      return value;
  return std::nullopt;
}

Options parsed(std::span<const std::string> words,
               std::span<const char *const> valueOptions) {
  Options out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string &word = words[i];
    if (!word.starts_with('-') || word.size() < 2) {
      out.operands.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    if (word.starts_with("--") && equals != std::string::npos)
      out.values.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    else if (std::ranges::find(valueOptions, word) != valueOptions.end() &&
             i + 1 < words.size())
      out.values.emplace_back(word, words[++i]);
    else
      out.values.emplace_back(word, "");
  }
  return out;
}

std::vector<std::string> bareWords(const Command &command) {
  static constexpr std::array kPrefixes = {"sudo",  "env",     "time",
                                           "nohup", "command", "exec",
                                           "call",  "nice",    "travis_retry",
                                           "retry", "then",    "do",
                                           "else",  "@",       "&",
                                           "$",     "!"};
  std::size_t at = 0;
  const std::vector<std::string> &words = command.words;
  while (at < words.size()) {
    const std::string &word = words[at];
    const bool isAssignment = word.find('=') != std::string::npos &&
                              word.find('=') > 0 && !word.starts_with('-') &&
                              !contains(word.substr(0, word.find('=')), "/");
    if (isOneOf(word, kPrefixes) || isAssignment) {
      ++at;
      while (at < words.size() && words[at].starts_with('-') && word != "git")
        ++at;
    } else if (word == "timeout" && at + 2 < words.size()) {
      at += 2;
    } else {
      break;
    }
  }
  return {words.begin() + static_cast<std::ptrdiff_t>(at), words.end()};
}

void readCommands(Reading &reading, const std::vector<Command> &commands,
                  bool buildsImage) {
  CommandReader(reading, CommandList(commands), buildsImage).read();
}

std::optional<HubUrl> hubUrl(std::string_view text) {
  constexpr std::string_view kHost = "huggingface.co/";
  const std::size_t host = text.find(kHost);
  const std::size_t resolve = text.find("/resolve/", host);
  if (host == std::string_view::npos || resolve == std::string_view::npos ||
      resolve - host > 200)
    return std::nullopt;
  const std::string_view rest = text.substr(resolve + 9);
  const std::string_view revision =
      rest.substr(0, rest.find_first_of("/\"'` ?)"));
  if (revision.empty() || !isResolved(revision) || contains(revision, "{") ||
      contains(revision, "%"))
    return std::nullopt;
  const std::size_t name = host + kHost.size();
  return HubUrl{std::string(text.substr(name, resolve - name)),
                std::string(revision)};
}

void addHubFile(Reading &reading, const HubUrl &url, unsigned line) {
  reading.add({.artefact = Artefact::Model,
               .ecosystem = "Hugging Face",
               .name = url.name,
               .declared = url.revision,
               .resolved = url.revision,
               .strength = gitStrength(url.revision),
               .at = reading.at(line),
               .evidence = {},
               .group = {}});
}

void readHubUrls(Reading &reading, std::string_view text, unsigned line) {
  for (std::size_t at = text.find("huggingface.co/");
       at != std::string_view::npos;
       at = text.find("huggingface.co/", at + 1)) {
    const std::string_view rest = text.substr(at);
    if (const auto url = hubUrl(rest.substr(0, rest.find_first_of(" \t\n\"'"))))
      addHubFile(reading, *url,
                 line + static_cast<unsigned>(
                            std::ranges::count(text.substr(0, at), '\n')));
  }
}

}  // namespace reproaudit
