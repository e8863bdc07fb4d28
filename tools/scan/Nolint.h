// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// `NOLINT` comments in files that clang does not read.
#pragma once

#include "reproaudit/analysis/Project.h"

#include <optional>

namespace reproaudit {

/// The suppression that covers \p finding in a project file: `NOLINT(rule)` on
/// its line or `NOLINTNEXTLINE(rule)` on the line before; a rule or `*`.
std::optional<Suppression> suppressionOf(const Finding &finding,
                                         const Project &project);

/// The reason behind a directive in \p comment, which begins with it: what
/// follows the list of rules.
std::string reasonIn(std::string_view comment);

}  // namespace reproaudit
