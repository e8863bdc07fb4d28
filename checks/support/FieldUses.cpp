// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/FieldUses.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"

#include <memory>

using namespace clang;

namespace reproaudit {
namespace {

enum class Role : std::uint8_t { Read, Write, Update, Escape };

/// memcpy fills the object it copies to, which is its first argument.
const Expr *filledBytes(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee || !callee->getIdentifier() || call.getNumArgs() < 2)
    return nullptr;
  const StringRef name = callee->getName();
  if (name == "memset" || name == "memcpy" || name == "bzero" ||
      name == "fread")
    return call.getArg(0);
  return name == "read" || name == "recv"
             ? call.getArg(isa<CXXMemberCallExpr>(call) ? 0 : 1)
             : nullptr;
}

/// `po.add(&x)`, `opts->Register("x", &x_)`: the callee remembers the address.
bool onlyRegisters(const FunctionDecl *callee) {
  static constexpr llvm::StringLiteral kVerbs[] = {"register", "add", "watch",
                                                   "bind"};
  return callee != nullptr && callee->getIdentifier() != nullptr &&
         hasWord(callee->getName(), kVerbs);
}

/// `x = 0.9f * x + y`, but not `x = first ? y : x + y`.
bool isUpdate(const BinaryOperator &assignment) {
  const auto *target =
      dyn_cast<MemberExpr>(assignment.getLHS()->IgnoreParenImpCasts());
  return target &&
         !anyStmt(assignment.getRHS(),
                  [](const Stmt &stmt) {
                    return isa<AbstractConditionalOperator, CallExpr>(stmt);
                  }) &&
         anyStmt(assignment.getRHS(), [&](const Stmt &stmt) {
           const auto *member = dyn_cast<MemberExpr>(&stmt);
           return member &&
                  member->getMemberDecl() == target->getMemberDecl() &&
                  isa<CXXThisExpr>(member->getBase()->IgnoreParenImpCasts());
         });
}

/// The record whose bytes \p pointer points to.
const RecordDecl *pointedRecord(const Expr &pointer) {
  const QualType type = pointer.IgnoreParenCasts()->getType();
  const QualType pointee = type->getPointeeType();
  return pointee.isNull() ? nullptr : pointee->getAsRecordDecl();
}

}  // namespace

/// Parents come before their children: they note the role of a member, the
/// member itself then enters the books.
class FieldUsesWalk final : public ConstDynamicRecursiveASTVisitor {
public:
  FieldUsesWalk(FieldUses &uses, const SourceManager &sources)
      : uses_(uses), sources_(sources) {}

  bool TraverseDecl(const Decl *decl) override {
    if (!decl)
      return true;
    if (!isa<TranslationUnitDecl>(decl) && decl->getLocation().isValid() &&
        sources_.isInSystemHeader(decl->getLocation()))
      return true;
    const auto *function = dyn_cast<FunctionDecl>(decl);
    if (!function)
      return ConstDynamicRecursiveASTVisitor::TraverseDecl(decl);
    const FunctionDecl *outer = std::exchange(function_, function);
    if (function->doesThisDeclarationHaveABody())
      uses_.functions_.push_back(function);
    const bool goOn = ConstDynamicRecursiveASTVisitor::TraverseDecl(decl);
    function_ = outer;
    return goOn;
  }

  bool VisitBinaryOperator(const BinaryOperator *op) override {
    if (op->getOpcode() == BO_Assign)
      assign(op->getLHS(), isUpdate(*op) ? Role::Update : Role::Write);
    else if (op->isAssignmentOp())
      assign(op->getLHS(), Role::Update);
    else {
      assign(op->getLHS(), Role::Read);
      assign(op->getRHS(), Role::Read);
    }
    return true;
  }

  bool VisitCXXOperatorCallExpr(const CXXOperatorCallExpr *call) override {
    if (call->getOperator() == OO_Equal)
      assign(call->getArg(0), Role::Write);
    return true;
  }

  bool VisitCXXMemberCallExpr(const CXXMemberCallExpr *call) override {
    const CXXMethodDecl *method = call->getMethodDecl();
    const Expr *object = call->getImplicitObjectArgument();
    if (!method || !object)
      return true;
    const bool stores =
        method->getIdentifier() != nullptr &&
        (method->getName() == "store" || method->getName() == "exchange");
    if (stores)
      assign(object, Role::Write);
    else if (method->isConst() || isa<CXXConversionDecl>(method))
      assign(object, Role::Read);
    else
      assign(object, Role::Update);
    return true;
  }

  bool VisitUnaryOperator(const UnaryOperator *op) override {
    if (op->isIncrementDecrementOp())
      assign(op->getSubExpr(), Role::Update);
    return true;
  }

  bool VisitImplicitCastExpr(const ImplicitCastExpr *cast) override {
    if (cast->getCastKind() == CK_LValueToRValue ||
        (cast->getCastKind() == CK_NoOp && cast->getType().isConstQualified()))
      assign(cast->getSubExpr(), Role::Read);
    return true;
  }

