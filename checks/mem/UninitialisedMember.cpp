// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/FieldUses.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::mem {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-uninitialised-member",
    .family = Family::Mem,
    .scope = Scope::Run,
    .summary = "Constructor that leaves a member without a value",
    .since = "0.1.0",
    .why = R"md(
A number, flag or pointer that no constructor sets holds whatever was in that
memory before. The program works, and gives another learning rate, another
branch or another iteration count on the next run, machine or allocator.

Three shapes are reported: a constructor that takes a parameter for a member
and drops it; a member that is read although nothing in the unit ever gives it
a value; and, as a note, the one member that a constructor of many leaves
out.)md",
    .bad = R"cpp(
class Trainer {
public:
  Trainer() : steps_(100), rate_(0.1f) {}
  int plannedSteps() const { return warmup_ + steps_; }

private:
  int steps_;
  int warmup_;
  float rate_;
};)cpp",
    .good = R"cpp(
class Trainer {
public:
  Trainer() : steps_(100), rate_(0.1f) {}
  int plannedSteps() const { return warmup_ + steps_; }

private:
  int steps_;
  int warmup_ = 0;
  float rate_;
};)cpp",
    .limits = "Members that another method of the unit sets are taken to be "
              "set in time. A constructor that hands out `this`, or calls a "
              "method defined elsewhere, is trusted.",
});

/// `min_iter_`, `m_min_iter` and `minIter` are one name.
std::string bareName(StringRef name) {
  if (!name.consume_front("m_"))
    name.consume_front("_");
  name = name.trim('_');
  std::string bare;
  for (const char c : name)
    if (c != '_')
      bare += llvm::toLower(c);
  return bare;
}

const ParmVarDecl *droppedParameter(const CXXConstructorDecl &constructor,
                                    const FieldDecl &field) {
  for (const ParmVarDecl *parameter : constructor.parameters())
    if (!parameter->getName().empty() && !parameter->isReferenced() &&
        !parameter->isUsed() && !parameter->hasAttr<UnusedAttr>() &&
        bareName(parameter->getName()) == bareName(field.getName()))
      return parameter;
  return nullptr;
}

/// False if errors have cost the unit parts of its tree.
bool isWhole(const Decl &decl) {
  return !decl.getASTContext().getDiagnostics().hasErrorOccurred();
}

struct Sorted {
  unsigned set = 0;  ///< Members that have a value after construction.
  llvm::SmallVector<const FieldDecl *, 4> left;
};

Sorted sorted(const CXXConstructorDecl &constructor,
              const Initialisation &initialisation) {
  Sorted result;
  for (const FieldDecl *field : constructor.getParent()->fields()) {
    if (field->hasInClassInitializer() || initialisation.set.contains(field))
      ++result.set;
    else if (needsInitialiser(*field) &&
             (isWhole(constructor) ||
              !isMentionedIn(constructor.getSourceRange(), field->getName(),
                             constructor.getASTContext())))
      result.left.push_back(field);
  }
  return result;
}

/// Was the member overlooked? Likely if the constructor sets nearly all others,
/// or if another constructor thinks of it. An empty constructor means it.
bool isForgotten(std::size_t set, std::size_t left, const FieldUses::Uses &use,
                 bool onlyConstructorsSetIt) {
  if (use.writers.empty())
    return set >= 3 && left <= 2 && left * 2 <= set;
  if (onlyConstructorsSetIt)
    return set >= 1 && left <= 2;
  return set >= 5 && left == 1 && use.firstRead != nullptr;
}

/// True if the function that reads the member gives it a value too.
bool isSetWhereItIsRead(const FieldUses::Uses &use, ASTContext &context) {
  return use.firstRead != nullptr &&
         llvm::is_contained(use.writers,
                            functionAround(*use.firstRead, context));
}

class UninitialisedMemberCheck final : public Check {
public:
  UninitialisedMemberCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override {
    finder->addMatcher(translationUnitDecl().bind("unit"), this);
  }

  void check(const MatchFinder::MatchResult &result) override;

private:
  void judge(const CXXConstructorDecl &constructor, const FieldUses &uses);
  void report(const CXXConstructorDecl &constructor, const FieldDecl &field,
              const Initialisation &initialisation, const Expr *read,
              bool isSure);
  void reportDropped(const CXXConstructorDecl &constructor,
                     const ParmVarDecl &parameter, const FieldDecl &field);
  FixItHint initialiser(const FieldDecl &field) const;
};

