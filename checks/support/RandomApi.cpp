// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomApi.h"

#include "RandomTables.h"

#include "reproaudit/analysis/Names.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

using FunctionTable =
    llvm::StringMap<llvm::SmallVector<const RandomFunction *, 2>>;

FunctionTable byLastName() {
  FunctionTable table;
  for (const RandomFunction &function : kFunctions) {
    const size_t colon = function.name.rfind(':');
    table[colon == StringRef::npos ? StringRef(function.name)
                                   : function.name.substr(colon + 1)]
        .push_back(&function);
  }
  return table;
}

const CXXRecordDecl *recordOf(QualType type) {
  return type.isNull() ? nullptr
                       : type.getNonReferenceType()->getAsCXXRecordDecl();
}

bool isAnyOf(const CXXRecordDecl *record,
             llvm::ArrayRef<llvm::StringLiteral> names) {
  const IdentifierInfo *id = record->getIdentifier();
  if (!id)
    return false;
  const auto sameLastName = [&](StringRef name) {
    return name.ends_with(id->getName());
  };
  if (llvm::none_of(names, sameLastName))
    return false;
  return llvm::is_contained(names, plainName(record));
}

/// True if \p record is the project's own uniform random bit generator.
bool hasGeneratorInterface(const CXXRecordDecl *record) {
  if (!record->hasDefinition() || !record->getIdentifier())
    return false;
  bool resultType = false;
  bool minimum = false;
  bool draw = false;
  for (const Decl *member : record->getDefinition()->decls()) {
    const auto *named = dyn_cast<NamedDecl>(member);
    if (!named)
      continue;
    if (isa<TypedefNameDecl>(named))
      resultType |= named->getName() == "result_type";
    const auto *method = dyn_cast<CXXMethodDecl>(named);
    if (!method)
      continue;
    minimum |= method->isStatic() && method->getIdentifier() != nullptr &&
               method->getName() == "min";
    draw |= method->getOverloadedOperator() == OO_Call &&
            method->param_empty() && !method->isConst();
  }
  return resultType && minimum && draw;
}

}  // namespace

std::string plainName(const NamedDecl *decl) {
  PrintingPolicy policy(decl->getASTContext().getPrintingPolicy());
  policy.SuppressInlineNamespace =
      llvm::to_underlying(PrintingPolicy::SuppressInlineNamespaceMode::All);
  policy.SuppressUnwrittenScope = true;
  std::string name;
  llvm::raw_string_ostream out(name);
  decl->printQualifiedName(out, policy);
  // Specialisations print their arguments; the template is what we list.
  if (const size_t angle = name.find('<'); angle != std::string::npos)
    if (const size_t close = name.rfind('>'); close != std::string::npos)
      name.erase(angle, close - angle + 1);
  return name;
}

const RandomFunction *randomFunction(const FunctionDecl *function) {
  static const FunctionTable kTable = byLastName();
  const IdentifierInfo *id = function->getIdentifier();
  if (!id)
    return nullptr;
  const auto found = kTable.find(id->getName());
  if (found == kTable.end())
    return nullptr;
  const std::string name = plainName(function);
  for (const RandomFunction *candidate : found->second)
    if (candidate->name == name)
      return candidate;
  return nullptr;
}

const GlobalGenerator *globalGenerator(StringRef name) {
  for (const RandomFunction &function : kFunctions)
    if (function.generator && function.generator->name == name)
      return function.generator;
  return nullptr;
}

const GlobalGenerator &cGenerator() { return kRand; }

const GlobalGenerator &armadilloGenerator() { return kArmadillo; }

bool isEntropyClass(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record != nullptr && isAnyOf(record, kEntropyClasses);
}

bool isEntropicEngine(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record != nullptr && isAnyOf(record, kEntropicEngines);
}

bool isTorchGenerator(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  if (const auto *optional =
          dyn_cast_or_null<ClassTemplateSpecializationDecl>(record);
      optional && optional->getName() == "optional")
    return isTorchGenerator(optional->getTemplateArgs()[0].getAsType());
  return record != nullptr && plainName(record) == "at::Generator";
}

bool isRandomFill(QualType type) {
  const auto *record =
      dyn_cast_or_null<ClassTemplateSpecializationDecl>(recordOf(type));
  if (record == nullptr || plainName(record) != "arma::fill::fill_class")
    return false;
  const TemplateArgument &kind = record->getTemplateArgs()[0];
  const CXXRecordDecl *fill = kind.getKind() == TemplateArgument::Type
                                  ? recordOf(kind.getAsType())
                                  : nullptr;
  return fill != nullptr && fill->getName().starts_with("fill_rand");
}

