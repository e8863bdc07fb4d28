// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Paths.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ExprCXX.h"
#include "clang/Analysis/CFG.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

class Walk {
public:
  Walk(const CFG &graph, const Stmt *from, const SourceManager &sources,
       const PathVisitor &visitor)
      : graph_(graph), from_(from), sources_(sources), visitor_(visitor) {}

  bool reachesEnd();

private:
  bool isInside(const Stmt &stmt) const;
  void block(const CFGBlock &block, std::size_t begin);
  void successors(const CFGBlock &block);

  const CFG &graph_;
  const Stmt *from_;
  const SourceManager &sources_;
  const PathVisitor &visitor_;
  llvm::DenseSet<const CFGBlock *> seen_;
  bool reachesEnd_ = false;
};

bool Walk::isInside(const Stmt &stmt) const {
  return from_ != nullptr &&
         sources_.isPointWithin(sources_.getExpansionLoc(stmt.getBeginLoc()),
                                sources_.getExpansionLoc(from_->getBeginLoc()),
                                sources_.getExpansionLoc(from_->getEndLoc()));
}

void Walk::block(const CFGBlock &block, std::size_t begin) {
  if (&block == &graph_.getExit()) {
    reachesEnd_ = true;
    return;
  }
  for (std::size_t i = begin; i < block.size(); ++i)
    if (const auto stmt = block[i].getAs<CFGStmt>();
        stmt && !isInside(*stmt->getStmt()) &&
        !visitor_.goesOn(*stmt->getStmt()))
      return;
  successors(block);
}

void Walk::successors(const CFGBlock &block) {
  // A block that ends in a condition goes on to "true", then to "false".
  const auto *condition =
      block.succ_size() == 2
          ? dyn_cast_or_null<Expr>(block.getTerminatorCondition())
          : nullptr;
  bool value = true;
  for (const CFGBlock *next : block.succs()) {
    const bool possible = condition == nullptr || !visitor_.mayBe ||
                          visitor_.mayBe(*condition, value);
    value = false;
    if (next != nullptr && possible && seen_.insert(next).second)
      this->block(*next, 0);
  }
}

bool Walk::reachesEnd() {
  if (!from_) {
    block(graph_.getEntry(), 0);
    return reachesEnd_;
  }
  for (const CFGBlock *candidate : graph_) {
    std::size_t behind = 0;
    for (std::size_t i = 0; i < candidate->size(); ++i)
      if (const auto stmt = (*candidate)[i].getAs<CFGStmt>();
          stmt && isInside(*stmt->getStmt()))
        behind = i + 1;
    if (behind != 0)
      block(*candidate, behind);
  }
  return reachesEnd_;
}

const Expr *assignedTo(const VarDecl &variable, const Expr &expr) {
  const Expr *whole = bare(&expr);
  if (const auto *op = dyn_cast<BinaryOperator>(whole))
    return op->getOpcode() == BO_Assign &&
                   namedVariable(op->getLHS()) == &variable
               ? op->getRHS()
               : nullptr;
  const auto *op = dyn_cast<CXXOperatorCallExpr>(whole);
  return op && op->getOperator() == OO_Equal &&
                 namedVariable(op->getArg(0)) == &variable
             ? op->getArg(1)
             : nullptr;
}

bool clears(const Expr &expr, const VarDecl &variable) {
  const auto *call = dyn_cast<CXXMemberCallExpr>(bare(&expr));
  return call != nullptr && nameOf(call->getMethodDecl()) == "clear" &&
         namedVariable(call->getImplicitObjectArgument()) == &variable;
}

/// Does \p stmt, outside logging and assertions, name \p variable?
bool reads(const Stmt *stmt, const VarDecl &variable,
           const ASTContext &context) {
  if (!stmt)
    return false;
  if (const auto *reference = dyn_cast<DeclRefExpr>(stmt))
    return reference->getDecl() == &variable;
  if (const auto *call = dyn_cast<CallExpr>(stmt)) {
    const FunctionDecl *callee = call->getDirectCallee();
    if (isInDiagnosticMacro(call->getBeginLoc(), context) ||
        (callee && isDiagnosticFunction(*callee)) ||
        useOfCall(*call) == Use::Diagnostic)
      return false;
  }
  if (const auto *lambda = dyn_cast<LambdaExpr>(stmt))
    return reads(lambda->getBody(), variable, context);
  return llvm::any_of(stmt->children(), [&](const Stmt *child) {
    return reads(child, variable, context);
  });
}

bool declares(const Stmt &stmt, const VarDecl &variable) {
  const auto *declaration = dyn_cast<DeclStmt>(&stmt);
  return declaration != nullptr &&
         llvm::is_contained(declaration->decls(), &variable);
}

}  // namespace

std::optional<bool> followPaths(const FunctionDecl &function, const Stmt *from,
                                ASTContext &context,
                                const PathVisitor &visitor) {
  CFG::BuildOptions options;
  options.AddImplicitDtors = false;
  const std::unique_ptr<CFG> graph =
      CFG::buildCFG(&function, function.getBody(), &context, options);
  if (!graph)
    return std::nullopt;
  return Walk(*graph, from, context.getSourceManager(), visitor).reachesEnd();
}

bool isDeadAfter(const VarDecl &variable, const Stmt &from,
                 const FunctionDecl &function, ASTContext &context) {
  if (!variable.hasLocalStorage() || variable.getType()->isReferenceType() ||
      variable.getType()->isPointerType() ||
      variable.getDeclContext() != &function || function.getBody() == nullptr)
    return false;
  bool isRead = false;
  const auto goesOn = [&](const Stmt &stmt) {
    if (declares(stmt, variable))
      return false;
    const auto *expr = dyn_cast<Expr>(&stmt);
    if (expr && clears(*expr, variable))
      return false;
    const Expr *value = expr ? assignedTo(variable, *expr) : nullptr;
    isRead |= reads(value ? value : &stmt, variable, context);
    return !value && !isRead;
  };
  return followPaths(function, &from, context, {.goesOn = goesOn}) && !isRead;
}

}  // namespace reproaudit
