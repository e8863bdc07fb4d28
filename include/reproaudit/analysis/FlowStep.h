// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// One step of the way from a source to the place of a finding.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/Basic/SourceLocation.h"

#include <string>

namespace reproaudit {

struct FlowStep {
  clang::SourceLocation at;
  std::string message;  ///< Lower-case, no full stop.
};

}  // namespace reproaudit
