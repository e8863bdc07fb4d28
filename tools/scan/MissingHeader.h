// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What to do about a header that a unit includes and that is not there.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/VirtualFileSystem.h"

#include <filesystem>
#include <string>

namespace reproaudit {

/// The advice about \p header for a unit that is compiled in \p directory: the
/// command that generates it if the build says which, else how to build all.
std::string adviceOnMissing(llvm::StringRef header,
                            const std::filesystem::path &directory,
                            llvm::vfs::FileSystem &files);

}  // namespace reproaudit
