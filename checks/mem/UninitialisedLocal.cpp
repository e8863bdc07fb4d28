// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/FieldUses.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/AST/StmtCXX.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Analysis/Analyses/UninitializedValues.h"
#include "clang/Analysis/AnalysisDeclContext.h"
#include "clang/Analysis/CFG.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/MapVector.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::mem {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-uninitialised-local",
    .family = Family::Mem,
    .scope = Scope::Run,
    .summary = "Local variable that is read before it has a value",
    .since = "0.1.0",
    .why = R"md(
A local variable without a value holds what the stack held: another number with
another optimisation level, another caller or another run. Used as an
accumulator, flag or index it makes the result a matter of chance.)md",
    .bad = R"cpp(
float sumOf(const float *values, int count) {
  float total;
  for (int i = 0; i < count; ++i)
    total += values[i];
  return total;
})cpp",
    .good = R"cpp(
float sumOf(const float *values, int count) {
  float total = 0;
  for (int i = 0; i < count; ++i)
    total += values[i];
  return total;
})cpp",
    .limits = "Numbers, flags and pointers only; arrays and members of local "
              "objects are not followed. A variable that is left without a "
              "value only when a loop does not run is not reported.",
});

/// Keeps the uses that the compiler's analysis is sure of: always without a
/// value, or whenever a certain branch was taken.
class SureUses final : public UninitVariablesHandler {
public:
  struct Found {
    const VarDecl *variable;
    const Expr *use;
    const Stmt *branch;  ///< The condition without which there is no value.
  };

  void handleUseOfUninitVariable(const VarDecl *variable,
                                 const UninitUse &use) override {
    switch (use.getKind()) {
    case UninitUse::Always:
    case UninitUse::AfterDecl:
      found.push_back({variable, use.getUser(), nullptr});
      break;
    case UninitUse::Sometimes:
      for (auto branch = use.branch_begin(); branch != use.branch_end();
           ++branch)
        if (isa<IfStmt, ConditionalOperator>(branch->Terminator)) {
          found.push_back({variable, use.getUser(), branch->Terminator});
          break;
        }
      break;
    case UninitUse::Maybe:
      possible.push_back({variable, use.getUser(), nullptr});
      break;
    case UninitUse::AfterCall:
      break;
    }
  }

  llvm::SmallVector<Found, 2> found;
  /// Uses that have a value on some ways to them.
  llvm::SmallVector<Found, 2> possible;
};

/// True if nothing mentions \p variable before \p use in the text.
bool isFirstMention(const VarDecl &variable, const Expr &use,
                    const FunctionDecl &function) {
  const SourceManager &sources = function.getASTContext().getSourceManager();
  return !anyStmt(function.getBody(), [&](const Stmt &stmt) {
    const auto *mention = dyn_cast<DeclRefExpr>(&stmt);
    return mention && mention->getDecl() == &variable &&
           sources.isBeforeInTranslationUnit(mention->getLocation(),
                                             use.getExprLoc());
  });
}

/// True if \p child runs whenever \p parent does.
bool isUnconditional(const Stmt &parent, const Stmt &child) {
  if (const auto *branch = dyn_cast<IfStmt>(&parent))
    return branch->getCond() == &child;
  if (const auto *choice = dyn_cast<AbstractConditionalOperator>(&parent))
    return choice->getCond() == &child;
  if (const auto *op = dyn_cast<BinaryOperator>(&parent);
      op && op->isLogicalOp())
    return op->getLHS() == &child;
  return !isa<SwitchStmt, CXXTryStmt, LambdaExpr>(parent);
}

bool isLoop(const Stmt &stmt) {
  return isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(stmt);
}

