// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "reproaudit/rerun/Run.h"
#include "reproaudit/rerun/Sandbox.h"

#include <string>

namespace reproaudit {

/// Why \p factor cannot be changed for a program that behaved like
/// \p reference, a pinned run; "" if it can.
std::string obstacle(Factor factor, const Observation &reference,
                     const Capabilities &capabilities);

/// What the machine does not allow, one sentence each.
std::vector<std::string> limitations(const Capabilities &capabilities);

}  // namespace reproaudit
