// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Comparison of binary files by what they mean: arrays and tensors.
#pragma once

#include "reproaudit/rerun/Difference.h"

#include <optional>
#include <string>
#include <string_view>

namespace reproaudit {

struct ContentDifference {
  std::string where;  ///< `tensor w[5]`.
  std::string a, b;
  bool onlyNumbers = false;  ///< Shapes, names and types agree.
  Magnitude magnitude;
};

/// The difference of two files of the same known format; nothing if the format
/// is unknown or a file is malformed, so that their bytes are compared.
std::optional<ContentDifference> compareContent(std::string_view a,
                                                std::string_view b);

}  // namespace reproaudit
