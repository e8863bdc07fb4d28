// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "Workspace.h"
#include "reproaudit/rerun/Sandbox.h"

namespace reproaudit {

/// Tries out what is allowed here, with \p workspace as the view to mount.
Capabilities probe(Workspace &workspace, bool namespaces);

/// Compiles the locale kLocaleName into \p directory; false: no localedef.
bool compileLocale(const std::filesystem::path &directory);

}  // namespace reproaudit
