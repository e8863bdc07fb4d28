// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Ini.h"

#include "Text.h"

namespace reproaudit {

std::vector<IniValue> parseIni(std::string_view text) {
  std::vector<IniValue> out;
  std::string section;
  unsigned number = 0;
  for (const std::string_view raw : lines(text)) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#') || line.starts_with(';'))
      continue;
    if (line.starts_with('[')) {
      section = trim(line.substr(1, line.find(']') - 1));
      out.push_back({section, "", "", number});
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos)
      out.push_back({section, lower(trim(line.substr(0, equals))),
                     std::string(trim(line.substr(equals + 1))), number});
  }
  return out;
}

}  // namespace reproaudit