  bool VisitCallExpr(const CallExpr *call) override {
    const FunctionDecl *callee = call->getDirectCallee();
    if (const Expr *bytes = filledBytes(*call))
      if (const RecordDecl *record = pointedRecord(*bytes)) {
        fill(*record);
        if (callee->getName() != "memcpy")
          uses_.byteFilled_.insert(record->getLocation());
      }
    if (!onlyRegisters(callee))
      return true;
    for (const Expr *argument : call->arguments())
      if (const auto *address =
              dyn_cast<UnaryOperator>(argument->IgnoreParenImpCasts());
          address && address->getOpcode() == UO_AddrOf)
        assign(address->getSubExpr(), Role::Read);
    return true;
  }

  bool VisitInitListExpr(const InitListExpr *list) override {
    if (const RecordDecl *record = list->getType()->getAsRecordDecl())
      fill(*record);
    return true;
  }

  bool VisitCXXConstructExpr(const CXXConstructExpr *construction) override {
    if (construction->requiresZeroInitialization())
      uses_.valueInitialised_.insert(
          construction->getConstructor()->getParent()->getLocation());
    return true;
  }

  bool VisitCXXConstructorDecl(const CXXConstructorDecl *constructor) override {
    for (const CXXCtorInitializer *init : constructor->inits())
      if (init->isMemberInitializer() && init->isWritten())
        uses_.uses_[init->getMember()->getLocation()].writers.push_back(
            constructor);
    return true;
  }

  bool VisitMemberExpr(const MemberExpr *member) override {
    const auto *field = dyn_cast<FieldDecl>(member->getMemberDecl());
    if (!field)
      return true;
    FieldUses::Uses &uses = uses_.uses_[field->getLocation()];
    const auto known = roles_.find(member);
    switch (known == roles_.end() ? Role::Escape : known->second) {
    case Role::Write:
      uses.writers.push_back(function_);
      break;
    case Role::Escape:
      uses.escapes = true;
      break;
    case Role::Read:
    case Role::Update:
      if (!uses.firstRead)
        uses.firstRead = member;
    }
    return true;
  }

  bool VisitCXXDependentScopeMemberExpr(
      const CXXDependentScopeMemberExpr *member) override {
    const auto known = roles_.find(member);
    const bool writes = known != roles_.end() && known->second == Role::Write;
    (writes ? uses_.writtenNames_ : uses_.readNames_)
        .insert(member->getMember().getAsString());
    return true;
  }

private:
  void assign(const Expr *expr, Role role) {
    roles_.try_emplace(expr->IgnoreParenImpCasts(), role);
  }

  void fill(const RecordDecl &record) {
    uses_.filled_.insert(record.getLocation());
  }

  FieldUses &uses_;
  const SourceManager &sources_;
  const FunctionDecl *function_ = nullptr;
  llvm::DenseMap<const Expr *, Role> roles_;
};

FieldUses::FieldUses(ASTContext &context) {
  FieldUsesWalk(*this, context.getSourceManager())
      .TraverseDecl(context.getTranslationUnitDecl());
}

const FieldUses &FieldUses::in(ASTContext &context) {
  static thread_local llvm::DenseMap<const ASTContext *,
                                     std::unique_ptr<FieldUses>>
      known;
  std::unique_ptr<FieldUses> &uses = known[&context];
  if (!uses) {
    uses = std::make_unique<FieldUses>(context);
    context.AddDeallocation(
        [](void *dead) { known.erase(static_cast<ASTContext *>(dead)); },
        &context);
  }
  return *uses;
}

const FieldUses::Uses &FieldUses::of(const FieldDecl &field) const {
  static const Uses kNone;
  const auto found = uses_.find(field.getLocation());
  return found == uses_.end() ? kNone : found->second;
}

bool FieldUses::isFilledAsAWhole(const RecordDecl &record) const {
  return filled_.contains(record.getLocation());
}

bool FieldUses::isByteFilled(const RecordDecl &record) const {
  return byteFilled_.contains(record.getLocation());
}

bool FieldUses::isValueInitialised(const RecordDecl &record) const {
  return valueInitialised_.contains(record.getLocation());
}

bool isInMainFile(const Decl &decl) {
  const SourceManager &sources = decl.getASTContext().getSourceManager();
  return sources.isWrittenInMainFile(
      sources.getExpansionLoc(decl.getLocation()));
}

bool allWritersAreVisible(const FieldDecl &field) {
  const auto &record = cast<CXXRecordDecl>(*field.getParent());
  if (isInMainFile(record) && !record.getDescribedClassTemplate())
    return true;
  if (field.getAccess() == AS_public || record.hasFriends() ||
      (field.getAccess() == AS_protected && !record.isEffectivelyFinal()))
    return false;
  return llvm::all_of(record.methods(), [](const CXXMethodDecl *method) {
    return !method->isUserProvided() || method->isConst() ||
           method->isStatic() || method->isPureVirtual() || method->hasBody();
  });
}

}  // namespace reproaudit