FixItHint UninitialisedMemberCheck::initialiser(const FieldDecl &field) const {
  // After the name, unless an array bound or a bit width follows it.
  return field.isBitField() || field.getBeginLoc().isMacroID()
             ? FixItHint()
             : initialiserFor(field);
}

void UninitialisedMemberCheck::reportDropped(
    const CXXConstructorDecl &constructor, const ParmVarDecl &parameter,
    const FieldDecl &field) {
  finding(parameter.getLocation(),
          "constructor of %0 drops its parameter %1, and %2 stays "
          "uninitialised")
      << constructor.getParent() << &parameter << &field;
  cure(field.getLocation(), "initialise %0 with %1") << &field << &parameter;
}

/// The place of the neighbour is where the missing initialiser belongs.
void UninitialisedMemberCheck::report(const CXXConstructorDecl &constructor,
                                      const FieldDecl &field,
                                      const Initialisation &initialisation,
                                      const Expr *read, bool isSure) {
  SourceLocation at = constructor.getLocation();
  for (const FieldDecl *neighbour : constructor.getParent()->fields()) {
    if (neighbour == &field)
      break;
    if (const auto set = initialisation.set.find(neighbour);
        set != initialisation.set.end() && set->second.isFileID())
      at = set->second;
  }
  {
    const DiagnosticBuilder diagnostic =
        isSure ? finding(at, "constructor of %0 leaves %1 uninitialised")
               : noteworthy(at, "constructor of %0 leaves %1 uninitialised");
    diagnostic << constructor.getParent() << &field << initialiser(field);
  }
  if (read)
    step(read->getExprLoc(), "%0 is read here") << &field;
  cure(field.getLocation(), "give %0 an initialiser where it is declared")
      << &field;
}

void UninitialisedMemberCheck::judge(const CXXConstructorDecl &constructor,
                                     const FieldUses &uses) {
  if (constructor.isDelegatingConstructor())
    return;  // The one that it calls is judged.
  const CXXRecordDecl &record = *constructor.getParent();
  const Initialisation initialisation = initialisationBy(constructor);
  const auto [set, left] = sorted(constructor, initialisation);
  for (const FieldDecl *field : left) {
    if (const ParmVarDecl *parameter = droppedParameter(constructor, *field)) {
      reportDropped(constructor, *parameter, *field);
      continue;
    }
    const FieldUses::Uses &use = uses.of(*field);
    if (!initialisation.isKnown || use.escapes ||
        uses.isWrittenByName(field->getName()) || uses.isFilledAsAWhole(record))
      continue;
    const auto isConstructor = [](const FunctionDecl *writer) {
      return writer && isa<CXXConstructorDecl>(writer);
    };
    const bool onlyConstructorsSetIt = llvm::all_of(use.writers, isConstructor);
    const bool isCopy = constructor.isCopyOrMoveConstructor();
    const bool nothingSetsIt =
        use.writers.empty() || (isCopy && set >= 2 && onlyConstructorsSetIt);
    if (nothingSetsIt && use.firstRead && isWhole(record) &&
        allWritersAreVisible(*field))
      report(constructor, *field, initialisation, use.firstRead, true);
    else if (isForgotten(set, left.size(), use, onlyConstructorsSetIt) &&
             !isSetWhereItIsRead(use, constructor.getASTContext()))
      report(constructor, *field, initialisation, use.firstRead, false);
  }
}

void UninitialisedMemberCheck::check(const MatchFinder::MatchResult &result) {
  const FieldUses &uses = FieldUses::in(*result.Context);
  for (const FunctionDecl *function : uses.functions())
    if (const auto *constructor = dyn_cast<CXXConstructorDecl>(function);
        constructor && constructor->isUserProvided() &&
        !constructor->isTemplateInstantiation())
      judge(*constructor, uses);
}

}  // namespace

extern constinit const Rule UninitialisedMember =
    sourceRule<UninitialisedMemberCheck>(kInfo);

}  // namespace reproaudit::mem
