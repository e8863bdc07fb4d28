// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/ExprCXX.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/ASTMatchers/ASTMatchers.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using namespace clang::ast_matchers;

namespace reproaudit::fp {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-fp-environment",
    .family = Family::Fp,
    .scope = Scope::Platform,
    .summary = "Floating-point mode of a thread is changed",
    .since = "0.1.0",
    .why = R"md(
Rounding mode and flush-to-zero belong to the thread that sets them. Code that
runs later, in a library, or on a thread that was started before computes with
another mode, so the result depends on which thread did the work, and on whether
the processor has the mode at all.)md",
    .bad = R"cpp(
#include <xmmintrin.h>

void prepareThread() { _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON); })cpp",
    .good = R"cpp(
#include <cfenv>

double roundedUp(double a, double b) {
  const int before = std::fegetround();
  std::fesetround(FE_UPWARD);
  const double sum = a + b;
  std::fesetround(before);
  return sum;
})cpp",
    .limits =
        "A mode that the same function sets back, and a guard object whose "
        "destructor does, are taken to be deliberate. The number of "
        "threads of a BLAS is a note: it changes how sums are split.",
});

enum class Setter : std::uint8_t {
  None,
  Rounding,
  Denormals,
  Control,
  Threads
};

StringRef identifierOf(const NamedDecl *decl) {
  return decl && decl->getIdentifier() ? decl->getName() : StringRef();
}

Setter setterOf(const FunctionDecl &function) {
  return llvm::StringSwitch<Setter>(identifierOf(&function))
      .Cases({"fesetround", "_controlfp_round"}, Setter::Rounding)
      .Cases({"_mm_setcsr", "__builtin_ia32_ldmxcsr", "setFlushDenormal",
              "set_flush_denormal", "SetFlushDenormal", "port_set_ftz"},
             Setter::Denormals)
      .Cases({"_controlfp", "_controlfp_s", "_control87", "__control87_2",
              "fesetenv", "vmlSetMode"},
             Setter::Control)
      .Cases({"openblas_set_num_threads", "mkl_set_num_threads",
              "MKL_Set_Num_Threads", "goto_set_num_threads",
              "bli_thread_set_num_threads"},
             Setter::Threads)
      .Default(Setter::None);
}

/// The text of \p expr as the user wrote it, macro names included.
StringRef spelled(const Expr &expr, const ASTContext &context) {
  const SourceManager &sources = context.getSourceManager();
  return Lexer::getSourceText(sources.getExpansionRange(expr.getSourceRange()),
                              sources, context.getLangOpts());
}

/// Does the call put the mode back to the default, or to what it was?
bool restores(const CallExpr &call, const ASTContext &context) {
  if (call.getNumArgs() == 0)
    return true;
  const StringRef text = spelled(*call.getArg(0), context);
  if (text.contains("TONEAREST") || text.contains("FE_DFL_ENV") ||
      text.contains("_OFF") || text == "false" || text == "0")
    return true;
  // A plain variable holds what was there before.
  return isa<DeclRefExpr, MemberExpr>(call.getArg(0)->IgnoreParenImpCasts()) &&
         !text.contains("FE_");
}

/// Looks for the call that puts a mode back.
class RestoreWalk final : public ConstDynamicRecursiveASTVisitor {
public:
  RestoreWalk(const CallExpr &set, const ASTContext &context)
      : set_(set), context_(context) {}

  bool VisitCallExpr(const CallExpr *call) override {
    found |= call != &set_ && call->getDirectCallee() != nullptr &&
             setterOf(*call->getDirectCallee()) != Setter::None &&
             restores(*call, context_) &&
             call->getBeginLoc() > set_.getBeginLoc();
    return true;
  }

  bool found = false;

private:
  const CallExpr &set_;
  const ASTContext &context_;
};

bool isSetBack(const CallExpr &call, ASTContext &context) {
  const FunctionDecl *function = functionAround(call, context);
  if (!function)
    return false;
  if (const auto *method = dyn_cast<CXXMethodDecl>(function))
    if (const CXXDestructorDecl *guard = method->getParent()->getDestructor();
        guard && guard->isUserProvided())
      return true;
  RestoreWalk walk(call, context);
  walk.TraverseStmt(function->getBody());
  return walk.found;
}

class FpEnvironmentCheck final : public Check {
public:
  FpEnvironmentCheck(StringRef name, tidy::ClangTidyContext *context)
      : Check(kInfo, name, context) {}

  void registerMatchers(MatchFinder *finder) override {
    finder->addMatcher(callExpr(unless(isExpansionInSystemHeader()),
                                callee(functionDecl().bind("setter")))
                           .bind("call"),
                       this);
  }

  void check(const MatchFinder::MatchResult &result) override;

private:
  llvm::DenseSet<SourceLocation> reported_;
};

void FpEnvironmentCheck::check(const MatchFinder::MatchResult &result) {
  const auto *call = result.Nodes.getNodeAs<CallExpr>("call");
  const auto *function = result.Nodes.getNodeAs<FunctionDecl>("setter");
  const Setter setter = setterOf(*function);
  if (setter == Setter::None || restores(*call, *result.Context) ||
      (setter != Setter::Threads && isSetBack(*call, *result.Context)))
    return;
  const SourceLocation at =
      result.SourceManager->getExpansionLoc(call->getBeginLoc());
  if (!reported_.insert(at).second)
    return;
  if (setter == Setter::Threads) {
    noteworthy(at, "%0 changes how sums are split, and so their last bits")
        << function;
    cure(at, "fix the number of threads for a run that must repeat, and record "
             "it");
    return;
  }
  finding(at, "%select{rounding mode|treatment of denormals|floating-point "
              "mode}0 is changed for this thread only, and never set back")
      << static_cast<int>(setter) - 1;
  cure(at, "set it back after use, or set it in every thread before any work "
           "and record it");
}

}  // namespace

extern constinit const Rule FpEnvironment =
    sourceRule<FpEnvironmentCheck>(kInfo);

}  // namespace reproaudit::fp
