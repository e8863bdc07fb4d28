// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Keyword arguments of CMake commands that fetch.
#pragma once

#include "CMake.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace reproaudit {

/// `GIT_TAG v1` becomes GIT_TAG -> v1.
class Keywords {
public:
  /// Reads \p arguments from the one at \p from on.
  Keywords(const std::vector<cmake::Argument> &arguments, std::size_t from);

  bool has(const std::string &key) const { return values_.contains(key); }
  /// The first value of \p key, or "".
  std::string operator[](const std::string &key) const;

private:
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace reproaudit
