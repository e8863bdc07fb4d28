// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/FieldUses.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::mem {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-forgotten-member",
    .family = Family::Mem,
    .scope = Scope::Run,
    .summary = "Initialising function that forgets one member of an object",
    .since = "0.1.0",
    .why = R"md(
Objects without constructors are set up by a function that assigns one member
after the other. A member that was added later and forgotten there starts with
what the allocator left; `+=` then carries that into every result.)md",
    .bad = R"cpp(
struct State {
  int pass;
  int steps;
  double loss;
  double weight;
  double totalWeight;
  double rate;
};

void initState(State &state) {
  state.pass = 0;
  state.steps = 0;
  state.loss = 0;
  state.weight = 1;
  state.rate = 0.5;
}

double addExample(State &state) {
  state.totalWeight += state.weight;
  return state.totalWeight;
})cpp",
    .good = R"cpp(
struct State {
  int pass;
  int steps;
  double loss;
  double weight;
  double totalWeight;
  double rate;
};

void initState(State &state) {
  state.pass = 0;
  state.steps = 0;
  state.loss = 0;
  state.weight = 1;
  state.totalWeight = 0;
  state.rate = 0.5;
}

double addExample(State &state) {
  state.totalWeight += state.weight;
  return state.totalWeight;
})cpp",
    .limits = "Only classes of the unit's own file are judged, because others "
              "may be completed elsewhere; at least five members must be set "
              "in one function whose name says that it initialises. A note if "
              "the object is zeroed by `T()` anyway.",
});

/// Fewer assignments than that are no attempt to set up the whole object.
constexpr unsigned kFewestSet = 5;

using Settings = llvm::DenseMap<const FieldDecl *, const BinaryOperator *>;

/// The function that sets most members of a class is the one that sets it up.
struct SetUp {
  const FunctionDecl *function = nullptr;
  Settings settings;
};

class AssignmentWalk final : public ConstDynamicRecursiveASTVisitor {
public:
  bool VisitBinaryOperator(const BinaryOperator *op) override {
    if (op->getOpcode() != BO_Assign)
      return true;
    const auto *member =
        dyn_cast<MemberExpr>(op->getLHS()->IgnoreParenImpCasts());
    const auto *field =
        member ? dyn_cast<FieldDecl>(member->getMemberDecl()) : nullptr;
    if (field)
      settings[field->getParent()].try_emplace(field, op);
    return true;
  }

  llvm::MapVector<const RecordDecl *, Settings> settings;
};

class ForgottenMemberCheck final : public Check {
public:
  ForgottenMemberCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override {
    finder->addMatcher(translationUnitDecl().bind("unit"), this);
  }

  void check(const MatchFinder::MatchResult &result) override;

private:
  void judge(const RecordDecl &record, const SetUp &setUp,
             const FieldUses &uses);
  void report(const FunctionDecl &function, const FieldDecl &field,
              const BinaryOperator &neighbour, const Expr &read, bool isSure);
};

void ForgottenMemberCheck::report(const FunctionDecl &function,
                                  const FieldDecl &field,
                                  const BinaryOperator &neighbour,
                                  const Expr &read, bool isSure) {
  constexpr StringRef kMessage =
      "%0 sets the members of %1 but forgets %2, which nothing sets";
  (isSure ? finding(neighbour.getBeginLoc(), kMessage)
          : noteworthy(neighbour.getBeginLoc(), kMessage))
      << &function << field.getParent() << &field;
  step(read.getExprLoc(), "%0 is read here") << &field;
  cure(field.getLocation(), "set %0 as well, or initialise it where it is "
                            "declared")
      << &field;
}

void ForgottenMemberCheck::judge(const RecordDecl &record, const SetUp &setUp,
                                 const FieldUses &uses) {
  const ASTContext &context = record.getASTContext();
  const bool isWhole = !context.getDiagnostics().hasErrorOccurred();
  const BinaryOperator *neighbour = nullptr;
  for (const FieldDecl *field : record.fields()) {
    if (const auto set = setUp.settings.find(field);
        set != setUp.settings.end()) {
      neighbour = set->second;
      continue;
    }
    const FieldUses::Uses &use = uses.of(*field);
    if (!neighbour || !needsInitialiser(*field) || !use.firstRead ||
        !use.writers.empty() || use.escapes ||
        uses.isWrittenByName(field->getName()))
      continue;
    if (isWhole || !isMentionedIn(setUp.function->getSourceRange(),
                                  field->getName(), context))
      report(*setUp.function, *field, *neighbour, *use.firstRead,
             isWhole && !uses.isValueInitialised(record));
  }
}

void ForgottenMemberCheck::check(const MatchFinder::MatchResult &result) {
  static constexpr llvm::StringLiteral kInitialisers[] = {
      "init",  "initialize", "initialise", "setup",    "reset",
      "clear", "create",     "default",    "defaults", "new"};
  const FieldUses &uses = FieldUses::in(*result.Context);
  llvm::MapVector<const RecordDecl *, SetUp> setUps;
  for (const FunctionDecl *function : uses.functions()) {
    if (isa<CXXConstructorDecl>(function) || !function->getIdentifier() ||
        !hasWord(function->getName(), kInitialisers))
      continue;
    AssignmentWalk walk;
    walk.TraverseStmt(function->getBody());
    for (auto &[record, settings] : walk.settings)
      if (settings.size() > setUps[record].settings.size())
        setUps[record] = {function, std::move(settings)};
  }
  for (const auto &[record, setUp] : setUps)
    if (setUp.settings.size() >= kFewestSet &&
        !uses.isFilledAsAWhole(*record) && isInMainFile(*record))
      judge(*record, setUp, uses);
}

}  // namespace

extern constinit const Rule ForgottenMember =
    sourceRule<ForgottenMemberCheck>(kInfo);

}  // namespace reproaudit::mem
