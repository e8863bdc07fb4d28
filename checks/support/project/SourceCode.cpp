// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Source code that fetches models and data, or starts programs that fetch.
#include "Calls.h"
#include "Commands.h"
#include "Flags.h"
#include "Images.h"
#include "PackageTables.h"
#include "Pin.h"
#include "Readers.h"
#include "Text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <utility>

namespace reproaudit {
namespace {

bool isDataFile(std::string_view url) {
  url = url.substr(0, url.find('?'));
  for (const std::string_view end :
       {".zip",     ".gz",          ".tgz",  ".tar",  ".bz2",
        ".xz",      ".7z",          ".txt",  ".csv",  ".tsv",
        ".json",    ".jsonl",       ".npz",  ".npy",  ".bin",
        ".pt",      ".pth",         ".onnx", ".h5",   ".hdf5",
        ".parquet", ".safetensors", ".pkl",  ".gguf", ".caffemodel",
        ".weights", ".tflite",      ".pb",   ".data"})
    if (lower(url).ends_with(end))
      return true;
  return false;
}

class PythonReader {
public:
  PythonReader(Reading &reading, const SyntaxTree &tree,
               const std::string &text)
      : reading_(reading), text_(text), reader_(tree), root_(tree.root()) {}

  void read() {
    for (const Call &call : reader_.calls())
      readCall(call);
    strings(root_, 0);
  }

private:
  bool imports(std::string_view module) const {
    return contains(text_, "import " + std::string(module)) ||
           contains(text_, "from " + std::string(module));
  }

  bool importsHub() const {
    for (const char *module :
         {"transformers", "huggingface_hub", "diffusers", "datasets",
          "sentence_transformers", "timm", "optimum", "peft"})
      if (imports(module))
        return true;
    return false;
  }

  void readCall(const Call &call) {
    const std::size_t dot = call.name.rfind('.');
    const std::string_view name =
        dot == std::string::npos ? std::string_view(call.name)
                                 : std::string_view(call.name).substr(dot + 1);
    readSplit(reading_, call, text_);
    static constexpr std::array kHubFunctions = {
        "load_dataset", "hf_hub_download", "snapshot_download"};
    const bool isHubFunction =
        std::ranges::find(kHubFunctions, name) != kHubFunctions.end() &&
        (dot == std::string::npos || call.name.starts_with("datasets.") ||
         call.name.starts_with("huggingface_hub.")) &&
        !contains(text_, "def " + std::string(name) + "(");
    const bool isHubMethod =
        name == "from_pretrained" && dot != std::string::npos;
    if ((isHubFunction || isHubMethod) && importsHub())
      hub(call);
    else if (call.name == "torch.hub.load")
      torchHub(call);
    else if (call.name == "os.system" || call.name.starts_with("subprocess."))
      process(call);
    else if (name == "setup")
      requirements(call);
    else if (name.ends_with("PodOperator") || name == "DockerOperator" ||
             contains(call.name, "component"))
      image(call);
  }

  void hub(const Call &call) {
    std::optional<std::string> name;
    for (const char *key : {"repo_id", "path", "pretrained_model_name_or_path"})
      if (!name)
        name = reader_.value(call, key);
    if (!name && !call.operands.empty())
      name = reader_.value(call.operands[0]);
    const bool isGiven = !name && !call.operands.empty();
    if (isGiven)
      name = call.operands[0].text();
    if (!name || name->empty() || name->starts_with('.') ||
        name->starts_with('/') || contains(*name, "{") || isFormat(*name))
      return;  // a local path
    const auto revision = reader_.value(call, "revision");
    const bool passesOn = call.named.contains("revision") && !revision;
    reading_.add({.artefact = Artefact::Model,
                  .ecosystem = "Hugging Face",
                  .name = *name,
                  .declared = revision.value_or(""),
                  .resolved = revision.value_or(""),
                  .strength = gitStrength(revision.value_or("")),
                  .at = reading_.at(call.line(), call.endLine()),
                  .evidence = {},
                  .advisory = passesOn || isGiven,
                  .group = {}});
  }

