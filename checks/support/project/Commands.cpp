// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Commands.h"

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

template <std::size_t N>
bool isOneOf(std::string_view text, const std::array<const char *, N> &all) {
  return std::ranges::find(all, text) != all.end();
}

constexpr std::array kInterpreters = {
    "sh",     "bash",    "zsh",  "dash", "ksh",
    "python", "python3", "perl", "ruby", "node",
    "iex",    "source",  ".",    "eval", "Invoke-Expression",
    "php",    "Rscript", "fish"};
constexpr std::array kFilters = {
    "jq",   "grep", "egrep", "sed", "awk",  "cut",
    "head", "tail", "tr",    "wc",  "sort", "python3 -m json.tool",
    "test", "diff"};
constexpr std::array kKeyTools = {"gpg", "apt-key", "tee", "rpm", "rpmkeys"};

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

struct Options {
  std::vector<std::string> operands;
  std::vector<std::pair<std::string, std::string>> values;

  std::optional<std::string>
  value(std::initializer_list<std::string_view> names) const {
    for (const auto &[name, value] : values)
      for (const std::string_view wanted : names)
        if (name == wanted)
          return value;
    return std::nullopt;
  }
};

/// Splits words into operands and options; \p valueOptions take the next word.
template <std::size_t N>
Options parsed(std::span<const std::string> words,
               const std::array<const char *, N> &valueOptions) {
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
    else if (isOneOf(word, valueOptions) && i + 1 < words.size())
      out.values.emplace_back(word, words[++i]);
    else
      out.values.emplace_back(word, "");
  }
  return out;
}

class CommandReader {
public:
  CommandReader(Reading &reading, const std::vector<Command> &commands,
                bool buildsImage)
      : reading_(reading), commands_(commands), buildsImage_(buildsImage) {
    for (const Command &command : commands)
      words_.push_back(bareWords(command));
  }

  void read() {
    for (std::size_t i = 0; i < commands_.size(); ++i)
      if (!words_[i].empty())
        readOne(i);
  }

private:
  std::string_view program(std::size_t i) const {
    Command bare;
    return words_[i].empty() ? "" : programOf(words_[i].front());
  }
  static std::string_view programOf(std::string_view word) {
    std::string_view name = baseName(word);
    if (name.ends_with(".exe"))
      name.remove_suffix(4);
    return name;
  }

  void readOne(std::size_t i) {
    const std::string_view name = program(i);
    const std::vector<std::string> &words = words_[i];
    if (name == "git" && words.size() > 1)
      git(i);
    else if (name == "curl")
      curl(i);
    else if (name == "wget" || name == "wget2")
      wget(i);
    else if (isOneOf(name, kOtherLoaders) || isOneOf(lower(name), kPowerShell))
      otherDownload(i);
    else if (name == "docker" || name == "podman")
      pull(i);
    else if (name == "hf" || name == "huggingface-cli")
      hub(i);
    else if (!readPackages(reading_, commands_[i], words, buildsImage_))
      wrapper(i);
  }

  // -- git ------------------------------------------------------------------

  static constexpr std::array kCloneOptions = {
      "-b",       "--branch", "--revision", "--depth",     "-o",
      "--origin", "-c",       "--config",   "--reference", "-j",
      "--jobs",   "--filter", "-u",         "--template",  "--shallow-since"};

  void git(std::size_t i) {
    const std::span<const std::string> words(words_[i]);
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
        .group = {}};
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

