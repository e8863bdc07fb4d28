// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that hold commands: shell, Windows scripts, Makefiles, notebooks,
// Jenkinsfiles, R.
#include "Commands.h"
#include "Flags.h"
#include "Images.h"
#include "Pin.h"
#include "Readers.h"
#include "Shell.h"
#include "Text.h"

#include <algorithm>
#include <array>
#include <string>

namespace reproaudit {
namespace {

/// Environment variables that change precision or flags of what runs.
void readPrecision(Reading &reading, std::string_view line, unsigned number) {
  static constexpr std::array kSwitches = {
      "NVIDIA_TF32_OVERRIDE=1", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1",
      "XLA_FLAGS=--xla_gpu_enable_fast_math=true",
      "TF_ENABLE_CUBLAS_TENSOR_OP_MATH_FP32=1"};
  for (const char *one : kSwitches)
    if (contains(line, one))
      reading.add(Setting{.kind = SettingKind::Precision,
                          .flag = one,
                          .program = {},
                          .at = reading.at(number),
                          .evidence = {}});
}

bool isComment(std::string_view line) {
  return line.starts_with('#') || startsLike(line, "rem ") ||
         line.starts_with("::") || lower(line) == "rem";
}

bool onlyPrints(std::string_view line) {
  return startsLike(line, "echo ") || line.starts_with("printf ") ||
         startsLike(line, "write-host ") || startsLike(line, "@echo ");
}

/// Hub URLs and settings that stand in a line as they are.
void readLines(Reading &reading) {
  unsigned number = 0;
  for (const std::string_view raw : lines(reading.text())) {
    ++number;
    const std::string_view line = trim(raw);
    if (isComment(line) || onlyPrints(line))
      continue;
    readHubUrls(reading, line, number);
    readPrecision(reading, line, number);
  }
}

/// `$(NAME)` of make as `${NAME}` of a shell; `$$` as `$`.
std::string fromMake(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 >= text.size()) {
      out += text[i];
    } else if (text[i + 1] == '$') {
      out += '$';
      ++i;
    } else if (text[i + 1] == '(') {
      const std::size_t end = text.find_first_of(" ,)", i);
      if (end != std::string_view::npos && text[end] == ')') {
        out += "${" + std::string(text.substr(i + 2, end - i - 2)) + "}";
        i = end;
      } else {
        out += '$';
      }
    } else {
      out += '$';
    }
  }
  return out;
}

class MakefileReader {
public:
  explicit MakefileReader(Reading &reading) : reading_(reading) {}

  void read() {
    const std::vector<std::string_view> all = lines(reading_.text());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto number = static_cast<unsigned>(i) + 1;
      std::string text(all[i]);
      while (text.ends_with('\\') && i + 1 < all.size()) {
        text += "\n";
        text += all[++i];
      }
      if (text.starts_with('\t'))
        recipe(text, number);
      else
        definition(text, number);
    }
    finishScripts(reading_, machine_, true);
  }

private:
  void recipe(const std::string &text, unsigned number) {
    std::size_t begin = text.find_first_not_of("\t @+");
    if (begin == std::string::npos || text[begin] == '#')
      return;
    const bool mayFail = text[begin] == '-';
    begin += mayFail ? 1 : 0;
    readHubUrls(reading_, text, number);
    addFlagLines(text, number);
    machine_.enter("");
    machine_.run(fromMake(text.substr(begin)), number);
  }

  void definition(const std::string &text, unsigned number) {
    const std::string_view line = trim(text);
    if (line.empty() || line.starts_with('#') || line.starts_with("ifeq") ||
        line.starts_with("ifneq") || line.starts_with("$(info") ||
        line.starts_with("$(warning") || line.starts_with("$(error"))
      return;
    addFlagLines(text, number);
    if (contains(line, "$(shell date"))
      reading_.add(Setting{.kind = SettingKind::Timestamp,
                           .flag = "$(shell date)",
                           .program = {},
                           .at = reading_.at(number),
                           .evidence = {}});
    runShellCalls(line, number);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return;
    std::string_view name = trim(line.substr(0, equals));
    while (!name.empty() && contains(":?+", name.substr(name.size() - 1)))
      name = trim(name.substr(0, name.size() - 1));
    if (contains(name, " ") || contains(name, "$"))
      return;
    const std::string value = fromMake(trim(line.substr(equals + 1)));
    machine_.set(std::string(name),
                 substituted(value, [this](const std::string &known) {
                   return machine_.value(known);
                 }));
  }

  /// `X := $(shell command)` runs when the file is read.
  void runShellCalls(std::string_view text, unsigned number) {
    constexpr std::string_view kCall = "$(shell ";
    for (std::size_t at = text.find(kCall); at != std::string_view::npos;
         at = text.find(kCall, at + 1)) {
      const std::size_t begin = at + kCall.size();
      std::size_t end = begin;
      for (int open = 1; end < text.size() && open > 0; ++end)
        open += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
      machine_.enter("");
      machine_.run(fromMake(text.substr(begin, end - begin - 1)), number);
    }
  }

  void addFlagLines(std::string_view text, unsigned number) {
    for (const std::string_view line : lines(text)) {
      const std::string_view code = line.substr(0, line.find('#'));
      // A probe asks the compiler, it does not build.
      if (!contains(code, "$(shell") && !contains(code, "findstring") &&
          !contains(code, "echo "))
        addFlags(reading_, code, number, false);
      ++number;
    }
  }

  Reading &reading_;
  ShellMachine machine_;
};

