// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ProgramFacts.h"

#include "reproaudit/analysis/RandomApi.h"

#include "clang/AST/ASTContext.h"
#include "llvm/ADT/Twine.h"

#include <algorithm>
#include <utility>

using namespace clang;

namespace reproaudit {
namespace {

/// C knows no linkage of types, but every unit means the same one.
bool isKnownToAll(const TagDecl *type) {
  return !type->getASTContext().getLangOpts().CPlusPlus
             ? type->getIdentifier() != nullptr
             : type->isExternallyVisible();
}

std::string signatureOf(const FunctionDecl *function) {
  std::string signature = "(";
  for (const ParmVarDecl *parameter : function->parameters()) {
    if (signature.size() > 1)
      signature += ", ";
    signature += parameter->getType().getCanonicalType().getAsString(
        function->getASTContext().getPrintingPolicy());
  }
  return signature + ")";
}

}  // namespace

std::string programName(const NamedDecl *decl) {
  if (const auto *parameter = dyn_cast<ParmVarDecl>(decl)) {
    const auto *function = dyn_cast<FunctionDecl>(parameter->getDeclContext());
    const std::string owner = function ? programName(function) : std::string();
    return owner.empty()
               ? owner
               : (owner + "#" + llvm::Twine(parameter->getFunctionScopeIndex()))
                     .str();
  }
  if (const auto *field = dyn_cast<FieldDecl>(decl))
    return isKnownToAll(field->getParent()) ? plainName(field) : std::string();
  if (const auto *type = dyn_cast<TagDecl>(decl))
    return isKnownToAll(type) ? plainName(type) : std::string();
  const auto *variable = dyn_cast<VarDecl>(decl);
  if (!decl->isExternallyVisible() || (variable && variable->isLocalVarDecl()))
    return {};
  const auto *function = dyn_cast<FunctionDecl>(decl);
  return plainName(decl) + (function ? signatureOf(function) : std::string());
}

std::string_view shortName(std::string_view programName) {
  programName = programName.substr(0, programName.find_first_of("(#"));
  const size_t colon = programName.rfind(':');
  return colon == std::string_view::npos ? programName
                                         : programName.substr(colon + 1);
}

std::span<const Fact> factsThat(std::span<const Fact> facts,
                                std::string_view name) {
  return std::ranges::equal_range(
      facts, name, {},
      [](const Fact &f) -> std::string_view { return f.name; });
}

std::span<const Fact> factsThat(std::span<const Fact> facts,
                                std::string_view name,
                                std::string_view subject) {
  return std::ranges::equal_range(
      factsThat(facts, name), subject, {},
      [](const Fact &fact) -> std::string_view { return fact.subject; });
}

Finding findingFrom(const Fact &fact, Level level, std::string message,
                    std::string cure) {
  Finding finding = fact.finding;
  finding.level = level;
  finding.message = std::move(message);
  finding.cure = {finding.at, std::move(cure)};
  return finding;
}

}  // namespace reproaudit
