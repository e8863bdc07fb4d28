// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What `.clang-tidy` has to say about our rules.
#pragma once

#include "reproaudit/scan/UnitAnalysis.h"

#include "clang-tidy/ClangTidyOptions.h"
#include "llvm/Support/VirtualFileSystem.h"

#include <memory>

namespace reproaudit {

/// The options of the files around a source, read from \p files, with the
/// checks of \p options, which must outlive them.
std::unique_ptr<clang::tidy::ClangTidyOptionsProvider>
tidyOptions(const UnitOptions &options,
            llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files);

}  // namespace reproaudit
