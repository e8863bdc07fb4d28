// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "MissingHeader.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"

namespace fs = std::filesystem;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// The folder that CMake configured around \p directory, or empty.
fs::path buildFolderAround(fs::path directory, llvm::vfs::FileSystem &files) {
  for (; directory.has_relative_path(); directory = directory.parent_path())
    if (files.exists((directory / "CMakeCache.txt").string()))
      return directory;
  return {};
}

/// The output of a rule in \p ninja, the text of a build.ninja, that is or ends
/// with \p header; "" if there is none.
StringRef outputNamed(StringRef header, StringRef ninja) {
  while (!ninja.empty()) {
    StringRef line;
    std::tie(line, ninja) = ninja.split('\n');
    if (!line.consume_front("build ") || !line.contains(header))
      continue;
    llvm::SmallVector<StringRef> outputs;
    line.split(':').first.split(outputs, ' ');
    for (StringRef output : outputs) {
      output.consume_front("${cmake_ninja_workdir}");
      if (output == header || (output.ends_with(header) &&
                               output.drop_back(header.size()).ends_with("/")))
        return output;
    }
  }
  return {};
}

}  // namespace

std::string adviceOnMissing(StringRef header, const fs::path &directory,
                            llvm::vfs::FileSystem &files) {
  const fs::path build = buildFolderAround(directory, files);
  if (build.empty())
    return "build the project once so that generated headers exist, or install "
           "the library that it belongs to";
  const std::string folder = build.filename().string();
  const auto ninja = files.getBufferForFile((build / "build.ninja").string());
  const StringRef output =
      ninja ? outputNamed(header, (*ninja)->getBuffer()) : StringRef();
  if (output.empty())
    return llvm::formatv("if it is generated, run `cmake --build {0}`, else "
                         "install the library that it belongs to",
                         folder);
  return llvm::formatv("it is generated: run `cmake --build {0} --target {1}`",
                       folder, output);
}

}  // namespace reproaudit
