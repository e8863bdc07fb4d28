// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Lex/MacroInfo.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"

#include <map>

using namespace clang;
using namespace clang::ast_matchers;
using Kind = reproaudit::Destination::Kind;

namespace reproaudit::env {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-build-timestamp",
    .family = Family::Env,
    .scope = Scope::Build,
    .summary = "Date or time of the build in the program",
    .since = "0.1.0",
    .why = R"md(
`__DATE__`, `__TIME__` and `__TIMESTAMP__` make every build another program: its
hash proves nothing, caches miss, and a seed, key or file derived from it differs
between two builds of the same sources.)md",
    .bad = R"cpp(
#include <fstream>

void writeHeader(std::ofstream &checkpoint) {
  checkpoint << "built " __DATE__ << '\n';
})cpp",
    .good = R"cpp(
#include <fstream>

constexpr const char *kVersion = "1.4.2";

void writeHeader(std::ofstream &checkpoint) {
  checkpoint << "built from " << kVersion << '\n';
})cpp",
    .limits = "A note where the text is only kept or shown, as in a version "
              "banner. Uses in `#if` and in stringised arguments are not seen.",
});

/// Remembers where the compiler's own date macros were expanded.
class DateMacros final : public PPCallbacks {
public:
  DateMacros(std::map<SourceLocation, std::string> &expansions,
             const SourceManager &sources)
      : expansions_(expansions), sources_(sources) {}

  void MacroExpands(const Token &name, const MacroDefinition &definition,
                    SourceRange range, const MacroArgs *) override {
    const MacroInfo *macro = definition.getMacroInfo();
    const StringRef spelled = name.getIdentifierInfo()->getName();
    if (macro && macro->isBuiltinMacro() &&
        (spelled == "__DATE__" || spelled == "__TIME__" ||
         spelled == "__TIMESTAMP__"))
      expansions_.try_emplace(sources_.getExpansionLoc(range.getBegin()),
                              spelled.str());
  }

private:
  std::map<SourceLocation, std::string> &expansions_;
  const SourceManager &sources_;
};

class BuildTimestampCheck final : public Check {
public:
  BuildTimestampCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerPPCallbacks(const SourceManager &sources, Preprocessor *pp,
                           Preprocessor *expander) override {
    Check::registerPPCallbacks(sources, pp, expander);
    pp->addPPCallbacks(std::make_unique<DateMacros>(expansions_, sources));
  }

  void registerMatchers(MatchFinder *finder) override {
    finder->addMatcher(
        stringLiteral(unless(isExpansionInSystemHeader())).bind("text"), this);
  }

  void check(const MatchFinder::MatchResult &result) override;

private:
  void report(SourceLocation at, StringRef macro, const StringLiteral &text,
              ASTContext &context);

  std::map<SourceLocation, std::string> expansions_;
};

/// Text that is only kept or shown, never computed with or written to a file.
bool isBanner(const StringLiteral &text, ASTContext &context) {
  return llvm::all_of(arrivalsOf(text, context), [](const Arrival &arrival) {
    switch (arrival.destination.kind) {
    case Kind::Seeded:
    case Kind::Hashed:
    case Kind::Written:
    case Kind::Decision:
      return false;
    default:
      return true;
    }
  });
}

void BuildTimestampCheck::report(SourceLocation at, StringRef macro,
                                 const StringLiteral &text,
                                 ASTContext &context) {
  constexpr StringRef kMessage = "'%0' makes every build a different program";
  (isBanner(text, context) ? noteworthy(at, kMessage) : finding(at, kMessage))
      << macro;
  cure(at, "use a version or commit that the build system passes in");
}

void BuildTimestampCheck::check(const MatchFinder::MatchResult &result) {
  if (expansions_.empty())
    return;
  const auto *text = result.Nodes.getNodeAs<StringLiteral>("text");
  for (unsigned i = 0; i < text->getNumConcatenated(); ++i) {
    const auto expansion = expansions_.find(
        result.SourceManager->getExpansionLoc(text->getStrTokenLoc(i)));
    if (expansion == expansions_.end())
      continue;
    report(expansion->first, expansion->second, *text, *result.Context);
    // One finding for `__DATE__ " " __TIME__`, and one for all instantiations.
    for (unsigned k = i; k < text->getNumConcatenated(); ++k)
      expansions_.erase(
          result.SourceManager->getExpansionLoc(text->getStrTokenLoc(k)));
    return;
  }
}

}  // namespace

extern constinit const Rule BuildTimestamp =
    sourceRule<BuildTimestampCheck>(kInfo);

}  // namespace reproaudit::env
