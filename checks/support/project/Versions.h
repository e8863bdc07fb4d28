// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Whether a version is one that a specifier allows.
#pragma once

#include <string_view>

namespace reproaudit {

/// Less than, equal to or greater than 0 as \p left is older than, the same as
/// or newer than \p right: `1.9` < `1.10rc1` < `1.10` == `1.10.0`.
int compareVersions(std::string_view left, std::string_view right);

/// True if \p version satisfies \p specifier: clauses of `==`, `>=`, `~=`, `^`,
/// `~`, `1.2.*` and their like, as PEP 440, npm, poetry and Conan write them. A
/// specifier that is none of these is satisfied.
bool satisfies(std::string_view version, std::string_view specifier);

}  // namespace reproaudit
