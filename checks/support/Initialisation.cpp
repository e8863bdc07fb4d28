// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a constructor leaves behind.
#include "reproaudit/analysis/FieldUses.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;

namespace reproaudit {
namespace {

constexpr unsigned kDeepestCall = 4;

/// Any way in which a body mentions a member, other than reading it, may give
/// it a value: silence is cheaper than a false alarm.
class BodyWalk final : public ConstDynamicRecursiveASTVisitor {
public:
  explicit BodyWalk(Initialisation &result) : result_(result) {}

  void walk(const FunctionDecl &function, unsigned depth) {
    const FunctionDecl *definition = nullptr;
    if (!function.hasBody(definition) || depth > kDeepestCall) {
      result_.isKnown = false;
      return;
    }
    if (!seen_.insert(definition).second)
      return;
    const unsigned outer = std::exchange(depth_, depth);
    TraverseStmt(definition->getBody());
    depth_ = outer;
  }

  bool VisitImplicitCastExpr(const ImplicitCastExpr *cast) override {
    if (cast->getCastKind() == CK_LValueToRValue)
      reads_.insert(cast->getSubExpr()->IgnoreParens());
    return true;
  }

  bool VisitBinaryOperator(const BinaryOperator *op) override {
    // `n_ += 1` needs a value, it does not give the first one.
    if (op->isCompoundAssignmentOp())
      reads_.insert(op->getLHS()->IgnoreParens());
    return true;
  }

  bool VisitUnaryOperator(const UnaryOperator *op) override {
    if (op->isIncrementDecrementOp())
      reads_.insert(op->getSubExpr()->IgnoreParens());
    return true;
  }

  bool VisitMemberExpr(const MemberExpr *member) override {
    if (isa<CXXThisExpr>(member->getBase()->IgnoreParenImpCasts()))
      throughThis_.insert(member->getBase()->IgnoreParenImpCasts());
    const auto *field = dyn_cast<FieldDecl>(member->getMemberDecl());
    if (field && !reads_.contains(member))
      result_.set.try_emplace(field, member->getExprLoc());
    return true;
  }

  bool VisitCXXDependentScopeMemberExpr(
      const CXXDependentScopeMemberExpr *member) override {
    if (member->isImplicitAccess() ||
        isa<CXXThisExpr>(member->getBase()->IgnoreParenImpCasts()))
      result_.isKnown = false;
    return true;
  }

  bool VisitUnresolvedMemberExpr(const UnresolvedMemberExpr *) override {
    result_.isKnown = false;
    return true;
  }

  bool VisitCXXThisExpr(const CXXThisExpr *self) override {
    // `*this = T()`, `memset(this, ...)`, `registry.add(this)`.
    if (!throughThis_.contains(self))
      result_.isKnown = false;
    return true;
  }

  bool VisitCallExpr(const CallExpr *call) override {
    const auto *callee =
        dyn_cast<MemberExpr>(call->getCallee()->IgnoreParenImpCasts());
    if (callee == nullptr ||
        !isa<CXXThisExpr>(callee->getBase()->IgnoreParenImpCasts()))
      return true;
    if (const auto *method = dyn_cast<CXXMethodDecl>(callee->getMemberDecl());
        method && !method->isConst() && !method->isStatic())
      walk(*method, depth_ + 1);
    return true;
  }

private:
  Initialisation &result_;
  unsigned depth_ = 0;
  llvm::SmallPtrSet<const FunctionDecl *, 8> seen_;
  llvm::SmallPtrSet<const Expr *, 16> reads_;
  llvm::SmallPtrSet<const Expr *, 16> throughThis_;
};

}  // namespace

Initialisation initialisationBy(const CXXConstructorDecl &constructor) {
  Initialisation result;
  if (constructor.isDelegatingConstructor())
    result.isKnown = false;
  for (const CXXCtorInitializer *init : constructor.inits()) {
    if (init->isMemberInitializer() && init->isWritten())
      result.set.try_emplace(init->getMember(), init->getMemberLocation());
    if (init->isWritten() && init->getInit())
      BodyWalk(result).TraverseStmt(init->getInit());
  }
  BodyWalk(result).walk(constructor, 0);
  return result;
}

bool isMentionedIn(SourceRange range, StringRef word,
                   const ASTContext &context) {
  const StringRef text =
      Lexer::getSourceText(CharSourceRange::getTokenRange(range),
                           context.getSourceManager(), context.getLangOpts());
  const auto isPartOfWord = [&](std::size_t at) {
    return at < text.size() && (llvm::isAlnum(text[at]) || text[at] == '_');
  };
  for (std::size_t at = text.find(word); at != StringRef::npos;
       at = text.find(word, at + 1))
    if (!isPartOfWord(at - 1) && !isPartOfWord(at + word.size()))
      return true;
  return false;
}

bool needsInitialiser(const FieldDecl &field) {
  const QualType type = field.getType();
  return (type->isArithmeticType() || type->isEnumeralType() ||
          type->isPointerType()) &&
         !field.isInvalidDecl() && !field.hasInClassInitializer() &&
         !field.isUnnamedBitField() && !field.getName().empty() &&
         !field.getParent()->isUnion() &&
         !field.getParent()->isAnonymousStructOrUnion();
}

FixItHint initialiserFor(const NamedDecl &variable) {
  const SourceLocation name = variable.getLocation();
  if (!name.isFileID() || !variable.getLangOpts().CPlusPlus11)
    return {};
  return FixItHint::CreateInsertion(
      name.getLocWithOffset(static_cast<int>(variable.getName().size())), "{}");
}

}  // namespace reproaudit
