// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where the headers lie that belong to clang itself.
#pragma once

#include <string>

namespace reproaudit {

/// The folder that clang's programs would be in: that of this program if it
/// carries clang's headers along, in `../lib/clang`, else that of the clang that
/// it was built with.
const std::string &clangPrograms();

}  // namespace reproaudit