  /// `load_dataset("csv", data_files=...)` reads files.
  static bool isFormat(const std::string &name) {
    return name == "csv" || name == "json" || name == "text" ||
           name == "parquet" || name == "imagefolder" || name == "arrow";
  }

  void torchHub(const Call &call) {
    const auto name =
        call.operands.empty() ? std::nullopt : reader_.value(call.operands[0]);
    if (!name || reader_.value(call, "source").value_or("") == "local")
      return;
    const std::size_t colon = name->find(':');
    const std::string ref =
        colon == std::string::npos ? "" : name->substr(colon + 1);
    reading_.add({.artefact = Artefact::Model,
                  .ecosystem = "torch.hub",
                  .name = name->substr(0, colon),
                  .declared = ref,
                  .resolved = ref,
                  .strength = gitStrength(ref),
                  .at = reading_.at(call.line(), call.endLine()),
                  .evidence = {},
                  .group = {}});
  }

  /// os.system("git clone ..."), subprocess.run(["pip", "install", ...]).
  void process(const Call &call) {
    if (call.operands.empty())
      return;
    const SyntaxNode first = call.operands[0];
    if (first.is("list")) {
      Command command;
      for (const SyntaxNode word : first.children())
        command.words.push_back(reader_.value(word).value_or(
            "${" + std::string(word.text()) + "}"));
      if (command.words.size() > 1 && command.words[0] == "${sys.executable}")
        command.words[0] = "python";
      command.line = call.line();
      command.endLine = call.endLine();
      readCommands(reading_, {command}, false);
    } else if (const auto text = reader_.value(first)) {
      ShellMachine machine;
      machine.run(replaceAll(*text, "{", "${"), call.line());
      finishScripts(reading_, machine, false);
    }
  }

  /// What a library asks of its users is a range on purpose.
  void requirements(const Call &call) {
    const auto list = call.named.find("install_requires");
    if (list == call.named.end())
      return;
    for (const std::string &text : reader_.values(list->second)) {
      const Requirement one = requirement(text);
      if (!one.local && !one.name.empty())
        reading_.add({.artefact = Artefact::Package,
                      .ecosystem = "setup.py",
                      .name = one.name,
                      .declared = one.version,
                      .resolved = one.version,
                      .strength = one.strength,
                      .at = reading_.at(list->second.line()),
                      .evidence = {},
                      .advisory = true,
                      .group = "setup.py"});
    }
  }

  void image(const Call &call) {
    for (const char *key : {"image", "base_image"})
      if (const auto text = reader_.value(call, key))
        addImage(reading_, call.name, *text,
                 call.named.find(key)->second.line());
    if (const auto list = call.named.find("packages_to_install");
        list != call.named.end())
      for (const std::string &text : reader_.values(list->second))
        addRequirement(reading_, call.name, text, list->second.line());
  }

  /// Strings that are a URL and nothing else, and flags of a build script.
  /// Code that asks whether a text is there, or takes it away.
  static bool onlyLooksFor(SyntaxNode node) {
    if (node.is("comparison_operator"))
      return true;
    return node.is("call") && !node.children().empty() &&
           node.children()[0].text().ends_with(".remove");
  }

  void strings(SyntaxNode node, unsigned depth) {
    if (depth > 150 || !node || onlyLooksFor(node))
      return;
    if (node.is("expression_statement") && node.children().size() == 1 &&
        node.children()[0].is("string"))
      return;  // a docstring
    if (node.is("string")) {
      string(node);
      return;
    }
    for (const SyntaxNode child : node.children())
      strings(child, depth + 1);
  }

