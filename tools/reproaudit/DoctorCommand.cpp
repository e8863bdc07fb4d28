// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Command.h"

#include "reproaudit/scan/Doctor.h"

#include "llvm/Support/FormatVariadic.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace reproaudit {
namespace {

int run(const std::string &buildDirectory,
        const std::vector<std::filesystem::path> &catalogues) {
  std::string text;
  bool missing = false;
  for (const Diagnosis &diagnosis :
       examine(std::filesystem::current_path(), buildDirectory, catalogues)) {
    constexpr const char *kWords[] = {"ok", "advice", "MISSING"};
    missing |= diagnosis.state == Diagnosis::State::Missing;
    text += llvm::formatv("{0,-8} {1}: {2}\n",
                          kWords[static_cast<int>(diagnosis.state)],
                          diagnosis.subject, diagnosis.text);
  }
  const int written = printOut(text);
  return missing ? ExitCode::Usage : written;
}

}  // namespace

Command addDoctor(CLI::App &app) {
  CLI::App *command = app.add_subcommand(
      "doctor", "Check what a scan needs, and say how to get what is missing");
  const auto buildDirectory = std::make_shared<std::string>();
  command->add_option("-p", *buildDirectory, "Folder of compile_commands.json")
      ->type_name("BUILD_DIR");
  const auto catalogues =
      std::make_shared<std::vector<std::filesystem::path>>();
  command
      ->add_option("--catalogue", *catalogues,
                   "Check the names in these files against their libraries")
      ->type_name("FILE");
  return {command, [buildDirectory, catalogues] {
            return run(*buildDirectory, *catalogues);
          }};
}

}  // namespace reproaudit
