// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DynamicRecursiveASTVisitor.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMapContext.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <algorithm>

using namespace clang;
using llvm::SmallVector;
using Kind = reproaudit::Destination::Kind;

namespace reproaudit {
namespace {

class MentionCollector final : public ConstDynamicRecursiveASTVisitor {
public:
  MentionCollector(const VarDecl &variable,
                   SmallVector<const DeclRefExpr *, 8> &mentions)
      : variable_(variable), mentions_(mentions) {}

  bool VisitDeclRefExpr(const DeclRefExpr *ref) override {
    if (ref->getDecl() == &variable_)
      mentions_.push_back(ref);
    return true;
  }

private:
  const VarDecl &variable_;
  SmallVector<const DeclRefExpr *, 8> &mentions_;
};

/// Follows values until none is left; each variable is looked at once, so
/// loops in the flow end.
class Follower {
public:
  Follower(ASTContext &context, FlowEnd ends)
      : context_(context), ends_(ends) {}

  void follow(const Expr &value, const Arrival &soFar, unsigned depth);
  void follow(const VarDecl &variable, Arrival soFar, unsigned depth);

  SmallVector<Arrival, 4> take() { return std::move(arrivals_); }

private:
  bool followIntoCallee(const CallExpr &call, const Expr &value,
                        const Arrival &soFar, unsigned depth);

  ASTContext &context_;
  FlowEnd ends_;
  llvm::SmallPtrSet<const VarDecl *, 8> seen_;
  SmallVector<Arrival, 4> arrivals_;
};

constexpr unsigned kDeepestCall = 2;

void Follower::follow(const Expr &value, const Arrival &soFar, unsigned depth) {
  Arrival arrival = soFar;
  arrival.destination = destinationOf(value, context_, ends_);
  const Destination &destination = arrival.destination;
  if (destination.kind == Kind::Variable) {
    if (const auto *variable = dyn_cast_or_null<VarDecl>(destination.target))
      follow(*variable, soFar, depth);
    return;
  }
  if (destination.kind == Kind::Argument)
    if (const auto *call = dyn_cast<CallExpr>(destination.at);
        call && followIntoCallee(*call, value, soFar, depth))
      return;
  arrivals_.push_back(std::move(arrival));
}

void Follower::follow(const VarDecl &variable, Arrival soFar, unsigned depth) {
  if (!seen_.insert(variable.getCanonicalDecl()).second)
    return;
  soFar.through.push_back(&variable);
  for (const DeclRefExpr *mention : mentionsOf(variable))
    follow(*mention, soFar, depth);
}

/// The argument of \p call that holds \p value continues as a parameter.
bool Follower::followIntoCallee(const CallExpr &call, const Expr &value,
                                const Arrival &soFar, unsigned depth) {
  const FunctionDecl *callee = call.getDirectCallee();
  const FunctionDecl *definition = nullptr;
  if (depth >= kDeepestCall || !callee || !callee->hasBody(definition) ||
      context_.getSourceManager().isInSystemHeader(definition->getLocation()))
    return false;
  const SourceRange range = value.getSourceRange();
  for (unsigned i = 0; i < call.getNumArgs(); ++i) {
    const SourceRange argument = call.getArg(i)->getSourceRange();
    if (i < definition->getNumParams() && argument.fullyContains(range)) {
      const size_t before = arrivals_.size();
      follow(*definition->getParamDecl(i), soFar, depth + 1);
      // What the callee returns goes on where it was called.
      const auto returned = std::remove_if(
          arrivals_.begin() + before, arrivals_.end(), [](const Arrival &a) {
            return a.destination.kind == Kind::Returned;
          });
      if (returned != arrivals_.end()) {
        arrivals_.erase(returned, arrivals_.end());
        follow(call, soFar, depth);
      }
      return true;
    }
  }
  return false;
}

}  // namespace

SmallVector<const DeclRefExpr *, 8> mentionsOf(const VarDecl &variable) {
  SmallVector<const DeclRefExpr *, 8> mentions;
  // A lambda's variables can be mentioned in it only, but a variable of the
  // function around is mentioned in the lambda too: search the outermost body.
  const DeclContext *around = variable.getParentFunctionOrMethod();
  const FunctionDecl *outermost = nullptr;
  for (; around; around = around->getParent())
    if (const auto *function = dyn_cast<FunctionDecl>(around))
      outermost = function;
  const FunctionDecl *definition = nullptr;
  if (outermost && outermost->hasBody(definition))
    MentionCollector(variable, mentions)
        .TraverseDecl(const_cast<FunctionDecl *>(definition));
  return mentions;
}

const FunctionDecl *functionAround(const Stmt &statement, ASTContext &context) {
  DynTypedNodeList parents = context.getParents(statement);
  while (!parents.empty()) {
    if (const auto *function = parents[0].get<FunctionDecl>())
      return function;
    if (const auto *lambda = parents[0].get<LambdaExpr>())
      return lambda->getCallOperator();
    parents = context.getParents(parents[0]);
  }
  return nullptr;
}

SmallVector<Arrival, 4> arrivalsOf(const Expr &source, ASTContext &context,
                                   FlowEnd ends) {
  Follower follower(context, ends);
  follower.follow(source, {}, 0);
  return follower.take();
}

SmallVector<Arrival, 4> arrivalsOf(const VarDecl &variable, ASTContext &context,
                                   FlowEnd ends) {
  Follower follower(context, ends);
  follower.follow(variable, {}, 0);
  return follower.take();
}

bool isOnlyShown(llvm::ArrayRef<Arrival> arrivals) {
  return !arrivals.empty() &&
         llvm::all_of(arrivals, [](const Arrival &arrival) {
           const Use use = arrival.destination.use();
           return use == Use::Diagnostic || use == Use::Printed;
         });
}

}  // namespace reproaudit
