// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "reproaudit/report/Evidence.h"

#include <string>

namespace reproaudit {

/// The section of the HTML report about runs: which factor changed which
/// output, and how far the numbers in it went apart.
std::string htmlOf(const Evidence &evidence);

}  // namespace reproaudit