  /// The folder in which git command \p i works and its words after options.
  std::pair<std::string, std::vector<std::string>>
  gitCall(std::size_t i) const {
    std::string folder = commands_[i].folder;
    std::size_t at = 1;
    const std::vector<std::string> &words = words_[i];
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
      if (program(k) != "git")
        continue;
      const auto [where, words] = gitCall(k);
      if (where != folder || words.empty())
        continue;
      const Options options =
          parsed(std::span(words).subspan(1), std::array{"--depth", "-j"});
      const bool makesBranch =
          options.value({"-b", "-B", "-c", "-C", "--orphan"}).has_value();
      if (words[0] == "fetch" && options.operands.size() > 1)
        fetched = options.operands[1];
      if (words[0] != "checkout" && words[0] != "switch" && words[0] != "reset")
        continue;
      std::string ref;
      if (makesBranch)
        ref = options.operands.size() > 1 ? options.operands[1] : "";
      else if (!options.operands.empty() && options.operands[0] != ".")
        ref = options.operands[0];
      if (ref == "FETCH_HEAD")
        ref = fetched;
      if (!ref.empty() && std::ranges::count(words, "--") == 0)
        return std::pair{ref, commands_[k].line};
    }
    return std::nullopt;
  }

  /// True if command \p k runs a file of \p folder.
  bool runsFrom(std::size_t k, const std::string &folder) const {
    const std::vector<std::string> &words = words_[k];
    const auto isInside = [&](const std::string &word) {
      return joined(commands_[k].folder, word).starts_with(folder + "/");
    };
    return !words.empty() && contains(words[0] + " ", "/")
               ? isInside(words[0])
               : isOneOf(program(k), kInterpreters) && words.size() > 1 &&
                     isInside(words[1]);
  }

  /// A clone that is committed to is a place to publish, not an input.
  bool isPushed(std::size_t i, const std::string &folder) const {
    for (std::size_t k = i + 1; k < commands_.size(); ++k) {
      if (program(k) != "git")
        continue;
      const auto [where, words] = gitCall(k);
      if (where == folder && !words.empty() &&
          (words[0] == "push" || words[0] == "commit"))
        return true;
    }
    return false;
  }

  // -- downloads ------------------------------------------------------------

  static constexpr std::array kOtherLoaders = {"aria2c", "axel", "gdown",
                                               "gsutil", "aws",  "azcopy"};
  static constexpr std::array kPowerShell = {"invoke-webrequest",  "iwr",
                                             "start-bitstransfer", "irm",
                                             "invoke-restmethod",  "bitsadmin"};
  static constexpr std::array kCurlOptions = {"-o",
                                              "--output",
                                              "-H",
                                              "--header",
                                              "-A",
                                              "--user-agent",
                                              "-e",
                                              "-u",
                                              "--user",
                                              "--retry",
                                              "--retry-delay",
                                              "--retry-max-time",
                                              "-m",
                                              "--max-time",
                                              "--connect-timeout",
                                              "--proto",
                                              "--cacert",
                                              "-w",
                                              "--write-out",
                                              "-x",
                                              "--proxy",
                                              "-X",
                                              "--request",
                                              "-d",
                                              "--data",
                                              "--data-raw",
                                              "--data-binary",
                                              "-F",
                                              "--form",
                                              "-T",
                                              "--upload-file",
                                              "--output-dir",
                                              "-C",
                                              "-b",
                                              "-c",
                                              "-K",
                                              "-D",
                                              "-r",
                                              "--limit-rate",
                                              "-y",
                                              "-Y",
                                              "-z"};
  static constexpr std::array kWgetOptions = {"-O",
                                              "--output-document",
                                              "-P",
                                              "--directory-prefix",
                                              "-o",
                                              "-a",
                                              "-U",
                                              "--user-agent",
                                              "-t",
                                              "--tries",
                                              "-T",
                                              "--timeout",
                                              "--header",
                                              "-e",
                                              "--load-cookies",
                                              "--save-cookies",
                                              "-i",
                                              "-w",
                                              "--waitretry"};

  void curl(std::size_t i) {
    const Options options = parsed(
        std::span<const std::string>(words_[i]).subspan(1), kCurlOptions);
    if (options.value({"-d", "--data", "--data-raw", "--data-binary", "-F",
                       "--form", "-T", "--upload-file", "-I", "--head"}) ||
        options.value({"-X", "--request"}).value_or("GET") != "GET")
      return;  // a question to a service
    std::string file = commands_[i].output;
    bool isNamedLikeUrl = false;
    for (const auto &[name, value] : options.values) {
      const bool isShort = name.starts_with('-') && !name.starts_with("--");
      if (name == "-o" || name == "--output")
        file = value;
      else if (name == "--remote-name" || (isShort && contains(name, "O")))
        isNamedLikeUrl = true;
    }
    // In -fsSLo the value of the last letter is the word after it.
    std::vector<std::string> urls = options.operands;
    for (const auto &[name, value] : options.values)
      if (name.starts_with('-') && !name.starts_with("--") && name.size() > 2 &&
          name.ends_with('o') && file.empty() && urls.size() > 1) {
        const auto url = std::ranges::find_if(
            urls, [](const std::string &word) { return isRemote(word); });
        file = url == urls.begin() ? urls[1] : urls[0];
        std::erase(urls, file);
      }
    for (const std::string &url : urls)
      download(i, url, isNamedLikeUrl ? std::string(baseName(url)) : file);
  }

  void wget(std::size_t i) {
    const Options options = parsed(
        std::span<const std::string>(words_[i]).subspan(1), kWgetOptions);
    std::string file = options.value({"-O", "--output-document"})
                           .value_or(commands_[i].output);
    std::vector<std::string> urls = options.operands;
    bool isToPipe = false;
    for (const auto &[name, value] : options.values) {
      if (name == "--spider")
        return;
      if (name.starts_with("--") || name.size() <= 2)
        continue;
      isToPipe |= name.ends_with("O-");
      if (name.ends_with('O') && urls.size() > 1) {
        file = urls.front();
        urls.erase(urls.begin());
      }
    }
    std::erase(urls, "-");
    for (const std::string &url : urls)
      download(i, url,
               !file.empty() && file != "-" ? file
               : isToPipe || file == "-"
                   ? ""
                   : std::string(baseName(url.substr(0, url.find('?')))));
  }

  void otherDownload(std::size_t i) {
    const std::vector<std::string> &words = words_[i];
    std::string file;
    for (std::size_t k = 1; k < words.size(); ++k) {
      const std::string option = lower(words[k]);
      if ((option == "-outfile" || option == "-o" || option == "-destination" ||
           option == "-out" || option == "-out-file") &&
          k + 1 < words.size())
        file = words[k + 1];
    }
    for (const std::string &word : words)
      if (isRemote(word)) {
        // `aws s3 cp FILE s3://...` sends, it does not fetch.
        const bool isStore = program(i) == "aws" || program(i) == "gsutil";
        const bool copies = std::ranges::count(words, "cp") +
                                std::ranges::count(words, "sync") >
                            0;
        if (isStore && (!copies || &word == &words.back()))
          return;
        download(i, word, file.empty() ? std::string(baseName(word)) : file);
        return;
      }
  }

  static bool looksLikeHost(std::string_view word) {
    const std::string_view host = word.substr(0, word.find('/'));
    return contains(host, ".") && host.size() < word.size() &&
           !host.starts_with('.') && isResolved(host);
  }

  void download(std::size_t i, const std::string &url,
                const std::string &file) {
    if ((!isRemote(url) && !looksLikeHost(url)) || isLocalHost(url) ||
        file == "/dev/null")
      return;
    if (const auto hub = hubUrl(url)) {
      addHubFile(reading_, *hub, commands_[i].line);
      return;
    }
    const Command &command = commands_[i];
    Dependency out{.artefact = Artefact::Download,
                   .ecosystem = std::string(program(i)),
                   .name = url,
                   .declared = url,
                   .resolved = url,
                   .strength = urlStrength(url),
                   .at = reading_.at(command.line, command.endLine),
                   .evidence = {},
                   .group = {}};
    const Use use = useOf(i, file);
    if (use == Use::Query)
      return;
    const std::string_view host =
        std::string_view(url).substr(0, url.find('/', url.find("://") + 3));
    out.advisory = use == Use::Key || !isResolved(folderOf(url)) ||
                   !isResolved(host) || isKeyFile(url) || isKeyFile(file);
    out.executed = use == Use::Executed;
    if (const auto check = verification(i, file)) {
      out.strength = Strength::Content;
      out.evidence.push_back({reading_.at(*check), "verified here"});
    }
    reading_.add(std::move(out));
  }

  static bool isKeyFile(std::string_view path) {
    const std::string name = lower(path);
    for (const std::string_view end :
         {".gpg", ".asc", ".key", ".pub", ".list", ".sources", ".repo", ".sig",
          ".pem", "-keyring_1.0-1_all.deb", "-keyring_1.1-1_all.deb"})
      if (name.ends_with(end))
        return true;
    return false;
  }

  enum class Use : unsigned char { Kept, Executed, Query, Key };

  /// What becomes of the bytes that command \p i fetches.
  Use useOf(std::size_t i, const std::string &file) const {
    const Command &command = commands_[i];
    bool isPiped = false;
    for (std::size_t k = 0; k < commands_.size(); ++k) {
      if (k == i || commands_[k].pipeline != command.pipeline)
        continue;
      isPiped = true;
      const std::string_view name = program(k);
      if (k > i && (isOneOf(name, kInterpreters) || feedsShell(k)))
        return contains(commands_[k].text, "json.tool") ? Use::Query
                                                        : Use::Executed;
      if (k > i && isOneOf(name, kFilters))
        return Use::Query;
      if (k > i && isOneOf(name, kKeyTools))
        return Use::Key;
      if (k > i && (name == "tar" || name == "unzip" || name == "gunzip" ||
                    name == "bsdtar" || name == "xz" || name == "dd"))
        return Use::Kept;
    }
    if (file.empty())
      return isPiped && feedsArchive(i) ? Use::Kept : Use::Query;
    return isRun(i, file) ? Use::Executed : Use::Kept;
  }

  bool feedsArchive(std::size_t i) const {
    for (std::size_t k = i + 1; k < commands_.size(); ++k)
      if (commands_[k].pipeline == commands_[i].pipeline && program(k) == "tar")
        return true;
    return false;
  }

  /// `bash -c "$(curl ...)"`.
  bool feedsShell(std::size_t k) const {
    return isOneOf(program(k), kInterpreters);
  }

  bool isRun(std::size_t i, const std::string &file) const {
    const std::string_view name = baseName(file);
    if (name.empty())
      return false;
    for (std::size_t k = i + 1; k < commands_.size(); ++k) {
      const std::vector<std::string> &words = words_[k];
      if (words.empty())
        continue;
      const bool isItself = baseName(words[0]) == name;
      const bool takesIt = std::any_of(
          words.begin() + 1, words.end(),
          [&](const std::string &word) { return baseName(word) == name; });
      const std::string_view tool = program(k);
      if (isItself)
        return true;
      if (takesIt &&
          (isOneOf(tool, kInterpreters) || tool == "dpkg" || tool == "rpm" ||
           tool == "apt-get" || tool == "apt" || tool == "msiexec" ||
           tool == "Start-Process" || tool == "installer"))
        return true;
      if (takesIt && tool == "chmod" && words.size() > 1 &&
          (contains(words[1], "x") || contains(words[1], "7")))
        return true;
    }
    return false;
  }

  /// The line of the command that checks \p file after command \p i, if there
  /// is one that can fail.
  std::optional<unsigned> verification(std::size_t i,
                                       const std::string &file) const {
    const std::string_view name = baseName(file);
    for (std::size_t k = i + 1; k < commands_.size(); ++k) {
      const Command &command = commands_[k];
      if (command.mayFail || !verifies(k))
        continue;
      std::string around = command.text + command.input;
      for (const std::string &word : command.words)
        around += " " + word;
      for (std::size_t m = 0; m < commands_.size(); ++m)
        if (commands_[m].pipeline == command.pipeline) {
          around += " " + commands_[m].text + commands_[m].input;
          for (const std::string &word : commands_[m].words)
            around += " " + word;
        }
      const bool isSame = command.pipeline == commands_[i].pipeline;
      if (isSame || (!name.empty() && contains(around, name)))
        return command.line;
      // `sha256sum -c SHA256SUMS`: the list is a file of the repository.
      for (const std::string &word : command.words)
        if (reading_.project().contains(joined(command.folder, word)) ||
            (!word.starts_with('-') && endsLikeSums(word)))
          return command.line;
    }
    return std::nullopt;
  }

  static bool endsLikeSums(std::string_view word) {
    const std::string name = lower(baseName(word));
    return name.ends_with("sums") || name.ends_with("sums.txt") ||
           name.ends_with("checksums.txt");
  }

  bool verifies(std::size_t k) const {
    const std::string_view tool = program(k);
    const std::string &text = commands_[k].text;
    const bool isSum = (tool.ends_with("sum") && tool != "cksum") ||
                       tool == "shasum" || tool == "openssl";
    if (isSum)
      for (const std::string &word : commands_[k].words)
        if (word == "--check" || word.starts_with("--check=") ||
            (word.starts_with('-') && !word.starts_with("--") &&
             contains(word, "c")))
          return true;
    if (tool == "test" || tool == "[" || tool == "grep" || tool == "if")
      return contains(text, "sum ") || contains(text, "shasum") ||
             contains(pipelineText(k), "sum ");
    return ((tool == "gpg" || tool == "gpgv") && contains(text, "--verify")) ||
           tool == "gpgv" || (tool == "cosign" && contains(text, "verify")) ||
           tool == "minisign" || lower(tool) == "get-filehash";
  }

  std::string pipelineText(std::size_t k) const {
    std::string out;
    for (const Command &command : commands_)
      if (command.pipeline == commands_[k].pipeline)
        out += command.text + " ";
    return out;
  }

  // -- others ---------------------------------------------------------------

  void pull(std::size_t i) {
    const std::vector<std::string> &words = words_[i];
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
        parsed(std::span<const std::string>(words_[i]).subspan(1),
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
    const std::vector<std::string> &words = words_[i];
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
                  .ecosystem = std::string(program(i)),
                  .name = url,
                  .declared = url,
                  .resolved = url,
                  .strength = Strength::Content,
                  .at = reading_.at(commands_[i].line, commands_[i].endLine),
                  .evidence = {},
                  .group = {}});
  }

  Reading &reading_;
  const std::vector<Command> &commands_;
  std::vector<std::vector<std::string>> words_;
  bool buildsImage_;
};

}  // namespace

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
  CommandReader(reading, commands, buildsImage).read();
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
