// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Writers.h"

namespace reproaudit {

std::span<const Format> formats() {
  static constexpr Format kFormats[] = {
      {"text", "findings as compilers print them, with source lines",
       renderText},
      {"json", "everything, for programs; docs/schema/report.schema.json",
       renderJson},
      {"sarif", "SARIF 2.1.0, for code scanning and viewers", renderSarif},
  };
  return kFormats;
}

const Format *findFormat(std::string_view name) {
  for (const Format &format : formats())
    if (format.name == name)
      return &format;
  return nullptr;
}

}  // namespace reproaudit
