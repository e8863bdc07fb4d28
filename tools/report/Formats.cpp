// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Writers.h"

namespace reproaudit {

std::span<const Format> formats() {
  static constexpr Format kFormats[] = {
      {"text", "as compilers print it, with the source lines", renderText},
      {"full", "text with the reasons and the fixes", renderFull},
      {"json", "everything, for programs (docs/schema)", renderJson},
      {"jsonl", "one finding per line, for programs", renderJsonLines},
      {"sarif", "SARIF 2.1.0, for code scanning and viewers", renderSarif},
      {"github", "annotations of a GitHub Actions step", renderGitHub},
      {"gitlab", "GitLab Code Quality", renderGitLab},
      {"junit", "JUnit XML: one test case per rule", renderJUnit},
      {"rdjson", "reviewdog, with suggestions", renderReviewDog},
      {"markdown", "a step summary or a comment", renderMarkdown},
      {"html", "one file to read offline", renderHtml},
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
