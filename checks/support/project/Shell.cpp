// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Shell.h"

#include "Text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

namespace reproaudit {
namespace {

constexpr unsigned kMaxDepth = 200;  // of nested syntax
constexpr unsigned kMaxCalls = 3;    // of nested functions
constexpr std::size_t kMaxCommands = 4000;
constexpr unsigned kMaxSteps = 300000;
constexpr std::size_t kMaxLoopWords = 16;

/// A text without the backslashes that quote.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      if (text[++i] == '\n')
        continue;
    }
    out += text[i];
  }
  return out;
}

std::string_view unquoted(std::string_view text) {
  const bool isQuoted = text.size() >= 2 && text.front() == text.back() &&
                        (text.front() == '"' || text.front() == '\'');
  return isQuoted ? text.substr(1, text.size() - 2) : text;
}

bool stops(std::string_view program) {
  static constexpr std::array kStops = {"exit", "return", "false", "die",
                                        "fail", "error",  "abort", "throw"};
  return std::ranges::find(kStops, program) != kStops.end();
}

}  // namespace

std::string_view Command::program() const {
  if (words.empty())
    return {};
  std::string_view name = baseName(words.front());
  if (const std::size_t slash = name.find_last_of('\\');
      slash != std::string_view::npos)
    name.remove_prefix(slash + 1);
  if (name.ends_with(".exe"))
    name.remove_suffix(4);
  return name;
}

void ShellMachine::set(const std::string &name, std::string value) {
  if (value.size() < 100000)
    variables_[name] = std::move(value);
}

std::optional<std::string> ShellMachine::value(const std::string &name) const {
  const auto found = variables_.find(name);
  if (found == variables_.end())
    return std::nullopt;
  return found->second;
}

void ShellMachine::run(std::string_view script, unsigned line) {
  trees_.push_back(
      std::make_unique<SyntaxTree>(Grammar::Bash, std::string(script)));
  const SyntaxTree &tree = *trees_.back();
  offset_ = line - 1;
  if (errorLine_ == 0 && tree.errorLine() != 0)
    errorLine_ = tree.errorLine() + offset_;
  if (!tree.isEmpty())
    walk(tree.root());
}

void ShellMachine::finish() {
  for (auto &[name, function] : functions_) {
    if (function.wasCalled)
      continue;
    function.wasCalled = true;
    offset_ = function.offset;
    folder_.clear();
    walk(function.body);
  }
}

void ShellMachine::walkAll(SyntaxNode node) {
  for (const SyntaxNode child : node.children())
    walk(child);
}

void ShellMachine::walk(SyntaxNode node) {
  if (depth_ > kMaxDepth || commands_.size() > kMaxCommands ||
      ++steps_ > kMaxSteps)
    return;
  ++depth_;
  const std::string_view type = node.type();
  if (type == "command") {
    command(node);
  } else if (type == "list") {
    list(node);
  } else if (type == "pipeline") {
    pipeline(node);
  } else if (type == "redirected_statement") {
    redirected(node);
  } else if (type == "variable_assignment") {
    assignment(node);
  } else if (type == "for_statement") {
    loop(node);
  } else if (type == "test_command") {
    test(node);
  } else if (type == "subshell") {
    const std::string folder = folder_;
    walkAll(node);
    folder_ = folder;
  } else if (type == "function_definition") {
    const std::string name(node.field("name").text());
    functions_.insert_or_assign(name, Function{node.field("body"), offset_});
  } else if (type != "comment") {
    walkAll(node);
  }
  --depth_;
}

/// `a && b`, `a || b`: what follows `||` decides whether a failure counts.
void ShellMachine::list(SyntaxNode node) {
  const std::size_t first = commands_.size();
  bool isOr = false;
  std::size_t afterOr = 0;
  for (const SyntaxNode token : node.tokens()) {
    if (token.is("||")) {
      isOr = true;
      afterOr = commands_.size();
    } else if (token.isNamed()) {
      walk(token);
    }
  }
  if (!isOr)
    return;
  const bool isFatal =
      afterOr < commands_.size() &&
      std::any_of(
          commands_.begin() + static_cast<std::ptrdiff_t>(afterOr),
          commands_.end(),
          [](const Command &one) { return stops(one.program()); });
  for (std::size_t i = first; i < afterOr && !isFatal; ++i)
    commands_[i].mayFail = true;
}

void ShellMachine::pipeline(SyntaxNode node) {
  const auto outer = currentPipeline_;
  currentPipeline_ = outer ? *outer : ++nextPipeline_;
  bool isFirst = true;
  for (const SyntaxNode child : node.children()) {
    const std::size_t before = commands_.size();
    walk(child);
    for (std::size_t i = before; i < commands_.size(); ++i)
      commands_[i].isFirstInPipe &= isFirst;
    isFirst = false;
  }
  currentPipeline_ = outer;
}

