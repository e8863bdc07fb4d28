// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomCheck.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/FoldingSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit::rng {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-unsequenced-draws",
    .family = Family::Rng,
    .scope = Scope::Platform,
    .summary = "Several draws whose order the language leaves open",
    .since = "0.1.0",
    .why = R"md(
Arguments of a call and operands of arithmetic are evaluated in an order that
the compiler chooses: GCC and Clang hand the same random numbers to different
parameters. Statements, braces, `&&`, `||`, `?:`, and since C++17 `<<`, `=` and
`[]`, have an order.)md",
    .bad = R"cpp(
#include <random>
void plot(float x, float y);
void anywhere(std::mt19937 &engine) {
  std::uniform_real_distribution<float> unit;
  plot(unit(engine), unit(engine));
})cpp",
    .good = R"cpp(
#include <random>
void plot(float x, float y);
void anywhere(std::mt19937 &engine) {
  std::uniform_real_distribution<float> unit;
  const float x = unit(engine);
  plot(x, unit(engine));
})cpp",
    .limits = "Operands that may be swapped without a change, such as those of "
              "`a(g) + a(g)`, are not reported.",
});

/// One generator of one object: `left.draw()` and `right.draw()` differ.
struct Source {
  Generator generator;
  const ValueDecl *object = nullptr;
  bool operator==(const Source &) const = default;
};
using Sources = llvm::SmallVector<Source, 2>;

class Conflicts {
public:
  Conflicts(const RandomUse &use, const ASTContext &context)
      : use_(use), context_(context) {
    for (const Drawing &drawing : use.drawings())
      drawings_[drawing.at] = &drawing;
  }

  struct Conflict {
    const Expr *at;
    Source source;
  };
  std::vector<Conflict> in(const Stmt *body) {
    found_.clear();
    visit(body);
    return std::move(found_);
  }
  const Sources &drawnBy(const FunctionDecl *function);

private:
  Sources visit(const Stmt *stmt);
  Sources ownDraws(const Expr *expr);
  bool leavesOpen(const Expr *expr) const;
  bool commutes(const Expr *expr) const;
  bool same(const Expr *a, const Expr *b) const;
  void leaves(const Expr *expr, BinaryOperatorKind kind,
              llvm::SmallVectorImpl<const Expr *> &to) const;

  const RandomUse &use_;
  const ASTContext &context_;
  llvm::DenseMap<const Expr *, const Drawing *> drawings_;
  llvm::DenseMap<const FunctionDecl *, Sources> summaries_;
  std::vector<Conflict> found_;
};

const Sources &Conflicts::drawnBy(const FunctionDecl *function) {
  const auto [entry, fresh] = summaries_.try_emplace(function);
  if (fresh)
    for (const Generator &generator : use_.drawnBy(function))
      entry->second.push_back({generator});
  return entry->second;
}

Sources Conflicts::ownDraws(const Expr *expr) {
  if (const auto found = drawings_.find(expr); found != drawings_.end()) {
    const Drawing &drawing = *found->second;
    if (!drawing.generator.known())
      return {};
    const auto *member =
        drawing.object
            ? dyn_cast<MemberExpr>(drawing.object->IgnoreParenImpCasts())
            : nullptr;
    if (drawing.object != nullptr && member == nullptr &&
        !isa<DeclRefExpr>(drawing.object->IgnoreParenImpCasts()))
      return {};
    return {{drawing.generator, member ? rootOf(member->getBase()) : nullptr}};
  }
  const auto *call = dyn_cast<CallExpr>(expr);
  const FunctionDecl *callee =
      call ? definitionOf(call->getDirectCallee()) : nullptr;
  if (!callee)
    return {};
  Sources sources = drawnBy(callee);
  const auto *method = dyn_cast<CXXMemberCallExpr>(call);
  for (Source &source : sources)
    if (method && isa_and_nonnull<FieldDecl>(source.generator.engine))
      source.object = rootOf(method->getImplicitObjectArgument());
  return sources;
}

/// True if the language does not order the operands of \p expr.
bool Conflicts::leavesOpen(const Expr *expr) const {
  const bool modern = context_.getLangOpts().CPlusPlus17;
  if (const auto *op = dyn_cast<BinaryOperator>(expr))
    return !op->isLogicalOp() && !op->isCommaOp() &&
           !(modern && (op->isAssignmentOp() || op->isShiftOp()));
  if (const auto *call = dyn_cast<CXXOperatorCallExpr>(expr)) {
    const OverloadedOperatorKind kind = call->getOperator();
    const bool ordered = kind == OO_LessLess || kind == OO_GreaterGreater ||
                         kind == OO_Subscript || kind == OO_AmpAmp ||
                         kind == OO_PipePipe || kind == OO_Comma ||
                         call->isAssignmentOp();
    return !(modern && ordered);
  }
  if (const auto *made = dyn_cast<CXXConstructExpr>(expr))
    return !made->isListInitialization();
  return isa<CallExpr>(expr) || (!modern && isa<ArraySubscriptExpr>(expr));
}

