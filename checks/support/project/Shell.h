// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// A shell script as the list of commands that it may run, with the values of
/// its variables put in. Nothing is executed.
#pragma once

#include "Syntax.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

struct Command {
  std::vector<std::string> words;  ///< The program first; `$X` if unknown.
  std::string folder;  ///< Where it runs, relative to where the script starts.
  unsigned line = 0;
  unsigned endLine = 0;
  unsigned pipeline = 0;  ///< Equal for commands that a pipe connects.
  bool isFirstInPipe = true;
  bool mayFail = false;  ///< Its failure is ignored: `|| true`.
  std::string input;     ///< Text of a here-document or here-string.
  std::string output;    ///< The file that `>` names.
  std::string text;      ///< As written.

  std::string_view program() const;  ///< Without its path and `.exe`.
};

/// Follows a script from top to bottom: every branch of a condition, a loop
/// over a few words for each of them, functions where they are called.
class ShellMachine {
public:
  /// Appends the commands of \p script, whose first line is \p line of the
  /// file. Variables and functions stay for the next call.
  void run(std::string_view script, unsigned line);

  /// Commands of functions that nothing called; to be called once, at the end.
  void finish();

  void set(const std::string &name, std::string value);
  void enter(std::string folder) { folder_ = std::move(folder); }

  const std::vector<Command> &commands() const { return commands_; }
  /// The first line that was not understood, or 0.
  unsigned errorLine() const { return errorLine_; }
  std::optional<std::string> value(const std::string &name) const;

private:
  struct Function {
    SyntaxNode body;
    unsigned offset;
    bool wasCalled = false;
  };

  void walk(SyntaxNode node);
  void walkAll(SyntaxNode node);
  void list(SyntaxNode node);
  void pipeline(SyntaxNode node);
  void loop(SyntaxNode node);
  void redirected(SyntaxNode node);
  void assignment(SyntaxNode node);
  void command(SyntaxNode node);
  void test(SyntaxNode node);
  bool call(const Command &command);
  bool inlineScript(const Command &command);
  void changeFolder(const Command &command);
  void emit(Command command);

  std::string evaluated(SyntaxNode node);
  void appendWords(SyntaxNode node, std::vector<std::string> &out);
  std::string expanded(std::string_view text);

  // Deques would do; the trees live as long as the machine, because function
  // bodies point into them.
  std::vector<std::unique_ptr<SyntaxTree>> trees_;
  std::map<std::string, Function> functions_;
  std::map<std::string, std::string> variables_;
  std::set<std::string> fromArguments_;  ///< Variables that hold arguments.
  std::vector<Command> commands_;
  std::vector<std::string> folders_;  ///< Of pushd.
  std::string folder_;
  unsigned offset_ = 0;    ///< Added to lines of the current tree.
  unsigned callLine_ = 0;  ///< Of the outermost call, 0 outside functions.
  unsigned calls_ = 0;
  unsigned depth_ = 0;
  unsigned steps_ = 0;
  unsigned nextPipeline_ = 0;
  unsigned errorLine_ = 0;
  std::optional<unsigned> currentPipeline_;
  bool usesArguments_ = false;
};

/// Commands of a Windows script: words and quotes, `&&`, `|` and `;`, lines
/// that `^` or a backtick continues, no control flow.
std::vector<Command> simpleCommands(std::string_view text, unsigned line);

}  // namespace reproaudit