void ShellMachine::loop(SyntaxNode node) {
  std::vector<std::string> values;
  for (const SyntaxNode child : node.children())
    if (!child.is("do_group") && !child.is("variable_name"))
      appendWords(child, values);
  const std::string name(node.field("variable").text());
  const bool isKnown = !values.empty() && values.size() <= kMaxLoopWords &&
                       std::ranges::all_of(values, [](const std::string &word) {
                         return isResolved(word) && !contains(word, "*");
                       });
  if (!isKnown)
    values.assign(1, "${" + name + "}");
  for (const std::string &word : values) {
    set(name, word);
    if (!isKnown)
      variables_.erase(name);
    walk(node.child("do_group"));
  }
}

void ShellMachine::redirected(SyntaxNode node) {
  std::string input;
  std::string output;
  for (const SyntaxNode redirect : node.children()) {
    if (redirect.is("file_redirect")) {
      if (redirect.text().find('>') != std::string_view::npos)
        output = evaluated(redirect.field("destination"));
      walkAll(redirect);
    } else if (redirect.is("heredoc_redirect")) {
      input += expanded(redirect.child("heredoc_body").text());
      // `cat <<EOF | sh`: the rest of the pipeline hangs on the redirect.
      walkAll(redirect);
    } else if (redirect.is("herestring_redirect")) {
      for (const SyntaxNode word : redirect.children())
        input += evaluated(word);
    }
  }
  const std::size_t first = commands_.size();
  if (const SyntaxNode body = node.field("body"))
    walk(body);
  for (std::size_t i = first; i < commands_.size(); ++i) {
    if (!input.empty())
      commands_[i].input = input;
    if (!output.empty())
      commands_[i].output = output;
  }
}

void ShellMachine::assignment(SyntaxNode node) {
  const std::string name(node.field("name").text());
  const SyntaxNode from = node.field("value");
  const bool before = std::exchange(usesArguments_, false);
  std::string text = from ? evaluated(from) : "";
  if (usesArguments_)
    fromArguments_.insert(name);
  else
    fromArguments_.erase(name);
  usesArguments_ = before;
  if (node.text().find("+=") != std::string_view::npos &&
      variables_.contains(name))
    text = variables_[name] + (from.is("array") ? " " : "") + text;
  // An unknown new value makes the variable unknown, unless it only extends
  // itself; a known value of another branch is better than none.
  if (isResolved(text) || !variables_.contains(name))
    set(name, std::move(text));
}

/// `[ "$(sha256sum f | cut ...)" = hash ]`: kept as one command, for who looks
/// for verifications.
void ShellMachine::test(SyntaxNode node) {
  Command command;
  command.words = {"test", expanded(node.text())};
  command.line = node.line();
  command.endLine = node.endLine();
  command.text = node.text();
  emit(std::move(command));
  walkAll(node);
}

std::string ShellMachine::expanded(std::string_view text) {
  std::string out = substituted(text, [this](const std::string &name) {
    const bool isArgument =
        fromArguments_.contains(name) || (callLine_ != 0 && name.size() == 1 &&
                                          name[0] >= '0' && name[0] <= '9');
    usesArguments_ |= isArgument;
    return value(name);
  });
  // ${X:="main"}: quotes of a default are no part of the value.
  std::erase(out, '"');
  return out;
}

std::string ShellMachine::evaluated(SyntaxNode node) {
  const std::string_view type = node.type();
  if (type == "raw_string")
    return std::string(unquoted(node.text()));
  if (type == "string") {
    for (const SyntaxNode child : node.children())
      if (child.is("command_substitution"))
        walk(child);
    return unescaped(expanded(unquoted(node.text())));
  }
  if (type == "concatenation" || type == "command_name") {
    std::string out;
    for (const SyntaxNode child : node.tokens())
      out += evaluated(child);
    return out;
  }
  if (type == "array") {
    std::string out;
    for (const SyntaxNode child : node.children())
      out += (out.empty() ? "" : " ") + evaluated(child);
    return out;
  }
  if (type == "command_substitution" || type == "process_substitution") {
    walkAll(node);
    return std::string(node.text());
  }
  return unescaped(expanded(node.text()));
}

/// Adds the words that \p node becomes; unquoted variables are split.
void ShellMachine::appendWords(SyntaxNode node, std::vector<std::string> &out) {
  std::string text = evaluated(node);
  const SyntaxNode word = node.is("command_name") ? node.tokens()[0] : node;
  const bool isSplit = word.is("simple_expansion") || word.is("expansion");
  // "${PKGS[@]}" keeps one word an element even between quotes.
  const bool isOutput = contains(text, "$(") || contains(text, "`");
  if (!isOutput && (isSplit || contains(node.text(), "[@]"))) {
    for (std::string &word : words(text))
      out.push_back(std::move(word));
    return;
  }
  out.push_back(std::move(text));
}

