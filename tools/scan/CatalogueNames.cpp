// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/CatalogueNames.h"

#include "ClangHome.h"

#include "reproaudit/analysis/RandomApi.h"
#include "reproaudit/scan/ClangCommand.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/Frontend/ASTUnit.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <algorithm>
#include <filesystem>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

class NameCollector final : public ConstDynamicRecursiveASTVisitor {
public:
  explicit NameCollector(const llvm::StringSet<> &wanted) : wanted_(wanted) {}

  bool VisitNamedDecl(const NamedDecl *decl) override {
    // To print a name costs more than to look at its last part.
    if (const std::string name = decl->getDeclName().getAsString();
        wanted_.contains(name))
      declared_.insert(plainName(decl));
    return true;
  }
  bool TraverseStmt(const Stmt * /*body*/) override { return true; }

  const llvm::StringSet<> &declared() const { return declared_; }

private:
  const llvm::StringSet<> &wanted_;
  llvm::StringSet<> declared_;
};

/// A header that is missing is fatal; what follows it is not read.
class FatalErrors final : public DiagnosticConsumer {
public:
  void HandleDiagnostic(DiagnosticsEngine::Level level,
                        const Diagnostic & /*info*/) override {
    occurred |= level == DiagnosticsEngine::Fatal;
  }
  bool occurred = false;
};

StringRef lastName(StringRef name) {
  const size_t colon = name.rfind("::");
  return colon == StringRef::npos ? name : name.substr(colon + 2);
}

bool isIdentifier(StringRef text) {
  return !text.empty() && !llvm::isDigit(text.front()) && text != "true" &&
         text != "false" && llvm::all_of(text, [](char c) {
           return llvm::isAlnum(c) || c == '_' || c == ':';
         });
}

std::string sourceOf(const catalogue::Library &library) {
  std::string source;
  for (const std::string &header : library.headers)
    source += "#include <" + header + ">\n";
  return source;
}

}  // namespace

std::vector<std::string> namesOf(const catalogue::Library &library) {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<std::string> &more) {
    llvm::copy_if(more, std::back_inserter(names), isIdentifier);
  };
  catalogue::forEachUse(library, [&](const catalogue::Use &use) {
    // What sets a variable of the environment is no part of the library.
    if (llvm::is_contained(use.names, "setenv") ||
        llvm::is_contained(use.names, "putenv"))
      return;
    add(use.names);
    for (const auto *tests : {&use.arguments, &use.unless})
      for (const catalogue::ArgumentTest &test : *tests) {
        add(test.is);
        add(test.isNot);
        add(test.mentions);
      }
  });
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

std::optional<std::vector<std::string>>
undeclaredNames(const catalogue::Library &library,
                const std::vector<std::string> &flags) {
  std::vector<std::string> arguments = {"-std=c++20", "-fsyntax-only", "-w"};
  llvm::append_range(arguments, flags);
  llvm::append_range(arguments, library.flags);
  if (const std::filesystem::path toolkit = findCudaToolkit("");
      !toolkit.empty())
    for (const char *folder : {"include", "include/cccl"})
      arguments.push_back("-idirafter" + (toolkit / folder).string());
  FatalErrors fatal;
  const std::unique_ptr<ASTUnit> unit = tooling::buildASTFromCodeWithArgs(
      sourceOf(library), arguments, "catalogue.cpp",
      clangPrograms() + "/clang++",
      std::make_shared<PCHContainerOperations>(),
      tooling::getClangStripDependencyFileAdjuster(),
      tooling::FileContentMappings(), &fatal);
  if (!unit || fatal.occurred)
    return std::nullopt;

  std::vector<std::string> missing = namesOf(library);
  llvm::StringSet<> wanted;
  for (const std::string &name : missing)
    wanted.insert(lastName(name));
  NameCollector collector(wanted);
  collector.TraverseDecl(unit->getASTContext().getTranslationUnitDecl());
  const auto isDeclared = [&](const std::string &name) {
    const bool isQualified = StringRef(name).contains("::");
    Preprocessor &preprocessor = unit->getPreprocessor();
    return collector.declared().contains(name) ||
           (!isQualified &&
            (preprocessor.getMacroInfo(preprocessor.getIdentifierInfo(name)) ||
             llvm::any_of(collector.declared(), [&](const auto &declared) {
               return lastName(declared.getKey()) == name;
             })));
  };
  std::erase_if(missing, isDeclared);
  return missing;
}

}  // namespace reproaudit