bool Conflicts::same(const Expr *a, const Expr *b) const {
  llvm::FoldingSetNodeID idOfA, idOfB;
  a->IgnoreParenImpCasts()->Profile(idOfA, context_, /*Canonical=*/true);
  b->IgnoreParenImpCasts()->Profile(idOfB, context_, /*Canonical=*/true);
  return idOfA == idOfB;
}

void Conflicts::leaves(const Expr *expr, BinaryOperatorKind kind,
                       llvm::SmallVectorImpl<const Expr *> &to) const {
  const auto *op = dyn_cast<BinaryOperator>(expr->IgnoreParenImpCasts());
  if (!op || op->getOpcode() != kind)
    return to.push_back(expr);
  leaves(op->getLHS(), kind, to);
  leaves(op->getRHS(), kind, to);
}

/// True if the operands of \p expr can trade places without a change.
bool Conflicts::commutes(const Expr *expr) const {
  llvm::SmallVector<const Expr *, 4> operands;
  if (const auto *op = dyn_cast<BinaryOperator>(expr)) {
    const BinaryOperatorKind kind = op->getOpcode();
    if (kind != BO_Add && kind != BO_Mul && kind != BO_And && kind != BO_Or &&
        kind != BO_Xor && kind != BO_EQ && kind != BO_NE)
      return false;
    leaves(expr, kind, operands);
    // Three floating-point terms are rounded in the order of the draws.
    if (operands.size() > 2 && !expr->getType()->isIntegerType())
      return false;
  } else if (const auto *call = dyn_cast<CallExpr>(expr)) {
    const FunctionDecl *callee = call->getDirectCallee();
    const IdentifierInfo *name = callee ? callee->getIdentifier() : nullptr;
    if (name == nullptr || !llvm::StringSwitch<bool>(name->getName())
                                .Cases({"min", "max", "fmin", "fmax"}, true)
                                .Cases({"minmax", "swap", "iter_swap"}, true)
                                .Default(false))
      return false;
    operands.append(call->arg_begin(), call->arg_end());
  }
  return !operands.empty() && llvm::all_of(operands, [&](const Expr *operand) {
    return same(operand, operands.front());
  });
}

Sources Conflicts::visit(const Stmt *stmt) {
  if (!stmt || isa<LambdaExpr>(stmt))
    return {};
  const auto *expr = dyn_cast<Expr>(stmt);
  const bool open = expr != nullptr && leavesOpen(expr) && !commutes(expr);
  const size_t before = found_.size();
  Sources all;
  const Source *twice = nullptr;
  for (const Stmt *child : stmt->children())
    for (const Source &source : visit(child)) {
      const Source *known = llvm::find(all, source);
      if (known == all.end())
        all.push_back(source);
      else
        twice = known;
    }
  if (open && twice && found_.size() == before)
    found_.push_back({expr, *twice});
  if (expr)
    for (const Source &source : ownDraws(expr))
      if (!llvm::is_contained(all, source))
        all.push_back(source);
  return all;
}

class UnsequencedDrawsCheck final : public RandomCheck {
public:
  UnsequencedDrawsCheck(StringRef name, tidy::ClangTidyContext *context)
      : RandomCheck(kInfo, name, context) {}

private:
  void judge(const RandomUse &use) override {
    if (use.drawings().empty())
      return;
    Conflicts conflicts(use, use.unit().context());
    for (const FunctionDecl *function : use.unit().functions()) {
      const size_t drawing =
          llvm::count_if(use.callsIn(function), [&](const Call *call) {
            return !conflicts.drawnBy(definitionOf(call->callee)).empty();
          });
      if (use.drawingsIn(function).size() + drawing < 2)
        continue;
      for (const auto &[at, source] : conflicts.in(function->getBody())) {
        if (!isFirstAt(at->getExprLoc()))
          continue;
        const Generator &generator = source.generator;
        const std::string name =
            generator.global ? generator.global->name.str()
                             : "'" + generator.engine->getNameAsString() + "'";
        finding(at->getExprLoc(),
                "%0 is drawn from several times in an order that the compiler "
                "chooses")
            << name << at->getSourceRange();
        cure(at->getExprLoc(), "draw into variables first, one statement each");
      }
    }
  }
};

}  // namespace

extern constinit const Rule UnsequencedDraws =
    sourceRule<UnsequencedDrawsCheck>(kInfo);

}  // namespace reproaudit::rng