void ShellMachine::command(SyntaxNode node) {
  Command command;
  command.line = node.line();
  command.endLine = node.endLine();
  command.text = node.text();
  usesArguments_ = false;
  // What is substituted runs first and feeds this command.
  const auto outer = currentPipeline_;
  const bool feeds = contains(node.text(), "<(") || contains(node.text(), "$(");
  if (feeds && !currentPipeline_)
    currentPipeline_ = ++nextPipeline_;
  const std::size_t before = commands_.size();
  std::string_view last;  // word, as written
  for (const SyntaxNode child : node.children()) {
    // The grammar cuts `$a/$b-"$c"` in two behind its second `$`.
    const bool isCut = last.ends_with('$') && !command.words.empty() &&
                       child.text().data() == last.data() + last.size();
    last =
        isCut ? std::string_view(last.data(), last.size() + child.text().size())
              : child.text();
    if (isCut) {
      command.words.back() = unescaped(expanded(last));
    } else if (child.is("variable_assignment")) {
      assignment(child);
    } else if (child.is("herestring_redirect")) {
      for (const SyntaxNode word : child.children())
        command.input += evaluated(word);
    } else if (!child.is("file_redirect")) {
      appendWords(child, command.words);
    }
  }
  command.isFirstInPipe = commands_.size() == before;
  if (command.words.empty()) {
    currentPipeline_ = outer;
    return;
  }
  if (!inlineScript(command) && !call(command))
    emit(std::move(command));
  currentPipeline_ = outer;
}

/// `bash -c '...'`: the words of the string are commands as well.
bool ShellMachine::inlineScript(const Command &command) {
  static constexpr std::array kShells = {"sh", "bash", "zsh", "dash"};
  if (std::ranges::find(kShells, command.program()) == kShells.end() ||
      calls_ >= kMaxCalls)
    return false;
  for (std::size_t i = 1; i + 1 < command.words.size(); ++i) {
    const std::string &option = command.words[i];
    if (!option.starts_with('-') || option.starts_with("--") ||
        !option.ends_with('c'))
      continue;
    if (command.words[i + 1].starts_with("$("))
      return false;
    const unsigned saved = offset_;
    ++calls_;
    run(command.words[i + 1], command.line + offset_);
    --calls_;
    offset_ = saved;
    return true;
  }
  return false;
}

void ShellMachine::emit(Command command) {
  command.folder = folder_;
  command.line += offset_;
  command.endLine += offset_;
  if (callLine_ != 0 && usesArguments_)
    command.line = command.endLine = callLine_;
  command.pipeline = currentPipeline_ ? *currentPipeline_ : ++nextPipeline_;
  changeFolder(command);
  commands_.push_back(std::move(command));
}

/// Follows a call of a function of this script.
bool ShellMachine::call(const Command &command) {
  const auto found = functions_.find(command.words.front());
  if (found == functions_.end() || calls_ >= kMaxCalls)
    return false;
  found->second.wasCalled = true;
  const std::map<std::string, std::string> savedVariables = variables_;
  const std::set<std::string> savedArguments = fromArguments_;
  for (char digit = '1'; digit <= '9'; ++digit)
    variables_.erase(std::string(1, digit));
  for (std::size_t i = 1; i < command.words.size() && i <= 9; ++i)
    variables_[std::to_string(i)] = command.words[i];
  const unsigned line = command.line + offset_;
  const unsigned savedLine = callLine_;
  const unsigned savedOffset = std::exchange(offset_, found->second.offset);
  callLine_ = callLine_ != 0 ? callLine_ : line;
  ++calls_;
  walk(found->second.body);
  --calls_;
  callLine_ = savedLine;
  offset_ = savedOffset;
  variables_ = savedVariables;
  fromArguments_ = savedArguments;
  return true;
}

void ShellMachine::changeFolder(const Command &command) {
  const std::string_view program = command.program();
  if (program == "popd") {
    if (!folders_.empty()) {
      folder_ = folders_.back();
      folders_.pop_back();
    }
    return;
  }
  if (program != "cd" && program != "pushd")
    return;
  std::string to;
  for (std::size_t i = 1; i < command.words.size(); ++i)
    if (!command.words[i].starts_with("-"))
      to = command.words[i];
  if (program == "pushd")
    folders_.push_back(folder_);
  folder_ = to.starts_with('$') || to.starts_with('~') ? normalised(to)
                                                       : joined(folder_, to);
}

}  // namespace reproaudit