bool isHashFunction(const FunctionDecl *function) {
  constexpr llvm::StringLiteral kHashes[] = {
      "hash", "murmur", "xxh",     "crc", "fnv",    "checksum",
      "city", "farm",   "siphash", "sip", "spooky", "bloom"};
  for (const Decl *decl = function; decl;
       decl = cast_or_null<Decl>(decl->getDeclContext())) {
    const auto *named = dyn_cast<NamedDecl>(decl);
    const IdentifierInfo *id = named ? named->getIdentifier() : nullptr;
    if (id != nullptr && (hasWord(id->getName(), kHashes) ||
                          id->getName().contains_insensitive("hash")))
      return true;
  }
  return false;
}

bool isLibraryEngine(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record != nullptr && isAnyOf(record, kLibraryEngines);
}

bool isEngine(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  return record != nullptr && !isAnyOf(record, kEntropyClasses) &&
         (isAnyOf(record, kLibraryEngines) ||
          isAnyOf(record, kEntropicEngines) || hasGeneratorInterface(record));
}

bool isDistribution(QualType type) {
  const CXXRecordDecl *record = recordOf(type);
  const IdentifierInfo *id = record ? record->getIdentifier() : nullptr;
  if (id == nullptr || !id->getName().ends_with("_distribution"))
    return false;
  return llvm::any_of(record->decls(), [](const Decl *member) {
    const auto *named = dyn_cast<TypedefNameDecl>(member);
    return named && named->getName() == "result_type";
  });
}

bool isRandomShuffle(const FunctionDecl *function) {
  const IdentifierInfo *id = function->getIdentifier();
  return id != nullptr && id->isStr("random_shuffle") &&
         function->isInStdNamespace();
}

bool soundsLikeSeed(StringRef name) {
  constexpr llvm::StringLiteral kSeeds[] = {"seed", "randomseed", "rngseed",
                                            "srand"};
  const auto words = wordsOf(name);
  const auto speaks = [&](StringRef word) {
    return llvm::is_contained(kSeeds, word.rtrim("0123456789"));
  };
  return llvm::any_of(words, speaks) ||
         (words.size() == 2 && words[0] == "random" && words[1] == "state");
}

bool wantsUnpredictable(const Decl *decl) {
  constexpr llvm::StringLiteral kPurposes[] = {
      "crypto", "uuid",   "guid", "nonce",   "secret",   "ssl",
      "tls",    "cookie", "tmp",  "backoff", "password", "tempfile"};
  // Words that mean something else among models and their tokens, unless
  // another one says what they are for.
  struct Pair {
    llvm::ArrayRef<llvm::StringLiteral> words;
    llvm::ArrayRef<llvm::StringLiteral> purposes;
  };
  static constexpr llvm::StringLiteral kKeys[] = {"key", "keys"};
  static constexpr llvm::StringLiteral kMakers[] = {
      "generate", "make", "new", "private", "secret", "api", "encryption"};
  static constexpr llvm::StringLiteral kTokens[] = {"token", "salt"};
  static constexpr llvm::StringLiteral kAccess[] = {
      "auth", "access", "bearer", "csrf", "api",     "login", "id",
      "hash", "hashed", "unique", "user", "session", "make"};
  static constexpr llvm::StringLiteral kNames[] = {"temp", "suffix",
                                                   "temporary"};
  static constexpr llvm::StringLiteral kFiles[] = {
      "file",   "filename", "dir",  "directory",
      "folder", "path",     "name", "unique"};
  static constexpr llvm::StringLiteral kJitter[] = {"jitter"};
  static constexpr llvm::StringLiteral kWaiting[] = {"retry", "sleep", "delay",
                                                     "wait",  "timer", "poll"};
  static constexpr Pair kPairs[] = {{kKeys, kMakers},
                                    {kTokens, kAccess},
                                    {kNames, kFiles},
                                    {kJitter, kWaiting}};
  while (decl) {
    if (const auto *named = dyn_cast<NamedDecl>(decl))
      if (const IdentifierInfo *id = named->getIdentifier()) {
        const StringRef name = id->getName();
        if (hasWord(name, kPurposes) ||
            llvm::any_of(kPairs, [&](const Pair &pair) {
              return hasWord(name, pair.words) && hasWord(name, pair.purposes);
            }))
          return true;
      }
    const DeclContext *around = decl->getDeclContext();
    decl = around ? cast<Decl>(around) : nullptr;
  }
  return false;
}

}  // namespace reproaudit
