// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"

#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"

using namespace clang;

namespace reproaudit::parallel {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-omp-misspelling",
    .family = Family::Parallel,
    .scope = Scope::Run,
    .summary = "Misspelt OpenMP pragma that compilers ignore",
    .since = "0.1.0",
    .why = R"md(
Compilers skip pragmas that they do not know. A misspelt `omp critical` leaves a
race, a misspelt `omp parallel for` a serial loop that the next person corrects,
and the numbers change with the spelling.)md",
    .bad = R"cpp(
void scale(float *values, int count) {
#pragma opm parallel for
  for (int i = 0; i < count; ++i)
    values[i] *= 2;
})cpp",
    .good = R"cpp(
void scale(float *values, int count) {
#pragma omp parallel for
  for (int i = 0; i < count; ++i)
    values[i] *= 2;
})cpp",
    .limits = "One or two wrong letters are recognised. Clauses are left to "
              "the compiler, which reports them.",
    .flags = "-Wno-unknown-pragmas",
});

class OmpMisspellingCheck final : public Check {
public:
  OmpMisspellingCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerPPCallbacks(const SourceManager &sources,
                           Preprocessor *preprocessor,
                           Preprocessor *expander) override;
  void judge(SourceLocation place, StringRef pragma);
};

constexpr StringRef kDirectives[] = {
    "parallel", "for",      "critical",      "atomic",   "single",
    "master",   "masked",   "simd",          "sections", "section",
    "barrier",  "ordered",  "task",          "target",   "teams",
    "declare",  "taskwait", "threadprivate", "flush",    "taskloop",
};

bool isDirective(StringRef word) {
  return llvm::is_contained(kDirectives, word);
}

/// The directive that \p word nearly is, or "".
StringRef nearestDirective(StringRef word) {
  for (StringRef directive : kDirectives)
    if (directive.size() > 3 && word.size() > 3 &&
        word.edit_distance(directive) <= (directive.size() > 5 ? 2U : 1U))
      return directive;
  return {};
}

class PragmaReader final : public PPCallbacks {
public:
  PragmaReader(OmpMisspellingCheck &check, const SourceManager &sources)
      : check_(check), sources_(sources) {}

  void PragmaDirective(SourceLocation place,
                       PragmaIntroducerKind introducer) override {
    if (introducer != PIK_HashPragma || sources_.isInSystemHeader(place))
      return;
    const StringRef text(sources_.getCharacterData(place));
    StringRef line = text.take_until([](char c) { return c == '\n'; });
    line.consume_front("#");
    line = line.ltrim();
    if (line.consume_front("pragma"))
      check_.judge(place, line.trim());
  }

private:
  OmpMisspellingCheck &check_;
  const SourceManager &sources_;
};

void OmpMisspellingCheck::registerPPCallbacks(const SourceManager &sources,
                                              Preprocessor *preprocessor,
                                              Preprocessor *expander) {
  Check::registerPPCallbacks(sources, preprocessor, expander);
  preprocessor->addPPCallbacks(std::make_unique<PragmaReader>(*this, sources));
}

void OmpMisspellingCheck::judge(SourceLocation place, StringRef pragma) {
  const auto isLetter = [](char c) { return c == '_' || llvm::isAlpha(c); };
  const StringRef space = pragma.take_while(isLetter);
  const StringRef directive =
      pragma.drop_front(space.size()).ltrim().take_while(isLetter);
  if (space == "omp") {
    const StringRef meant = nearestDirective(directive);
    if (meant.empty() || isDirective(directive) ||
        llvm::is_contained({"tasks", "teams"}, directive))
      return;
    finding(place, "'%0' is no OpenMP directive; compilers ignore the pragma")
        << directive;
    cure(place, "did you mean '%0'?") << meant;
  } else if (isDirective(directive) && space.size() <= 4 &&
             (space.edit_distance("omp") <= 1 || space == "opm" ||
              space == "mop")) {
    finding(place, "'%0' is no pragma of OpenMP; compilers ignore it") << space;
    cure(place, "did you mean 'omp'?");
  }
}

}  // namespace

extern constinit const Rule OmpMisspelling =
    sourceRule<OmpMisspellingCheck>(kInfo);

}  // namespace reproaudit::parallel
