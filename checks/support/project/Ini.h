// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Files of `[section]` and `key = value`, as Meson and git write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

/// A value, or the beginning of a section: then key and value are empty.
struct IniValue {
  std::string section;
  std::string key;
  std::string value;
  unsigned line = 0;
};

/// Comments begin with `#` or `;`; other lines are ignored.
std::vector<IniValue> parseIni(std::string_view text);

}  // namespace reproaudit
