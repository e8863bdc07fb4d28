// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Command.h"

#include "reproaudit/scan/Nearest.h"

#include <cstdio>
#include <exception>
#include <vector>

namespace reproaudit {

int fail(const std::string &text, ExitCode code) {
  std::fprintf(stderr, "reproaudit: %s\n", text.c_str());
  return code;
}

int printOut(const std::string &text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0)
    return fail("cannot write to the standard output: " +
                std::generic_category().message(errno));
  return ExitCode::Clean;
}

namespace {

/// What may stand behind \p app: its options and subcommands.
std::vector<std::string> wordsOf(const CLI::App &app) {
  std::vector<std::string> words;
  for (const CLI::Option *option : app.get_options())
    for (const std::string &name : option->get_lnames())
      words.push_back("--" + name);
  for (const CLI::App *command : app.get_subcommands({}))
    words.push_back(command->get_name());
  return words;
}

int reportUsageError(const CLI::ParseError &error, const CLI::App &app) {
  const auto parsed = app.get_subcommands();
  const CLI::App &current = parsed.empty() ? app : *parsed.front();
  std::string text = error.what();
  if (const auto extras = current.remaining(); !extras.empty()) {
    text = "unknown argument '" + extras.front() + "'";
    if (const std::string nearest = nearestTo(extras.front(), wordsOf(current));
        !nearest.empty())
      text += "; did you mean '" + nearest + "'?";
  }
  return fail(text + " (`" + current.get_display_name() +
              " --help` lists what there is)");
}

int runCommandLine(int argc, char **argv) {
  CLI::App app("Finds what keeps a C++ or CUDA machine-learning program from "
               "giving the same result again.",
               "reproaudit");
  app.require_subcommand(1);
  const std::vector<Command> commands = {
      addScan(app),     addRerun(app),  addExplain(app), addRules(app),
      addBaseline(app), addReport(app), addMerge(app),   addDoctor(app),
      addCache(app),    addConfig(app), addVersion(app), addCompletion(app),
      addInit(app),     addMan(app)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
      return app.exit(error);
    return reportUsageError(error, app);
  }
  for (const Command &command : commands)
    if (command.app->parsed())
      return command.run();
  return ExitCode::Usage;
}

}  // namespace
}  // namespace reproaudit

int main(int argc, char **argv) {
  try {
    return reproaudit::runCommandLine(argc, argv);
  } catch (const std::exception &problem) {
    return reproaudit::fail(std::string("internal error: ") + problem.what() +
                                "; please report it with the command line",
                            reproaudit::ExitCode::Internal);
  }
}
