// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What values an argument can have, as far as the unit shows.
#pragma once

#include "reproaudit/analysis/LibraryUse.h"

namespace reproaudit {

/// Whether the value of \p argument can be what \p test asks for; none if it is
/// not known here. \p found learns the value and where it is chosen.
std::optional<bool> valueFits(const catalogue::ArgumentTest &test,
                              const clang::Expr &argument,
                              const UnitIndex &unit, LibraryUse &found);

}  // namespace reproaudit
