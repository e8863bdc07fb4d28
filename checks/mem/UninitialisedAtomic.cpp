// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/FieldUses.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::mem {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-uninitialised-atomic",
    .family = Family::Mem,
    .scope = Scope::Run,
    .summary = "Atomic that has no value before C++20",
    .since = "0.1.0",
    .why = R"md(
Until C++20 the default constructor of `std::atomic` sets nothing. A counter or
sum starts from what the memory held before, and the learning-rate schedule, the
progress or the loss that follows from it differs between runs.)md",
    .bad = R"cpp(
#include <atomic>

class Progress {
public:
  Progress() {}
  void add(long n) { tokens_ += n; }

private:
  std::atomic<long> tokens_;
};)cpp",
    .good = R"cpp(
#include <atomic>

class Progress {
public:
  Progress() : tokens_(0) {}
  void add(long n) { tokens_ += n; }

private:
  std::atomic<long> tokens_;
};)cpp",
    .limits = "A note where another method sets the value first, perhaps, or "
              "where a header is judged without its constructors.",
    .flags = "-std=c++17",
});

bool isNumberAtomic(QualType type) {
  const auto *record = type.getCanonicalType()->getAsCXXRecordDecl();
  return record != nullptr && record->getIdentifier() != nullptr &&
         record->getName() == "atomic" && record->isInStdNamespace();
}

enum class Verdict : std::uint8_t { Set, Left, Unknown };

/// What the constructors of \p record that the unit shows do to \p field.
Verdict verdictOnConstructors(const CXXRecordDecl &record,
                              const FieldDecl &field) {
  Verdict verdict =
      record.hasUserDeclaredConstructor() ? Verdict::Set : Verdict::Unknown;
  for (const CXXConstructorDecl *constructor : record.ctors()) {
    if (!constructor->isUserProvided() ||
        constructor->isCopyOrMoveConstructor())
      continue;
    const FunctionDecl *definition = nullptr;
    if (!constructor->hasBody(definition))
      return Verdict::Unknown;
    const Initialisation done =
        initialisationBy(*cast<CXXConstructorDecl>(definition));
    if (done.isKnown && !done.set.contains(&field))
      verdict = Verdict::Left;
  }
  return verdict;
}

class UninitialisedAtomicCheck final : public Check {
public:
  UninitialisedAtomicCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  bool isLanguageVersionSupported(const LangOptions &options) const override {
    return options.CPlusPlus && !options.CPlusPlus20;
  }

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;

private:
  void judgeMember(const FieldDecl &field, ASTContext &context);
  void judgeLocal(const VarDecl &variable, ASTContext &context);
  void report(const ValueDecl &atomic, bool isSure);

  llvm::DenseSet<SourceLocation> reported_;
};

void UninitialisedAtomicCheck::registerMatchers(MatchFinder *finder) {
  const auto atomic = hasType(hasCanonicalType(
      hasDeclaration(namedDecl(hasName("atomic"), isInStdNamespace()))));
  finder->addMatcher(
      fieldDecl(atomic, unless(isExpansionInSystemHeader())).bind("member"),
      this);
  finder->addMatcher(varDecl(atomic, hasLocalStorage(), unless(parmVarDecl()),
                             unless(isExpansionInSystemHeader()))
                         .bind("local"),
                     this);
}

void UninitialisedAtomicCheck::report(const ValueDecl &atomic, bool isSure) {
  if (!reported_.insert(atomic.getLocation()).second)
    return;
  constexpr StringRef kMessage =
      "atomic %0 is not initialised, and before C++20 holds any value";
  const SourceLocation name = atomic.getLocation();
  (isSure ? finding(name, kMessage) : noteworthy(name, kMessage))
      << &atomic << initialiserFor(atomic);
  cure(name, "write %0{} here") << &atomic;
}

/// A unit that only includes: the header is judged for itself. Elsewhere the
/// unit that has the constructor decides.
bool isHeaderCheck(const ASTContext &context) {
  return llvm::none_of(context.getTranslationUnitDecl()->decls(),
                       [&](const Decl *decl) { return isInMainFile(*decl); });
}

void UninitialisedAtomicCheck::judgeMember(const FieldDecl &field,
                                           ASTContext &context) {
  const auto *record = dyn_cast<CXXRecordDecl>(field.getParent());
  if (!record || field.hasInClassInitializer() || record->isUnion() ||
      record->getDescribedClassTemplate() || !isNumberAtomic(field.getType()))
    return;
  const FieldUses &uses = FieldUses::in(context);
  switch (verdictOnConstructors(*record, field)) {
  case Verdict::Set:
    break;
  case Verdict::Left:
    report(field, uses.of(field).writers.empty());
    break;
  case Verdict::Unknown:
    if (record->hasUserDeclaredConstructor()
            ? isHeaderCheck(context)
            : uses.of(field).writers.empty() && uses.of(field).firstRead &&
                  allWritersAreVisible(field))
      report(field, false);
  }
}

/// The first thing that happens to a local must be a store.
void UninitialisedAtomicCheck::judgeLocal(const VarDecl &variable,
                                          ASTContext &context) {
  const auto *construction =
      dyn_cast_or_null<CXXConstructExpr>(variable.getInit());
  if (!construction || construction->getNumArgs() > 0 ||
      construction->isListInitialization() ||
      construction->requiresZeroInitialization())
    return;
  const auto mentions = mentionsOf(variable);
  if (mentions.empty())
    return;
  const auto parents = context.getParents(*mentions.front());
  const Expr *parent = parents.empty() ? nullptr : parents[0].get<Expr>();
  while (parent && isa<ImplicitCastExpr>(parent)) {
    const auto above = context.getParents(*parent);
    parent = above.empty() ? nullptr : above[0].get<Expr>();
  }
  const auto *op = dyn_cast_or_null<CXXOperatorCallExpr>(parent);
  if (op &&
      (op->getOperator() == OO_PlusEqual ||
       op->getOperator() == OO_MinusEqual || op->getOperator() == OO_PlusPlus))
    report(variable, true);
}

void UninitialisedAtomicCheck::check(const MatchFinder::MatchResult &result) {
  if (const auto *field = result.Nodes.getNodeAs<FieldDecl>("member"))
    judgeMember(*field, *result.Context);
  else
    judgeLocal(*result.Nodes.getNodeAs<VarDecl>("local"), *result.Context);
}

}  // namespace

extern constinit const Rule UninitialisedAtomic =
    sourceRule<UninitialisedAtomicCheck>(kInfo);

}  // namespace reproaudit::mem