/// `@Library('name@ref')`.
void addLibraries(Reading &reading, std::string_view text, unsigned line) {
  const std::size_t at = text.find('@');
  const std::string ref(at == std::string_view::npos ? ""
                                                     : text.substr(at + 1));
  reading.add({.artefact = Artefact::Action,
               .ecosystem = "Jenkins library",
               .name = std::string(text.substr(0, at)),
               .declared = ref,
               .resolved = ref,
               .strength = gitStrength(ref),
               .at = reading.at(line),
               .evidence = {},
               .group = {}});
}

}  // namespace

void readShellScript(Reading &reading) {
  ShellMachine machine;
  machine.run(reading.text(), 1);
  if (machine.errorLine() != 0)
    reading.partly(machine.errorLine(),
                   "this shell command was not understood");
  readLines(reading);
  finishScripts(reading, machine, false);
}

void readBatch(Reading &reading) {
  std::string text;
  for (const std::string_view raw : lines(reading.text())) {
    const std::string_view line = trim(raw);
    if (!isComment(line) && !onlyPrints(line))
      text += raw;
    text += '\n';
  }
  readLines(reading);
  readCommands(reading, simpleCommands(text, 1), false);
}

void readMakefile(Reading &reading) { MakefileReader(reading).read(); }

void readNotebook(Reading &reading) {
  const Node root = jsonOf(reading);
  ShellMachine machine;
  // The lines of Python code, each at the line of the file that holds it.
  std::string python;
  unsigned line = 1;
  for (const Entry &cell : root["cells"].entries) {
    if (cell.value["cell_type"].text != "code")
      continue;
    bool isShell = false;
    for (const Entry &entry : cell.value["source"].entries) {
      std::string_view text = trim(entry.value.text);
      isShell |= text.starts_with("%%bash") || text.starts_with("%%shell");
      const bool isCommand = text.starts_with('!') || text.starts_with('%');
      if (!isShell && !isCommand) {
        for (; line < entry.line; ++line)
          python += '\n';
        python += entry.value.text.substr(0, entry.value.text.find('\n'));
        continue;
      }
      text.remove_prefix(isCommand ? 1 : 0);
      if (text.starts_with('%') || text.starts_with('#'))
        continue;
      readHubUrls(reading, text, entry.line);
      machine.run(text, entry.line);
    }
  }
  finishScripts(reading, machine, false);
  readPythonText(reading, python);
}

void readJenkinsfile(Reading &reading) {
  // Groovy has no grammar here: the strings after `sh` and `image` are enough.
  const std::string &text = reading.text();
  ShellMachine machine;
  unsigned line = 1;
  std::size_t seen = 0;
  for (std::size_t at = text.find_first_of("'\""); at != std::string::npos;
       at = text.find_first_of("'\"", at)) {
    line += static_cast<unsigned>(
        std::count(text.begin() + static_cast<std::ptrdiff_t>(seen),
                   text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    seen = at;
    const std::string quote = text.compare(at, 3, std::string(3, text[at])) == 0
                                  ? std::string(3, text[at])
                                  : std::string(1, text[at]);
    const std::size_t begin = at + quote.size();
    std::size_t end = text.find(quote, begin);
    while (end != std::string::npos && text[end - 1] == '\\')
      end = text.find(quote, end + 1);
    if (end == std::string::npos)
      break;
    const std::string content = text.substr(begin, end - begin);
    const std::size_t lineStart = text.rfind('\n', at) + 1;
    std::string before(
        trim(std::string_view(text).substr(lineStart, at - lineStart)));
    std::erase_if(before, [](char c) { return c == '(' || c == ' '; });
    if (before.starts_with("//") || before.starts_with('*')) {
      // A comment, whose quotes may be apostrophes.
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (before == "@Library")
      addLibraries(reading, content, line);
    else if (before.ends_with("sh") || before.ends_with("script:"))
      machine.run(content, line);
    else if (before == "image" || before.ends_with("docker.image") ||
             before.ends_with("{image"))
      addImage(reading, "Jenkins", content, line);
    at = end + quote.size();
  }
  finishScripts(reading, machine, false);
}

void readRText(Reading &reading, std::string_view text, unsigned first) {
  struct Installer {
    std::string_view call;
    bool isGit;  ///< Takes `owner/name@ref`.
  };
  static constexpr Installer kInstallers[] = {
      {"install.packages(", false},
      {"BiocManager::install(", false},
      {"install_github(", true},
      {"install_gitlab(", true},
  };
  unsigned number = first;
  for (const std::string_view raw : lines(text)) {
    const std::string line =
        replaceAll(std::string(raw.substr(0, raw.find('#'))), "'", "\"");
    for (const auto &[call, isGit] : kInstallers) {
      const std::size_t at = line.find(call);
      const bool isText = at != std::string::npos &&
                          std::count(line.begin(), line.begin() + at, '"') % 2;
      if (at == std::string::npos || isText)
        continue;
      const std::string arguments = line.substr(at, line.find(')', at) - at);
      const std::vector<std::string_view> parts = split(arguments, '"');
      for (std::size_t i = 1; i < parts.size(); i += 2) {
        const std::size_t ref = isGit ? parts[i].find('@') : parts[i].size();
        const std::string version(
            ref < parts[i].size() ? parts[i].substr(ref + 1) : "");
        const bool isOption = trim(parts[i - 1]).ends_with('=');
        if (isRemote(parts[i]) || isOption)
          continue;
        Dependency out = reading.record(Artefact::Package, "R",
                                        std::string(parts[i].substr(0, ref)),
                                        version, gitStrength(version), number);
        out.group = "R " + std::to_string(number);
        reading.add(std::move(out));
      }
    }
    ++number;
  }
}

void readRScript(Reading &reading) { readRText(reading, reading.text(), 1); }

}  // namespace reproaudit