/// True if the first round of one loop comes to \p use, before any round has
/// given \p variable a value: `if (d < best) best = d;`.
bool isReadInFirstRound(const VarDecl &variable, const Expr &use,
                        const FunctionDecl &function) {
  ASTContext &context = function.getASTContext();
  unsigned loops = 0;
  const Stmt *child = &use;
  for (;;) {
    const DynTypedNodeList parents = context.getParents(*child);
    const Stmt *parent = parents.empty() ? nullptr : parents[0].get<Stmt>();
    if (const auto *inner =
            parents.empty() ? nullptr : parents[0].get<VarDecl>()) {
      const DynTypedNodeList around = context.getParents(*inner);
      parent = around.empty() ? nullptr : around[0].get<Stmt>();
    }
    if (!parent || !isUnconditional(*parent, *child))
      return false;
    const auto *block = dyn_cast<CompoundStmt>(parent);
    if (block != nullptr && llvm::any_of(block->body(), [&](const Stmt *stmt) {
          const auto *declared = dyn_cast<DeclStmt>(stmt);
          return declared && llvm::is_contained(declared->decls(), &variable);
        }))
      break;
    loops += isLoop(*parent) ? 1 : 0;
    child = parent;
  }
  return loops == 1 && isFirstMention(variable, use, function);
}

class UninitialisedLocalCheck final : public Check {
public:
  UninitialisedLocalCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override;
  void check(const MatchFinder::MatchResult &result) override;

private:
  void report(const SureUses::Found &found);

  llvm::DenseSet<const Decl *> judged_;
};

void UninitialisedLocalCheck::registerMatchers(MatchFinder *finder) {
  const auto scalar = hasType(
      hasCanonicalType(anyOf(builtinType(), enumType(), pointerType())));
  finder->addMatcher(varDecl(scalar, hasLocalStorage(), unless(parmVarDecl()),
                             unless(hasInitializer(anything())),
                             unless(isExpansionInSystemHeader()),
                             unless(hasAncestor(cxxForRangeStmt())),
                             hasDeclContext(functionDecl().bind("function"))),
                     this);
}

void UninitialisedLocalCheck::report(const SureUses::Found &found) {
  const SourceLocation at = found.use->getExprLoc();
  finding(at, found.branch ? "%0 may be read here before it has a value"
                           : "%0 is read here before it has a value")
      << found.variable << found.use->getSourceRange()
      << initialiserFor(*found.variable);
  if (found.branch)
    step(found.branch->getBeginLoc(),
         "this condition decides whether %0 gets a value")
        << found.variable;
  cure(found.variable->getLocation(), "initialise %0 where it is declared")
      << found.variable;
}

void UninitialisedLocalCheck::check(const MatchFinder::MatchResult &result) {
  const auto *function = result.Nodes.getNodeAs<FunctionDecl>("function");
  // After an error the tree lacks statements, perhaps the one that sets it.
  if (!judged_.insert(function).second || function->isDependentContext() ||
      !function->hasBody() ||
      result.Context->getDiagnostics().hasErrorOccurred())
    return;
  AnalysisDeclContext analysis(nullptr, function);
  CFG::BuildOptions &options = analysis.getCFGBuildOptions();
  options.PruneTriviallyFalseEdges = true;
  options.AddEHEdges = false;
  options.AddImplicitDtors = true;
  options.setAllAlwaysAdd();
  const CFG *cfg = analysis.getCFG();
  if (!cfg)
    return;
  SureUses uses;
  UninitVariablesAnalysisStats stats{};
  runUninitializedVariablesAnalysis(*function, *cfg, analysis, uses, stats);
  for (const SureUses::Found &use : uses.possible)
    if (isReadInFirstRound(*use.variable, *use.use, *function))
      uses.found.push_back(use);
  // One finding for each variable: its first use in the text.
  const auto placeOf = [&](const SureUses::Found &found) {
    return result.SourceManager->getExpansionLoc(found.use->getExprLoc());
  };
  llvm::MapVector<const VarDecl *, const SureUses::Found *> first;
  for (const SureUses::Found &found : uses.found) {
    const SureUses::Found *&known = first[found.variable];
    if (known == nullptr || placeOf(found) < placeOf(*known))
      known = &found;
  }
  for (const auto &[variable, found] : first)
    report(*found);
}

}  // namespace

extern constinit const Rule UninitialisedLocal =
    sourceRule<UninitialisedLocalCheck>(kInfo);

}  // namespace reproaudit::mem
