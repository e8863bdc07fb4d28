// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Dev.h"

#include "reproaudit/analysis/Rule.h"
#include "reproaudit/report/RuleMarkdown.h"
#include "reproaudit/scan/Configuration.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <map>
#include <string>

using llvm::StringRef;

namespace reproaudit::dev {
namespace {

constexpr StringRef kTableBegin = "<!-- rules: written by reproaudit-dev -->\n";
constexpr StringRef kTableEnd = "<!-- end of rules -->\n";

std::string read(const std::string &path) {
  const auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

std::string ruleTable() {
  std::string table = "| rule | family | scope | what it finds |\n"
                      "| --- | --- | --- | --- |\n";
  for (const Rule *rule : allRules())
    table += llvm::formatv("| [{0}](docs/rules/{0}.md) | {1} | {2} | {3} |\n",
                           rule->info->name, name(rule->info->family),
                           name(rule->info->scope), rule->info->summary)
                 .str();
  return table;
}

/// \p readme with the lines between the two markers replaced.
std::string withRuleTable(const std::string &readme) {
  const auto [head, rest] = StringRef(readme).split(kTableBegin);
  const auto [oldTable, tail] = rest.split(kTableEnd);
  return (head + kTableBegin + ruleTable() + kTableEnd + tail).str();
}

std::vector<std::string> filesIn(const std::string &folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator entry(folder, error), end;
       entry != end && !error; entry.increment(error))
    files.push_back(entry->path());
  llvm::sort(files);
  return files;
}

}  // namespace

int docs(StringRef root, bool checkOnly) {
  const std::string folder = (root + "/docs/rules").str();
  std::map<std::string, std::string> wanted;
  for (const Rule *rule : allRules())
    wanted[folder + "/" + std::string(rule->info->name) + ".md"] =
        "<!-- Written by reproaudit-dev docs; edit the rule instead. -->\n" +
        ruleMarkdown(*rule->info);
  const std::string readme = (root + "/README.md").str();
  wanted[readme] = withRuleTable(read(readme));
  wanted[(root + "/docs/schema/config.schema.json").str()] =
      configurationSchema();

  bool ok = true;
  for (const auto &[path, text] : wanted) {
    if (read(path) == text)
      continue;
    if (!checkOnly)
      ok &= write(path, text);
    else
      llvm::errs() << path << ": out of date\n";
    ok &= !checkOnly;
  }
  for (const std::string &path : filesIn(folder)) {
    if (wanted.contains(path))
      continue;
    if (checkOnly) {
      llvm::errs() << path << ": no rule has this page\n";
      ok = false;
    } else if (const std::error_code problem = llvm::sys::fs::remove(path)) {
      llvm::errs() << path << ": " << problem.message() << '\n';
      ok = false;
    }
  }
  if (!ok && checkOnly)
    llvm::errs() << "run `cmake --build --preset release --target docs`\n";
  return ok ? 0 : 1;
}

}  // namespace reproaudit::dev
