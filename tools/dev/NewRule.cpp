// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Dev.h"

#include "reproaudit/rule/RuleInfo.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>

using llvm::StringRef;

namespace reproaudit::dev {
namespace {

struct NewRule {
  std::string root;
  Family family;
  std::string name;
};

std::optional<Family> familyCalled(StringRef word) {
  for (int i = 0; i <= static_cast<int>(Family::Meta); ++i)
    if (word == StringRef(name(static_cast<Family>(i))))
      return static_cast<Family>(i);
  return std::nullopt;
}

/// `UnorderedFloatReduction` becomes `repro-unordered-float-reduction`.
std::string ruleId(StringRef name) {
  std::string id = "repro";
  for (const char c : name) {
    if (llvm::isUpper(c))
      id += '-';
    id += llvm::toLower(c);
  }
  return id;
}

void replaceAll(std::string &text, StringRef token, StringRef value) {
  for (std::size_t at = 0;
       (at = text.find(token.str(), at)) != std::string::npos;
       at += value.size())
    text.replace(at, token.size(), value.str());
}

/// Fills the template called \p source for \p rule and writes it to \p path.
bool instantiate(const NewRule &rule, const std::string &source,
                 const std::string &path) {
  const std::string from = rule.root + "/tools/dev/templates/" + source;
  const auto buffer = llvm::MemoryBuffer::getFile(from);
  if (!buffer) {
    llvm::errs() << from << ": " << buffer.getError().message() << "\n";
    return false;
  }
  const std::string to = rule.root + "/" + path;
  if (llvm::sys::fs::exists(to)) {
    llvm::errs() << to << ": exists already\n";
    return false;
  }
  const StringRef family = name(rule.family);
  std::string text = (*buffer)->getBuffer().str();
  replaceAll(text, "@family@", family);
  replaceAll(text, "@Family@",
             std::string(1, llvm::toUpper(family[0])) + family.substr(1).str());
  replaceAll(text, "@Name@", rule.name);
  replaceAll(text, "@id@", ruleId(rule.name));
  if (!write(to, text))
    return false;
  llvm::outs() << path << "\n";
  return true;
}

/// Adds \p rule to Rules.def, where the lines that begin with RULE are sorted.
bool enlist(const NewRule &rule) {
  const std::string path = rule.root + "/checks/Rules.def";
  const auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    llvm::errs() << path << ": " << buffer.getError().message() << "\n";
    return false;
  }
  llvm::SmallVector<StringRef> lines;
  (*buffer)->getBuffer().rtrim('\n').split(lines, '\n');
  const std::string line =
      "RULE(" + std::string(name(rule.family)) + ", " + rule.name + ")";
  auto *at = lines.begin();
  while (at != lines.end() && (!at->starts_with("RULE(") || *at < line))
    ++at;
  lines.insert(at, line);
  return write(path, llvm::join(lines, "\n") + "\n");
}

}  // namespace

int newRule(StringRef root, StringRef familyName, StringRef ruleName) {
  const std::optional<Family> family = familyCalled(familyName);
  if (!family) {
    llvm::errs() << "there is no family '" << familyName << "'\n";
    return 2;
  }
  if (!llvm::Regex("^[A-Z][A-Za-z0-9]+$").match(ruleName)) {
    llvm::errs() << "'" << ruleName << "' is not a name in PascalCase\n";
    return 2;
  }
  const NewRule rule{root.str(), *family, ruleName.str()};
  const std::string place = familyName.str() + "/" + rule.name;
  const bool isProject = isProjectFamily(*family);
  const std::string suffix = *family == Family::Gpu ? ".cu" : ".cpp";
  bool ok = instantiate(rule, isProject ? "ProjectRule.cpp" : "SourceRule.cpp",
                        "checks/" + place + ".cpp");
  if (isProject)
    ok = ok &&
         !llvm::sys::fs::create_directories(root + "/fixtures/rules/" + place);
  else
    ok = ok &&
         instantiate(rule, "Fixture.cpp", "fixtures/rules/" + place + suffix);
  return ok && enlist(rule) ? 0 : 1;
}

}  // namespace reproaudit::dev
