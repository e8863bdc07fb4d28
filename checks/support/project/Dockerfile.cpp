// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dockerfiles by the line rules of BuildKit: parser directives, continuation
// lines with comments between them, here-documents, ONBUILD. What RUN runs is
// a shell script, followed through all instructions of a stage.
#include "Commands.h"
#include "Pin.h"
#include "Text.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reproaudit {
namespace {

struct Instruction {
  std::string keyword;  ///< Upper case.
  std::string text;     ///< What follows it; lines as in the file.
  unsigned line = 0;
  unsigned endLine = 0;
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char &c : out)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 32);
  return out;
}

/// The word that ends the here-document which \p text opens, or "".
std::string hereMark(std::string_view text) {
  const std::size_t at = text.find("<<");
  if (at == std::string_view::npos || text.substr(at).starts_with("<<<"))
    return {};
  std::string_view rest = text.substr(at + 2);
  if (rest.starts_with('-'))
    rest.remove_prefix(1);
  std::string word(rest.substr(0, rest.find_first_of(" \t;&|>)")));
  std::erase(word, '"');
  std::erase(word, '\'');
  return word;
}

/// The words of `NAME="a b" OTHER=c` without quotes and backslashes.
std::vector<std::string> quotedWords(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  char quote = 0;
  const auto end = [&] {
    if (!word.empty())
      out.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size())
      word += text[++i];
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n'))
      end();
    else
      word += c;
  }
  end();
  return out;
}

class Splitter {
public:
  explicit Splitter(std::string_view text) : lines_(lines(text)) {}

  std::vector<Instruction> split() {
    directives();
    std::vector<Instruction> out;
    while (next_ < lines_.size()) {
      const std::string_view line = trim(lines_[next_]);
      if (line.empty() || line.starts_with('#'))
        ++next_;
      else
        out.push_back(instruction());
    }
    return out;
  }

  std::string syntaxImage;

private:
  void directives() {
    if (!lines_.empty() && lines_[0].starts_with("\xef\xbb\xbf"))
      lines_[0].remove_prefix(3);
    for (; next_ < lines_.size(); ++next_) {
      const std::string_view line = trim(lines_[next_]);
      const std::size_t equals = line.find('=');
      if (!line.starts_with('#') || equals == std::string_view::npos)
        return;
      const std::string name = lower(trim(line.substr(1, equals - 1)));
      const std::string_view value = trim(line.substr(equals + 1));
      if (name == "escape" && value == "`")
        escape_ = '`';
      else if (name == "syntax")
        syntaxImage = value;
      else if (name != "check" && name != "escape")
        return;
    }
  }

  Instruction instruction() {
    Instruction out;
    out.line = static_cast<unsigned>(next_) + 1;
    std::string text;
    while (next_ < lines_.size()) {
      std::string_view line = lines_[next_++];
      const std::string_view bare = trim(line);
      if (!text.empty() && (bare.starts_with('#') || bare.empty())) {
        text += "\\\n";  // a comment inside does not end the instruction
        continue;
      }
      const bool isContinued = bare.ends_with(escape_);
      if (isContinued)
        line = line.substr(0, line.find_last_of(escape_));
      text += line;
      if (!isContinued)
        break;
      text += "\\\n";
    }
    const std::string_view whole = trim(text);
    const std::size_t blank = whole.find_first_of(" \t\\");
    out.keyword = upper(whole.substr(0, blank));
    if (blank != std::string_view::npos)
      out.text = whole.substr(blank);
    const std::string mark =
        out.keyword == "RUN" || out.keyword == "COPY" ? hereMark(out.text) : "";
    if (!mark.empty())
      hereDocument(out, mark);
    out.endLine = static_cast<unsigned>(next_);
    return out;
  }

  void hereDocument(Instruction &out, const std::string &mark) {
    // `RUN <<EOF`: the document is the script, not the input of a program.
    const bool isScript = trim(out.text).starts_with("<<");
    std::string body;
    while (next_ < lines_.size()) {
      const std::string_view line = lines_[next_++];
      body += '\n';
      if (trim(line) == mark) {
        if (!isScript)
          body += line;
        break;
      }
      body += line;
    }
    out.text = isScript ? body : out.text + body;
  }

  std::vector<std::string_view> lines_;
  std::size_t next_ = 0;
  char escape_ = '\\';
};

class DockerfileReader {
public:
  explicit DockerfileReader(Reading &reading) : reading_(reading) {}

