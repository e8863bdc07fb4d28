// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Exact places of what readers know by line.
#pragma once

#include "reproaudit/analysis/Project.h"

#include <cstddef>
#include <string_view>

namespace reproaudit {

/// The column of byte \p byte of \p line: columns count code points.
unsigned columnOf(std::string_view line, std::size_t byte);

/// \p at with columns: around \p text where its first line holds it, else
/// around the code of the line.
Range withColumns(const Project &project, Range at, std::string_view text);

}  // namespace reproaudit
