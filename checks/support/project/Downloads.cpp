// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs that fetch a URL, followed to the use and the verification of the
// file after it.
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

constexpr std::array kFilters = {
    "jq",   "grep", "egrep", "sed", "awk",  "cut",
    "head", "tail", "tr",    "wc",  "sort", "python3 -m json.tool",
    "test", "diff"};
constexpr std::array kKeyTools = {"gpg", "apt-key", "tee", "rpm", "rpmkeys"};
constexpr std::array kUnpackers = {"tar",    "unzip", "gunzip",
                                   "bsdtar", "xz",    "dd"};
constexpr std::array kOtherLoaders = {"aria2c", "axel", "gdown",
                                      "gsutil", "aws",  "azcopy"};
constexpr std::array kPowerShell = {"invoke-webrequest",  "iwr",
                                    "start-bitstransfer", "irm",
                                    "invoke-restmethod",  "bitsadmin"};
constexpr std::array kCurlOptions = {"-o",
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
constexpr std::array kWgetOptions = {"-O",
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

constexpr std::array kEvaluators = {"iex", "invoke-expression"};

class DownloadReader {
public:
  DownloadReader(Reading &reading, const CommandList &commands)
      : reading_(reading), commands_(commands) {}

  bool read(std::size_t i) {
    const std::string_view name = commands_.program(i);
    if (name == "curl")
      curl(i);
    else if (name == "wget" || name == "wget2")
      wget(i);
    else if (isOneOf(name, kOtherLoaders) || isOneOf(lower(name), kPowerShell))
      otherDownload(i);
    else if (const std::string method = lower(name);
             contains(method, ".downloadfile") ||
             contains(method, ".downloadstring"))
      webClient(i);
    else
      return false;
    return true;
  }

private:
  void curl(std::size_t i) {
    const Options options =
        parsed(std::span<const std::string>(commands_.words(i)).subspan(1),
               kCurlOptions);
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
    const Options options =
        parsed(std::span<const std::string>(commands_.words(i)).subspan(1),
               kWgetOptions);
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
    const std::vector<std::string> &words = commands_.words(i);
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
        const bool isStore =
            commands_.program(i) == "aws" || commands_.program(i) == "gsutil";
        const bool copies = std::ranges::count(words, "cp") +
                                std::ranges::count(words, "sync") >
                            0;
        if (isStore && (!copies || &word == &words.back()))
          return;
        download(i, word, file.empty() ? std::string(baseName(word)) : file);
        return;
      }
  }

  /// `$client.DownloadFile(url, file)` of .NET.
  void webClient(std::size_t i) {
    const std::vector<std::string> &words = commands_.words(i);
    if (words.size() > 1 && isRemote(words[1]))
      download(i, words[1], words.size() > 2 ? words[2] : "");
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
                   .ecosystem = std::string(commands_.program(i)),
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
    // `iex ((New-Object ...).DownloadString(...))` names its reader first.
    for (std::size_t k = 0; k < i; ++k)
      if (commands_[k].pipeline == commands_[i].pipeline &&
          isOneOf(lower(commands_.program(k)), kEvaluators))
        return Use::Executed;
    for (std::size_t k = i + 1; k < commands_.size(); ++k)
      if (commands_[k].pipeline == commands_[i].pipeline)
        if (const std::optional<Use> use = useBy(k))
          return *use;
    if (file.empty())
      return Use::Query;
    return isRun(i, file) ? Use::Executed : Use::Kept;
  }

  /// What command \p k makes of the bytes that it reads, if that is known.
  std::optional<Use> useBy(std::size_t k) const {
    const std::string_view name = commands_.program(k);
    if (isOneOf(name, kInterpreters))
      return contains(commands_[k].text, "json.tool") ? Use::Query
                                                      : Use::Executed;
    if (isOneOf(name, kFilters))
      return Use::Query;
    if (isOneOf(name, kKeyTools))
      return Use::Key;
    if (isOneOf(name, kUnpackers))
      return Use::Kept;
    return std::nullopt;
  }

  bool isRun(std::size_t i, const std::string &file) const {
    const std::string_view name = baseName(file);
    if (name.empty())
      return false;
    for (std::size_t k = i + 1; k < commands_.size(); ++k) {
      const std::vector<std::string> &words = commands_.words(k);
      if (words.empty())
        continue;
      const bool isItself = baseName(words[0]) == name;
      const bool takesIt = std::any_of(
          words.begin() + 1, words.end(),
          [&](const std::string &word) { return baseName(word) == name; });
      const std::string_view tool = commands_.program(k);
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
      const bool isSame = command.pipeline == commands_[i].pipeline;
      if (isSame || (!name.empty() && isNamed(name, command.pipeline)) ||
          readsSums(command))
        return command.line;
    }
    return std::nullopt;
  }

  /// True if \p name stands anywhere in \p pipeline.
  bool isNamed(std::string_view name, unsigned pipeline) const {
    const auto names = [&](const std::string &text) {
      return contains(text, name);
    };
    return std::ranges::any_of(commands_, [&](const Command &one) {
      return one.pipeline == pipeline &&
             (names(one.text) || names(one.input) ||
              std::ranges::any_of(one.words, names));
    });
  }

  /// `sha256sum -c SHA256SUMS`: the list is a file of the repository.
  bool readsSums(const Command &command) const {
    return std::ranges::any_of(command.words, [&](const std::string &word) {
      return reading_.project().contains(joined(command.folder, word)) ||
             (!word.starts_with('-') && endsLikeSums(word));
    });
  }

  static bool endsLikeSums(std::string_view word) {
    const std::string name = lower(baseName(word));
    return name.ends_with("sums") || name.ends_with("sums.txt") ||
           name.ends_with("checksums.txt");
  }

  bool verifies(std::size_t k) const {
    const std::string_view tool = commands_.program(k);
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

  Reading &reading_;
  const CommandList &commands_;
};

}  // namespace

bool readDownload(Reading &reading, const CommandList &commands,
                  std::size_t i) {
  return DownloadReader(reading, commands).read(i);
}

}  // namespace reproaudit
