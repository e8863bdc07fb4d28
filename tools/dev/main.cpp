// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// reproaudit-dev: what the developers of rules need and users do not.
#include "Dev.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <vector>

using llvm::StringRef;

bool reproaudit::dev::write(StringRef path, StringRef text) {
  std::error_code error =
      llvm::sys::fs::create_directories(llvm::sys::path::parent_path(path));
  if (!error) {
    llvm::raw_fd_ostream file(path, error);
    file << text;
  }
  if (error)
    llvm::errs() << path << ": " << error.message() << "\n";
  return !error;
}

int main(int argc, char **argv) {
  const std::vector<StringRef> args(argv + 1, argv + argc);
  const StringRef command = args.empty() ? "" : args[0];
  if (command == "docs" && args.size() == 2)
    return reproaudit::dev::docs(args[1], /*checkOnly=*/false);
  if (command == "docs" && args.size() == 3 && args[2] == "--check")
    return reproaudit::dev::docs(args[1], /*checkOnly=*/true);
  if (command == "examples" && args.size() == 2)
    return reproaudit::dev::examples(args[1]);
  if (command == "new-rule" && args.size() == 3)
    return reproaudit::dev::newRule(".", args[1], args[2]);
  llvm::errs() << "usage, in the root of the repository:\n"
                  "  reproaudit-dev docs . [--check]\n"
                  "  reproaudit-dev examples FOLDER\n"
                  "  reproaudit-dev new-rule FAMILY Name\n";
  return 2;
}
