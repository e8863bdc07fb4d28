// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Sequences.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Comparators.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

bool isBegin(StringRef name) {
  return name == "begin" || name == "cbegin" || name == "rbegin";
}

const ClassTemplateSpecializationDecl *specialisationOf(QualType type) {
  return dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      type.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl());
}

/// The comparator of an ordered set or map, or null.
QualType comparatorOf(QualType type) {
  const auto *special = specialisationOf(type);
  if (!special || !isInStd(*special))
    return {};
  const Shape shape = shapeOf(type);
  const unsigned index = shape == Shape::Set || shape == Shape::MultiSet   ? 1
                         : shape == Shape::Map || shape == Shape::MultiMap ? 2
                                                                           : 0;
  return index > 0 && index < special->getTemplateArgs().size()
             ? special->getTemplateArgs()[index].getAsType()
             : QualType();
}

bool leaves(const Stmt *stmt) {
  if (const auto *block = dyn_cast_or_null<CompoundStmt>(stmt))
    stmt = block->body_empty() ? nullptr : block->body_back();
  if (const auto *cleanups = dyn_cast_or_null<ExprWithCleanups>(stmt))
    stmt = cleanups->getSubExpr();
  return isa_and_nonnull<ContinueStmt, ReturnStmt, BreakStmt, CXXThrowExpr>(
      stmt);
}

/// Looks for checks that a sequence has one element at most.
class OneElement {
public:
  OneElement(const Expr &sequence, const ASTContext &context)
      : sequence_(sequence), context_(context) {}

  /// Does \p condition say so if it is \p holds?
  bool saidBy(const Expr *condition, bool holds) const {
    condition = bare(condition);
    if (const auto *unary = dyn_cast<UnaryOperator>(condition);
        unary && unary->getOpcode() == UO_LNot)
      return saidBy(unary->getSubExpr(), !holds);
    const auto *op = dyn_cast<BinaryOperator>(condition);
    if (!op)
      return false;
    if (op->isLogicalOp())
      return (op->getOpcode() == BO_LAnd) == holds &&
             (saidBy(op->getLHS(), holds) || saidBy(op->getRHS(), holds));
    const auto *number = dyn_cast<IntegerLiteral>(bare(op->getRHS()));
    return number != nullptr && isSize(op->getLHS()) &&
           limits(op->getOpcode(), number->getValue().getLimitedValue(), holds);
  }

private:
  bool isSize(const Expr *expr) const {
    const auto *call = dyn_cast<CXXMemberCallExpr>(bare(expr));
    return call != nullptr && nameOf(call->getMethodDecl()) == "size" &&
           sameObject(*call->getImplicitObjectArgument(), sequence_, context_);
  }
  static bool limits(BinaryOperatorKind op, std::uint64_t number, bool holds) {
    switch (op) {
    case BO_EQ:
    case BO_LE:
      return holds && number <= 1;
    case BO_LT:
      return holds && number <= 2;
    case BO_NE:
    case BO_GT:
      return !holds && number <= 1;
    case BO_GE:
      return !holds && number <= 2;
    default:
      return false;
    }
  }

  const Expr &sequence_;
  const ASTContext &context_;
};

}  // namespace

const Expr *begunBy(const Expr *expr) {
  expr = bare(expr);
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(expr))
    // Seen through the base class that has `begin()`.
    return isBegin(nameOf(method->getMethodDecl()))
               ? bare(method->getImplicitObjectArgument())
               : nullptr;
  const auto *call = dyn_cast<CallExpr>(expr);
  return call && call->getNumArgs() == 1 &&
                 isBegin(nameOf(call->getDirectCallee()))
             ? call->getArg(0)
             : nullptr;
}

bool isKeysView(QualType type) {
  const auto *special = specialisationOf(type);
  if (!special || special->getName() != "elements_view" ||
      special->getTemplateArgs().size() < 2)
    return false;
  const TemplateArgument &index = special->getTemplateArgs()[1];
  return index.getKind() == TemplateArgument::Integral &&
         index.getAsIntegral().isZero();
}

Order Sequences::orderOf(QualType type) const {
  if (const Order order = reproaudit::orderOf(type, extra_);
      order != Order::Specified)
    return order;
  const QualType comparator = comparatorOf(type);
  if (comparator.isNull())
    return Order::Specified;
  const Type *canonical =
      type.getNonReferenceType().getCanonicalType().getTypePtr();
  const auto [known, isNew] = known_.try_emplace(canonical, Order::Specified);
  if (isNew && compares(comparator, firstArgument(type), context_).totality ==
                   Totality::Address)
    known->second = Order::Address;
  return known->second;
}

bool hasOneElement(const Expr &sequence, const Stmt &site,
                   const FunctionDecl &function, const ASTContext &context) {
  const OneElement one(sequence, context);
  const SourceManager &sources = context.getSourceManager();
  const auto contains = [&](const Stmt *branch) {
    return branch &&
           sources.isPointWithin(site.getBeginLoc(), branch->getBeginLoc(),
                                 branch->getEndLoc());
  };
  const auto isBefore = [&](const Stmt &stmt) {
    return sources.isBeforeInTranslationUnit(stmt.getEndLoc(),
                                             site.getBeginLoc());
  };
  return anyStmt(function.getBody(), [&](const Stmt &stmt) {
    if (const auto *branch = dyn_cast<IfStmt>(&stmt))
      return (one.saidBy(branch->getCond(), true) &&
              contains(branch->getThen())) ||
             (one.saidBy(branch->getCond(), false) &&
              (contains(branch->getElse()) ||
               (leaves(branch->getThen()) && isBefore(stmt))));
    // What assert() is made of.
    const auto *choice = dyn_cast<ConditionalOperator>(&stmt);
    return choice && choice->getType()->isVoidType() && isBefore(stmt) &&
           one.saidBy(choice->getCond(), true);
  });
}

}  // namespace reproaudit
