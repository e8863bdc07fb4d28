// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Shell completion, written from the command line's own description.
#include "Command.h"

#include <memory>

namespace reproaudit {
namespace {

std::string words(const CLI::App &command) {
  std::string text;
  for (const CLI::Option *option : command.get_options()) {
    for (const std::string &name : option->get_lnames())
      text += " --" + name;
    for (const std::string &name : option->get_snames())
      text += " -" + name;
  }
  return text.empty() ? text : text.substr(1);
}

std::string commandNames(const CLI::App &app) {
  std::string text;
  for (const CLI::App *command : app.get_subcommands({}))
    text += (text.empty() ? "" : " ") + command->get_name();
  return text;
}

std::string bash(const CLI::App &app) {
  std::string text = "_reproaudit() {\n"
                     "  local current=${COMP_WORDS[COMP_CWORD]} words\n"
                     "  case ${COMP_WORDS[1]} in\n";
  for (const CLI::App *command : app.get_subcommands({}))
    text +=
        "  " + command->get_name() + ") words='" + words(*command) + "' ;;\n";
  return text +
         "  esac\n"
         "  [ \"$COMP_CWORD\" -eq 1 ] && words='" +
         commandNames(app) +
         "'\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _reproaudit reproaudit\n";
}

std::string zsh(const CLI::App &app) {
  return "#compdef reproaudit\nautoload -U bashcompinit && bashcompinit\n" +
         bash(app);
}

std::string fish(const CLI::App &app) {
  std::string text = "complete -c reproaudit -n __fish_use_subcommand -a '" +
                     commandNames(app) + "'\n";
  for (const CLI::App *command : app.get_subcommands({}))
    for (const CLI::Option *option : command->get_options())
      for (const std::string &name : option->get_lnames())
        text += "complete -c reproaudit -n '__fish_seen_subcommand_from " +
                command->get_name() + "' -l " + name + "\n";
  return text;
}

}  // namespace

Command addCompletion(CLI::App &app) {
  CLI::App *command = app.add_subcommand(
      "completion", "Print a completion script, to be sourced by the shell");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return {command, [shell, &app] {
            if (*shell == "bash")
              return printOut(bash(app));
            return printOut(*shell == "zsh" ? zsh(app) : fish(app));
          }};
}

}  // namespace reproaudit