  void string(SyntaxNode node) {
    const std::string text = literal(node);
    if (baseName(reading_.path()) == "setup.py") {
      if (const std::vector<Flag> flags = flagsIn(text);
          !flags.empty() && !contains(trim(text), " "))
        addFlags(reading_, text, node.line(), false);
    }
    if (!startsLike(text, "http") || contains(text, " "))
      return;
    if (const auto url = hubUrl(text))
      addHubFile(reading_, *url, node.line());
    else if (isDataFile(text) && fetches() && !verifies() && isResolved(text))
      reading_.add({.artefact = Artefact::Data,
                    .ecosystem = "Python",
                    .name = text,
                    .declared = text,
                    .resolved = text,
                    .strength = urlStrength(text),
                    .at = reading_.at(node.line()),
                    .evidence = {},
                    .advisory = contains(text, "{"),
                    .group = {}});
  }

  bool fetches() const {
    for (const char *call :
         {"requests.get(", "urlretrieve(", "urlopen(", "wget.download(",
          "download_file(", "download_url(", "get_file(", "urllib.request"})
      if (contains(text_, call))
        return true;
    return false;
  }

  bool verifies() const {
    return contains(text_, "hashlib.") || contains(text_, "md5=") ||
           contains(text_, "sha256") || contains(text_, "checksum");
  }

  Reading &reading_;
  const std::string &text_;
  CallReader reader_;
  SyntaxNode root_;
};

/// `system("git clone ...")` and `popen("curl ...")`: \p before is the line up
/// to the string.
bool isShellCall(std::string_view before) {
  before = trim(before);
  return before.ends_with("system(") || before.ends_with("popen(");
}

/// True if a quote after \p before opens a raw string: `R"`, `u8R"`, and not
/// the end of a longer name.
bool opensRawString(std::string_view before) {
  if (!before.ends_with('R'))
    return false;
  before.remove_suffix(1);
  for (const std::string_view encoding : {"u8", "u", "U", "L"})
    if (before.ends_with(encoding)) {
      before.remove_suffix(encoding.size());
      break;
    }
  return before.empty() ||
         (before.back() != '_' &&
          std::isalnum(static_cast<unsigned char>(before.back())) == 0);
}

/// The end of the raw string whose quote is at \p quote: behind its last quote,
/// or of the text.
std::size_t endOfRawString(std::string_view text, std::size_t quote) {
  const std::size_t open = std::min(text.find('(', quote), text.size());
  const std::string close =
      ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
  const std::size_t at = text.find(close, open);
  return at == std::string_view::npos ? text.size() : at + close.size();
}

/// What stands at one place of a C++ file: a string literal on one line, a name
/// in capitals that begins with an underscore, or something to go past.
struct CxxToken {
  enum class Kind : unsigned char { Other, String, Name };
  Kind kind = Kind::Other;
  std::size_t size = 1;
};

/// The literal between quotes that \p text begins with; a line ends it.
CxxToken quotedToken(std::string_view text) {
  const char quote = text[0];
  std::size_t end = 1;
  for (; end < text.size() && text[end] != quote && text[end] != '\n'; ++end)
    end += text[end] == '\\' ? 1 : 0;
  const bool isString = quote == '"' && end < text.size();
  return {isString ? CxxToken::Kind::String : CxxToken::Kind::Other, end + 1};
}

CxxToken nameToken(std::string_view text) {
  const auto end = std::ranges::find_if_not(
      text, [](char c) { return c == '_' || (c >= 'A' && c <= 'Z'); });
  return {CxxToken::Kind::Name, static_cast<std::size_t>(end - text.begin())};
}

CxxToken tokenAt(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("//"))
    return {.size = std::min(rest.find('\n'), rest.size())};
  if (rest.starts_with("/*"))
    return {.size = std::min(rest.find("*/", 2), rest.size() - 2) + 2};
  if (rest[0] == '"' && opensRawString(text.substr(0, at)))
    return {.size = endOfRawString(text, at) - at};
  if (rest[0] == '"' || rest[0] == '\'')
    return quotedToken(rest);
  return rest[0] == '_' ? nameToken(rest) : CxxToken{};
}

/// Calls \p onString for each ordinary string literal and \p onName for each
/// name of a C++ file that is no comment.
template <class OnString, class OnName>
void scanCxx(std::string_view text, const OnString &onString,
             const OnName &onName) {
  unsigned line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const CxxToken token = tokenAt(text, at);
    const std::string_view written = text.substr(at, token.size);
    if (token.kind == CxxToken::Kind::String)
      onString(written.substr(1, written.size() - 2), line);
    else if (token.kind == CxxToken::Kind::Name)
      onName(written, line, at);
    line += static_cast<unsigned>(std::ranges::count(written, '\n'));
    at += token.size;
  }
}