  void read() {
    Splitter splitter(reading_.text());
    const std::vector<Instruction> all = splitter.split();
    for (const Instruction &one : all)
      collectStage(one);
    for (const Instruction &one : all)
      readOne(one);
    endStage();
  }

private:
  void readOne(const Instruction &one) {
    if (one.keyword == "FROM")
      from(one);
    else if (one.keyword == "ARG" || one.keyword == "ENV")
      variables(one);
    else if (one.keyword == "RUN")
      run(one);
    else if (one.keyword == "COPY" || one.keyword == "ADD")
      copy(one);
    else if (one.keyword == "WORKDIR")
      folder_ = joined(folder_, resolved(trim(one.text)));
    else if (one.keyword == "SHELL")
      isWindows_ = contains(lower(one.text), "powershell") ||
                   contains(lower(one.text), "cmd");
    else if (one.keyword == "ONBUILD")
      onBuild(one);
  }

  void onBuild(const Instruction &one) {
    const std::string_view text = trim(one.text);
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos)
      return;
    Instruction inner = one;
    inner.keyword = upper(text.substr(0, blank));
    inner.text = text.substr(blank);
    if (inner.keyword != "ONBUILD")
      readOne(inner);
  }

  void collectStage(const Instruction &one) {
    const std::vector<std::string> parts =
        words(replaceAll(one.text, "\\\n", " "));
    if (one.keyword == "FROM" && parts.size() >= 3 &&
        lower(parts[parts.size() - 2]) == "as")
      stages_.push_back(lower(parts.back()));
  }

  std::string resolved(std::string_view text) const {
    return substituted(
        text, [this](const std::string &name) -> std::optional<std::string> {
          const auto found = variables_.find(name);
          if (found == variables_.end())
            return std::nullopt;
          return found->second;
        });
  }

  /// True if \p image names a stage; `$X` in it matches anything.
  bool isStage(std::string_view image) const {
    const std::string name = lower(image);
    const std::size_t dollar = name.find('$');
    for (const std::string &stage : stages_) {
      if (stage == name)
        return true;
      if (dollar == std::string::npos || dollar == 0)
        continue;
      const std::size_t close = name.find('}', dollar);
      const std::string_view tail =
          close == std::string::npos ? std::string_view{}
                                     : std::string_view(name).substr(close + 1);
      if (stage.starts_with(name.substr(0, dollar)) && stage.ends_with(tail))
        return true;
    }
    return !name.empty() && std::ranges::all_of(name, [](char c) {
      return c >= '0' && c <= '9';
    });
  }

  void from(const Instruction &one) {
    endStage();
    folder_.clear();
    isWindows_ = false;
    variables_ = globals_;
    isInStage_ = true;
    for (const std::string &word : words(replaceAll(one.text, "\\\n", " "))) {
      if (word.starts_with("--"))
        continue;
      std::string image = word;
      std::erase(image, '"');
      const std::string value = resolved(image);
      if (value == "scratch" || isStage(image) || isStage(value))
        return;
      addNamed(image, value, one.line);
      return;
    }
  }

  void addNamed(const std::string &written, const std::string &value,
                unsigned line) {
    if (value.empty())
      return;
    Dependency image{.artefact = Artefact::Image,
                     .ecosystem = "Dockerfile",
                     .name = imageName(value).name,
                     .declared = written,
                     .resolved = value,
                     .strength = imageStrength(value),
                     .at = reading_.at(line),
                     .evidence = {},
                     .advisory = !isResolved(value),
                     .group = {}};
    // `ARG BASE=product` without registry and tag: built here, then handed in.
    image.advisory |=
        written != value && !contains(value, "/") && !contains(value, ":");
    for (const auto &[name, where] : definitions_)
      if (contains(written, "$" + name) || contains(written, "${" + name))
        image.evidence.push_back(
            {reading_.at(where), "the default of '" + name + "' is set here"});
    reading_.add(std::move(image));
  }

  void variables(const Instruction &one) {
    const std::string text = replaceAll(one.text, "\\\n", " ");
    // `ENV NAME value` is the old form with one pair and no `=`.
    const std::vector<std::string> parts = words(text);
    if (one.keyword == "ENV" && parts.size() >= 2 && !contains(parts[0], "=")) {
      define(parts[0],
             std::string(trim(std::string_view(text).substr(
                 text.find(parts[0]) + parts[0].size()))),
             one.line);
      return;
    }
    for (const std::string &part : quotedWords(text)) {
      const std::size_t equals = part.find('=');
      const std::string name = part.substr(0, equals);
      if (equals == std::string::npos) {
        // Inside a stage the name takes the value from before the first FROM.
        if (!globals_.contains(name))
          variables_.erase(name);
        continue;
      }
      define(name, part.substr(equals + 1), one.line);
    }
  }

  void define(const std::string &name, std::string value, unsigned line) {
    value = resolved(value);
    definitions_[name] = line;
    variables_[name] = value;
    if (!isInStage_)
      globals_[name] = value;
    if (machine_)
      machine_->set(name, std::move(value));
  }

  void run(const Instruction &one) {
    std::string text = one.text;
    // Options come before the script: --mount=type=bind,from=image,...
    while (true) {
      const std::size_t at = text.find_first_not_of(" \t\\\n");
      if (at == std::string::npos || text.compare(at, 2, "--") != 0)
        break;
      const std::size_t end =
          std::min(text.find_first_of(" \t\n", at), text.size());
      const std::string option = text.substr(at, end - at);
      const std::size_t from = option.find("from=");
      if (from != std::string::npos)
        fromImage(option.substr(from + 5, option.find(',', from) - from - 5),
                  one.line);
      std::fill(text.begin() + static_cast<std::ptrdiff_t>(at),
                text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    }
    readHubUrls(reading_, text, one.line);
    if (isWindows_) {
      readCommands(reading_, simpleCommands(text, one.line), true);
      return;
    }
    if (!machine_) {
      machine_ = std::make_unique<ShellMachine>();
      for (const auto &[name, value] : variables_)
        machine_->set(name, value);
    }
    if (trim(text).starts_with('[')) {
      for (char &c : text)
        if (c == ',' || c == '[' || c == ']')
          c = ' ';
    }
    hasSnapshot_ |= contains(text, "snapshot.debian.org/archive") ||
                    contains(text, "snapshot.ubuntu.com");
    machine_->enter(folder_);
    machine_->run(text, one.line);
  }

  void fromImage(std::string image, unsigned line) {
    std::erase(image, '"');
    const std::string value = resolved(image);
    if (!isStage(image) && !isStage(value) && value != "scratch")
      addNamed(image, value, line);
  }

  void copy(const Instruction &one) {
    std::string sum;
    for (const std::string &word : words(replaceAll(one.text, "\\\n", " "))) {
      if (word.starts_with("--from="))
        fromImage(word.substr(7), one.line);
      else if (word.starts_with("--checksum="))
        sum = word.substr(11);
      else if (one.keyword == "ADD" && isRemote(resolved(word)))
        addUrl(resolved(word), sum, one.line);
    }
  }

  void addUrl(const std::string &url, const std::string &sum, unsigned line) {
    const std::size_t hash = url.find('#');
    const bool isGit = contains(url, ".git");
    Dependency out{.artefact = isGit ? Artefact::Source : Artefact::Download,
                   .ecosystem = "Dockerfile ADD",
                   .name = url.substr(0, hash),
                   .declared = url,
                   .resolved = url,
                   .strength = urlStrength(url),
                   .at = reading_.at(line),
                   .evidence = {},
                   .group = {}};
    if (isGit)
      out.strength = hash == std::string::npos
                         ? Strength::None
                         : gitStrength(url.substr(hash + 1));
    if (isChecksum(sum))
      out.strength = Strength::Content;
    out.advisory = !isResolved(folderOf(url));
    reading_.add(std::move(out));
  }

  void endStage() {
    if (!machine_)
      return;
    if (machine_->errorLine() != 0)
      reading_.partly(machine_->errorLine(),
                      "this shell command was not understood");
    machine_->finish();
    const std::vector<Command> commands = machine_->commands();
    readCommands(reading_, commands, !hasSnapshot_);
    hasSnapshot_ = false;
    machine_.reset();
  }

  Reading &reading_;
  std::vector<std::string> stages_;
  std::map<std::string, std::string> globals_;
  std::map<std::string, std::string> variables_;
  std::map<std::string, unsigned> definitions_;
  std::unique_ptr<ShellMachine> machine_;
  std::string folder_;
  bool isInStage_ = false;
  bool isWindows_ = false;
  /// The stage takes its packages from an archive as of one day.
  bool hasSnapshot_ = false;
};

}  // namespace

void readDockerfile(Reading &reading) { DockerfileReader(reading).read(); }

}  // namespace reproaudit
