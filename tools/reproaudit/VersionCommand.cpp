// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Command.h"

#include "clang/Basic/Version.h"

namespace reproaudit {

Command addVersion(CLI::App &app) {
  CLI::App *command =
      app.add_subcommand("version", "Print the version and that of its clang");
  return {command, [] {
            return printOut(std::string("reproaudit ") + REPROAUDIT_VERSION +
                            " (clang " + clang::getClangRevision() +
                            CLANG_VERSION_STRING + ")\n");
          }};
}

}  // namespace reproaudit