/// True if \p text holds one of \p parts.
template <std::size_t N>
bool containsAny(std::string_view text,
                 const std::array<const char *, N> &parts) {
  return std::ranges::any_of(
      parts, [&](const char *part) { return contains(text, part); });
}

/// Parsing costs a hundred times as much as looking for these words.
bool isWorthParsing(std::string_view text) {
  static constexpr std::array kCalls = {
      "from_pretrained",     "huggingface.co/",   "load_dataset",
      "hf_hub_download",     "snapshot_download", "torch.hub",
      "requests.get(",       "urlretrieve(",      "urlopen(",
      "wget.download(",      "download_file(",    "download_url(",
      "get_file(",           "install_requires",  "PodOperator",
      "train_test_split(",   "ShuffleSplit(",     "KFold(",
      "random_split(",       "DockerOperator",    "base_image",
      "packages_to_install", "use_fast_math",     "fast-math",
      "march=native"};
  static constexpr std::array kStarts = {"os.system(", "subprocess."};
  static constexpr std::array kPrograms = {"clone", "curl", "wget", "install"};
  return containsAny(text, kCalls) ||
         (containsAny(text, kStarts) && containsAny(text, kPrograms));
}

}  // namespace

void readPythonSource(Reading &reading) {
  readPythonText(reading, reading.text());
}

void readPythonText(Reading &reading, const std::string &text) {
  if (!isWorthParsing(text))
    return;
  const SyntaxTree tree(Grammar::Python, text);
  if (tree.isEmpty() && tree.errorLine() != 0)
    reading.partly(1, "this Python was not understood");
  if (tree.isEmpty())
    return;
  PythonReader(reading, tree, text).read();
}

void readCxxSource(Reading &reading) {
  const std::string &text = reading.text();
  // With a compile database the source rules judge the macros.
  const bool wantsMacros =
      reading.project().units().empty() &&
      (contains(text, "__DATE__") || contains(text, "__TIME"));
  const bool startsShells =
      contains(text, "system(\"") || contains(text, "popen(\"");
  if (!wantsMacros && !startsShells && !contains(text, "huggingface.co/"))
    return;
  ShellMachine machine;
  scanCxx(
      text,
      [&](std::string_view string, unsigned line) {
        const auto at = static_cast<std::size_t>(string.data() - text.data());
        const std::size_t start = text.rfind('\n', at) + 1;
        if (startsShells &&
            isShellCall(std::string_view(text).substr(start, at - 1 - start)))
          machine.run(string, line);
        if (startsLike(string, "https://huggingface.co/") &&
            !contains(string, " "))
          readHubUrls(reading, string, line);
      },
      [&](std::string_view name, unsigned line, std::size_t at) {
        const bool isTime =
            name == "__DATE__" || name == "__TIME__" || name == "__TIMESTAMP__";
        const std::size_t start = text.rfind('\n', at) + 1;
        const std::string_view before =
            trim(std::string_view(text).substr(start, at - start));
        if (wantsMacros && isTime && !before.starts_with("#if") &&
            !before.starts_with("#elif") && before != "#define" &&
            before != "#undef")
          reading.add(Setting{.kind = SettingKind::Timestamp,
                              .flag = std::string(name),
                              .program = {},
                              .at = reading.at(line),
                              .evidence = {}});
      });
  finishScripts(reading, machine, false);
}

}  // namespace reproaudit
