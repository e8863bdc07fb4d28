// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Fixes.h"

#include "Output.h"
#include "reproaudit/report/Edits.h"

#include <algorithm>
#include <map>
#include <utility>

namespace reproaudit {
namespace {

std::map<std::string, std::vector<Edit>> byFile(std::vector<Edit> edits) {
  std::map<std::string, std::vector<Edit>> files;
  for (Edit &edit : edits)
    files[edit.at.path].push_back(std::move(edit));
  return files;
}

bool fitTogether(const std::vector<Edit> &edits, const SourceTexts &texts) {
  const auto files = byFile(edits);
  return std::ranges::all_of(files, [&](const auto &file) {
    return applyEdits(texts.text(file.first), file.second).has_value();
  });
}

}  // namespace

FixPlan planFixes(const std::vector<Finding> &findings, bool unsafeToo,
                  const SourceTexts &texts) {
  FixPlan plan;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto fix =
        std::ranges::find_if(findings[i].fixes, [&](const Fix &candidate) {
          return candidate.safe || unsafeToo;
        });
    if (findings[i].suppression || fix == findings[i].fixes.end())
      continue;
    std::vector<Edit> together = plan.edits;
    together.insert(together.end(), fix->edits.begin(), fix->edits.end());
    if (!fitTogether(together, texts)) {
      ++plan.conflicting;
      continue;
    }
    plan.edits = std::move(together);
    plan.fixed.insert(i);
  }
  return plan;
}

std::expected<void, std::string> applyFixes(const FixPlan &plan,
                                            const std::filesystem::path &root,
                                            const SourceTexts &texts) {
  for (const auto &[path, edits] : byFile(plan.edits))
    if (const auto text = applyEdits(texts.text(path), edits))
      if (auto written = replaceFile((root / path).string(), *text); !written)
        return written;
  return {};
}

}  // namespace reproaudit
