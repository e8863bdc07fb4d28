// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ClangHome.h"

#include "clang/Basic/Version.inc"

#include <filesystem>
#include <system_error>

namespace fs = std::filesystem;

namespace reproaudit {

const std::string &clangPrograms() {
  static const std::string kFolder = [] {
    std::error_code error;
    const fs::path here =
        fs::read_symlink("/proc/self/exe", error).parent_path();
    const bool isCarried = fs::exists(
        here / "../lib/clang" / CLANG_VERSION_MAJOR_STRING / "include", error);
    return isCarried ? here.string() : std::string(REPROAUDIT_LLVM_BIN);
  }();
  return kFolder;
}

}  // namespace reproaudit
