// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The manual page, written from the command line's own description.
#include "Command.h"

#include "llvm/ADT/StringRef.h"

namespace reproaudit {
namespace {

/// \p text in which nothing reads as a request of roff.
std::string escaped(llvm::StringRef text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else if (c == '\n')
      result += "\n.br\n";
    else
      result += c;
  }
  return result;
}

std::string describe(const CLI::Option &option) {
  std::string text = ".TP\n.B " + escaped(option.get_name(false, true));
  if (option.get_type_size() > 0 && !option.get_positional())
    text += " " + escaped(option.get_type_name());
  return text + "\n" + escaped(option.get_description()) + "\n";
}

std::string describe(const CLI::App &command) {
  std::string text = ".SS " + escaped(command.get_name()) + "\n" +
                     escaped(command.get_description()) + ".\n";
  for (const CLI::Option *option : command.get_options())
    if (!option->check_name("--help"))
      text += describe(*option);
  return text;
}

constexpr char kEnd[] = R"(.SH EXIT STATUS
.TP
.B 0
Everything was analysed and nothing was found.
.TP
.B 1
There are findings at or above the level of \-\-fail\-on; of
.BR rerun ,
the program diverges.
.TP
.B 2
The command line, a file that it names or the settings are wrong, or there is no
compile database.
.TP
.B 3
A part could not be analysed.
.TP
.B 4
A bug of reproaudit.
.SH FILES
.TP
.I .reproaudit.yaml
Settings of a folder.
.TP
.I ~/.cache/reproaudit
Results of units that have not changed.
.SH SEE ALSO
.BR clang\-tidy (1),
.BR git (1)
)";

std::string page(const CLI::App &app) {
  std::string text = ".TH REPROAUDIT 1 \"\" \"reproaudit " REPROAUDIT_VERSION
                     "\"\n.SH NAME\nreproaudit \\- find what keeps a program "
                     "from giving the same result again\n.SH SYNOPSIS\n.B "
                     "reproaudit\n.I COMMAND\n[\\fIOPTION\\fR]...\n.SH "
                     "DESCRIPTION\n" +
                     escaped(app.get_description()) + "\n.SH COMMANDS\n";
  for (const CLI::App *command : app.get_subcommands({}))
    text += describe(*command);
  return text + kEnd;
}

}  // namespace

Command addMan(CLI::App &app) {
  CLI::App *command =
      app.add_subcommand("man", "Print the manual page, for `man -l -`");
  return {command, [&app] { return printOut(page(app)); }};
}

}  // namespace reproaudit
