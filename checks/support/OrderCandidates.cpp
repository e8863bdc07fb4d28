// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OrderCandidates.h"

#include "Sequences.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Sorts.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"

#include <utility>

using namespace clang;

namespace reproaudit {
namespace {

class Collector : public ConstDynamicRecursiveASTVisitor {
public:
  Collector(const SourceManager &sources, OrderCandidates &found)
      : sources_(sources), found_(found) {
    ShouldVisitTemplateInstantiations = true;
    ShouldWalkTypesOfTypeLocs = false;
  }

  bool TraverseDecl(const Decl *decl) override {
    if (!decl || (!isa<TranslationUnitDecl>(decl) &&
                  sources_.isInSystemHeader(decl->getLocation())))
      return true;
    const auto *function = dyn_cast<FunctionDecl>(decl);
    if (!function)
      return ConstDynamicRecursiveASTVisitor::TraverseDecl(decl);
    // Templates are judged where they are instantiated.
    if (function->isDependentContext())
      return true;
    const FunctionDecl *outer = std::exchange(function_, function);
    const bool result = ConstDynamicRecursiveASTVisitor::TraverseDecl(decl);
    function_ = outer;
    return result;
  }
  bool TraverseTypeLoc(TypeLoc, bool) override { return true; }
  bool TraverseLambdaExpr(const LambdaExpr *lambda) override {
    if (lambda->getCallOperator()->isDependentContext()) {
      if (const FunctionTemplateDecl *pattern =
              lambda->getLambdaClass()->getDependentLambdaCallOperator())
        for (const FunctionDecl *instance : pattern->specializations())
          inFunction(instance, instance->getBody());
      return true;
    }
    inFunction(lambda->getCallOperator(), lambda->getBody());
    return true;
  }

  bool VisitCXXForRangeStmt(const CXXForRangeStmt *loop) override {
    return keep(loop);
  }
  bool VisitForStmt(const ForStmt *loop) override { return keep(loop); }
  bool VisitWhileStmt(const WhileStmt *loop) override { return keep(loop); }
  bool VisitDoStmt(const DoStmt *loop) override { return keep(loop); }
  bool VisitCXXConstructExpr(const CXXConstructExpr *made) override {
    return made->getNumArgs() < 2 || keep(made);
  }
  bool VisitCallExpr(const CallExpr *call) override {
    const FunctionDecl *callee = call->getDirectCallee();
    if (!callee)
      return true;
    if (sources_.isInSystemHeader(callee->getLocation()) || sortOf(*call))
      keep(call);
    else
      found_.callers[callee->getCanonicalDecl()].push_back({call, function_});
    return true;
  }
  bool VisitCXXOperatorCallExpr(const CXXOperatorCallExpr *call) override {
    if (call->getOperator() == OO_Equal && isIterator(call->getType()))
      begins(namedVariable(call->getArg(0)), call->getArg(1));
    return true;
  }
  bool VisitDeclaratorDecl(const DeclaratorDecl *decl) override {
    const QualType type = decl->getType();
    if (!isa<VarDecl, FieldDecl>(decl) || type->isDependentType())
      return true;
    if (!type->isReferenceType() && shapeOf(type) == Shape::Heap)
      found_.heaps.push_back(decl);
    if (const auto *variable = dyn_cast<VarDecl>(decl);
        variable && variable->getInit() && !variable->isImplicit())
      begins(variable, variable->getInit());
    return true;
  }

private:
  bool keep(const Stmt *stmt) {
    found_.places.push_back({stmt, function_});
    return true;
  }
  void begins(const VarDecl *variable, const Expr *value) {
    if (const Expr *sequence = variable ? begunBy(value) : nullptr)
      found_.begins.try_emplace(variable, sequence);
  }
  void inFunction(const FunctionDecl *function, const Stmt *body) {
    const FunctionDecl *outer = std::exchange(function_, function);
    TraverseStmt(body);
    function_ = outer;
  }

  const SourceManager &sources_;
  OrderCandidates &found_;
  const FunctionDecl *function_ = nullptr;
};

}  // namespace

OrderCandidates orderCandidates(ASTContext &context) {
  OrderCandidates found;
  Collector(context.getSourceManager(), found).TraverseAST(context);
  return found;
}

}  // namespace reproaudit
