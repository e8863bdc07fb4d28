// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Does a library declare what the catalogue says about it? A name with a typo,
/// or of another version, would never be found and never be missed.
///
/// Layer 3.
#pragma once

#include "reproaudit/analysis/Catalogue.h"

#include <optional>
#include <string>
#include <vector>

namespace reproaudit {

/// Every name of \p library that is to be declared, sorted and unique.
std::vector<std::string> namesOf(const catalogue::Library &library);

/// Those that its headers do not declare; none if they cannot be read with
/// \p flags and the library's own.
std::optional<std::vector<std::string>>
undeclaredNames(const catalogue::Library &library,
                const std::vector<std::string> &flags);

}  // namespace reproaudit
