// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Dev.h"

#include "reproaudit/analysis/Project.h"
#include "reproaudit/analysis/Rule.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

using llvm::StringRef;

namespace reproaudit::dev {

int checkFolder(StringRef name, StringRef folder) {
  const Rule *rule = findRule(name);
  if (!rule || !rule->checkProject) {
    llvm::errs() << "'" << name << "' is not a project rule\n";
    return 2;
  }
  std::vector<std::string> files;
  std::error_code error;
  for (llvm::sys::fs::recursive_directory_iterator entry(folder, error), end;
       entry != end && !error; entry.increment(error))
    if (!llvm::sys::fs::is_directory(entry->path()))
      files.push_back(entry->path().substr(folder.size() + 1));
  std::ranges::sort(files);
  const Project project(folder.str(), files, {});
  for (const Finding &finding : rule->checkProject(project))
    llvm::outs() << finding.at.path << ":" << finding.at.line << ":"
                 << finding.at.column << ": warning: " << finding.message
                 << " [" << finding.rule << "]\n";
  return 0;
}

}  // namespace reproaudit::dev
