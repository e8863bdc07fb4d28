// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/CatalogueCheck.h"

#include "reproaudit/analysis/PerUnit.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Basic/FileManager.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <map>

using namespace clang;
using reproaudit::catalogue::Entry;
using reproaudit::catalogue::Guard;
using reproaudit::catalogue::Library;
using Json = nlohmann::ordered_json;

namespace reproaudit {
namespace {

// The facts. The subject of a use is JSON: what `link` cannot look up, because
// only the unit knows the user's files.
constexpr llvm::StringLiteral kUse = "use";
constexpr llvm::StringLiteral kNeed = "has";  // the entry's id
constexpr llvm::StringLiteral kGuard = "guarded";
constexpr llvm::StringLiteral kPartialGuard = "partly guarded";

std::string filled(std::string text, StringRef hole, const std::string &with) {
  for (size_t at = 0; (at = text.find(hole, at)) != std::string::npos;
       at += with.size())
    text.replace(at, hole.size(), with);
  return text;
}

std::string messageOf(const LibraryUse &use, const Entry &entry) {
  std::string name = use.decl->getNameAsString();
  // The library's header gives it the name without the suffix.
  if (StringRef(name).ends_with("_v2"))
    name.resize(name.size() - 3);
  std::string text = filled(entry.message, "{name}", name);
  text = filled(text, "{value}", use.isSure ? use.value : "its argument");
  return filled(text, "{object}",
                use.object ? "'" + use.object->getNameAsString() + "'"
                           : "the object");
}

/// Where the user decided: an enumerator is chosen where it is written down.
SourceLocation placeOf(const LibraryUse &use) {
  return use.choice && isa<DeclRefExpr>(use.choice) ? use.choice->getBeginLoc()
                                                    : use.at->getExprLoc();
}

bool hasProcessGuard(const Entry &entry, const Library &library) {
  return llvm::any_of(entry.guards, [&](const std::string &id) {
    return library.guard(id)->scope == Guard::Scope::Process;
  });
}

}  // namespace

CatalogueCheck::CatalogueCheck(const RuleInfo &info, StringRef name,
                               tidy::ClangTidyContext *context)
    : Check(info, name, context), rule_(info), context_(*context) {}

void CatalogueCheck::registerPPCallbacks(const SourceManager &sources,
                                         Preprocessor *preprocessor,
                                         Preprocessor * /*expander*/) {
  preprocessor_ = preprocessor;
  loadUserFiles(sources.getFileManager(), context_.getCurrentFile());
}

/// Reads through clang's file manager, so that `scan` learns of the files.
void CatalogueCheck::loadUserFiles(FileManager &files, StringRef source) {
  SmallVector<StringRef> names;
  Options.getLocalOrGlobal(kCatalogueOption.name, kCatalogueOption.fallback)
      .split(names, ';', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  SmallString<128> start(source);
  files.makeAbsolutePath(start);
  for (const StringRef name : names) {
    std::unique_ptr<llvm::MemoryBuffer> text;
    for (StringRef folder = llvm::sys::path::parent_path(start);
         !text && !folder.empty();
         folder = llvm::sys::path::parent_path(folder)) {
      SmallString<128> path(folder);
      llvm::sys::path::append(path, name);
      if (auto buffer = files.getBufferForFile(path))
        text = std::move(*buffer);
    }
    if (!text) {
      configurationDiag("no folder above the source has the catalogue '%0'",
                        DiagnosticIDs::Error)
          << name;
      continue;
    }
    auto libraries = catalogue::read(text->getBuffer(), name);
    if (libraries)
      std::ranges::move(*libraries, std::back_inserter(userLibraries_));
    else
      configurationDiag("%0", DiagnosticIDs::Error) << libraries.error();
  }
}

void CatalogueCheck::registerMatchers(ast_matchers::MatchFinder *finder) {
  finder->addMatcher(ast_matchers::translationUnitDecl(), this);
}

void CatalogueCheck::check(
    const ast_matchers::MatchFinder::MatchResult &result) {
  const auto &uses = perUnit<LibraryUses>(*result.Context);
  for (const Library &library : catalogue::builtIn())
    judge(library, uses);
  for (const Library &library : userLibraries_)
    judge(library, uses);
}

bool CatalogueCheck::holds(const catalogue::VersionTest &test) const {
  const IdentifierInfo *id = preprocessor_->getIdentifierInfo(test.macro);
  const MacroInfo *macro = preprocessor_->getMacroInfo(id);
  std::int64_t value = 0;
  if (macro == nullptr || macro->getNumTokens() != 1 ||
      StringRef(preprocessor_->getSpelling(macro->getReplacementToken(0)))
          .rtrim("uUlL")
          .getAsInteger(0, value))
    return false;
  const bool less = value < test.number;
  const bool same = value == test.number;
  return test.relation == "<"    ? less
         : test.relation == "<=" ? less || same
         : test.relation == ">=" ? !less
         : test.relation == ">"  ? !less && !same
                                 : same == (test.relation == "==");
}

void CatalogueCheck::judge(const Library &library, const LibraryUses &uses) {
  bool isOurs = false;
  for (const Entry &entry : library.entries)
    if (entry.rule == rule_.name && (!entry.version || holds(*entry.version))) {
      isOurs = true;
      judge(entry, library, uses);
    }
  if (isOurs)
    exportGuards(library, uses);
}

void CatalogueCheck::judge(const Entry &entry, const Library &library,
                           const LibraryUses &uses) {
  for (const catalogue::Use &need : entry.needs)
    if (const auto found = uses.find(need); !found.empty())
      fact(found.front().at->getExprLoc(), kNeed, entry.id);
  for (const catalogue::Use &when : entry.when) {
    const std::vector<LibraryUse> found = uses.find(when);
    for (const LibraryUse &use : found) {
      const auto isOfSameObject = [&](const LibraryUse &other) {
        return uses.isSameObject(use.object, other.object);
      };
      if (entry.times > 1 &&
          std::ranges::count_if(found, isOfSameObject) < entry.times)
        continue;
      const FunctionDecl *function = uses.unit().functionAt(use.place);
      // What an uninstantiated template does is known once it is instantiated.
      const bool mayDiffer =
          function != nullptr && function->isDependentContext();
      if (use.isSure || (entry.reportsUnknown && !mayDiffer))
        report(use, entry, library, uses);
    }
  }
}

void CatalogueCheck::report(const LibraryUse &use, const Entry &entry,
                            const Library &library, const LibraryUses &uses) {
  const SourceManager &sources = uses.unit().context().getSourceManager();
  const SourceLocation place = placeOf(use);
  if (!reported_.insert({&entry, sources.getFileLoc(place)}).second)
    return;
  const Guarding guarding = guardingOf(
      use, entry, library, uses,
      [&](const catalogue::VersionTest &test) { return holds(test); });
  if (guarding.state == Guarding::State::Full)
    return;
  bool isNote =
      entry.isNote || !use.isSure || guarding.state == Guarding::State::Partial;
  const bool lacksNeed =
      !entry.needs.empty() &&
      llvm::none_of(entry.needs, [&](const catalogue::Use &need) {
        return !uses.find(need).empty();
      });
  const bool lacksSwitch = hasProcessGuard(entry, library) &&
                           guarding.state == Guarding::State::None &&
                           !guarding.isLate;
  const std::string message = messageOf(use, entry);
  if (linksFacts() && (lacksNeed || lacksSwitch)) {
    const Json subject = {
        {"message", message},     {"entry", lacksNeed ? entry.id : ""},
        {"guards", entry.guards}, {"cure", entry.cure},
        {"once", lacksSwitch},    {"note", isNote || lacksSwitch}};
    fact(place, kUse, subject.dump());
  } else if (lacksNeed) {
    return;
  } else {
    if (lacksSwitch &&
        !missingSwitches_.insert(llvm::join(entry.guards, " ")).second)
      return;
    isNote |= lacksSwitch;
    (isNote ? noteworthy(place, "%0") : finding(place, "%0"))
        << message << use.at->getSourceRange();
    steps(use, guarding);
    cure(place, "%0") << entry.cure;
  }
}

void CatalogueCheck::steps(const LibraryUse &use, const Guarding &guarding) {
  const SourceLocation call = use.at->getExprLoc();
  if (preprocessor_->getSourceManager().getExpansionLineNumber(call) !=
      preprocessor_->getSourceManager().getExpansionLineNumber(placeOf(use)))
    step(call, "it is used here");
  for (const Guarding::Failure &failure : guarding.failures)
    step(failure.at->getExprLoc(), "%0") << failure.why;
}

/// Tells the program which of its guards this unit sets.
void CatalogueCheck::exportGuards(const Library &library,
                                  const LibraryUses &uses) {
  for (const Guard &guard : library.guards)
    if (guard.scope == Guard::Scope::Process &&
        (!guard.version || holds(*guard.version)))
      for (const catalogue::Use &when : guard.when)
        if (const auto found = uses.find(when); !found.empty())
          fact(found.front().at->getExprLoc(),
               guard.partial ? kPartialGuard : kGuard, guard.id);
}

std::vector<Finding> CatalogueCheck::link(std::span<const Fact> facts) {
  std::set<std::string> needs;
  std::set<std::string> guards;
  std::set<std::string> partial;
  for (const Fact &fact : facts) {
    if (fact.name == kNeed)
      needs.insert(fact.subject);
    else if (fact.name == kGuard)
      guards.insert(fact.subject);
    else if (fact.name == kPartialGuard)
      partial.insert(fact.subject);
  }
  std::vector<Finding> findings;
  std::map<std::string, Finding> missing;  // by the switches that would do
  const auto isIn = [](const std::set<std::string> &set) {
    return
        [&set](const Json &id) { return set.contains(id.get<std::string>()); };
  };
  std::vector<std::pair<Finding, Json>> uses;
  for (const Fact &fact : facts)
    if (fact.name == kUse)
      uses.emplace_back(fact.finding, Json::parse(fact.subject));
  std::ranges::sort(uses, {}, [](const auto &use) { return use.first; });
  for (auto &[finding, use] : uses) {
    const std::string need = use["entry"];
    if ((!need.empty() && !needs.contains(need)) ||
        std::ranges::any_of(use["guards"], isIn(guards)))
      continue;
    finding.message = use["message"];
    finding.cure = {finding.at, use["cure"]};
    finding.level = use["note"] ? Level::Note : Level::Warning;
    if (!use["once"] || std::ranges::any_of(use["guards"], isIn(partial))) {
      findings.push_back(std::move(finding));
      continue;
    }
    const auto [entry, isFirst] =
        missing.try_emplace(use["guards"].dump(), finding);
    if (!isFirst)
      entry->second.flow.push_back(
          {finding.at, "this too: " + finding.message});
  }
  for (auto &[guard, finding] : missing)
    findings.push_back(std::move(finding));
  return findings;
}

}  // namespace reproaudit
