// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// clangd with the rules of reproaudit in it; everything else is clangd's.
#include "reproaudit/analysis/Check.h"

namespace clang::clangd {
int clangdMain(int argc, char *argv[]);
}

int main(int argc, char **argv) {
  reproaudit::Check::speakToEditor();
  return clang::clangd::clangdMain(argc, argv);
}
