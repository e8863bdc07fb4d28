// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Frames.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Callables.h"
#include "reproaudit/analysis/Paths.h"
#include "reproaudit/analysis/Types.h"

#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Calls are followed this deep.
constexpr unsigned kDepth = 3;

const VarDecl *rootVariable(const Expr *expr) {
  for (expr = bare(expr);;) {
    if (const auto *reference = dyn_cast<DeclRefExpr>(expr))
      return variableOf(reference->getDecl());
    if (const auto *member = dyn_cast<MemberExpr>(expr))
      expr = bare(member->getBase());
    else if (const auto *element = dyn_cast<ArraySubscriptExpr>(expr))
      expr = bare(element->getBase());
    else if (const auto *unary = dyn_cast<UnaryOperator>(expr))
      expr = bare(unary->getSubExpr());
    else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(expr);
             call && call->getNumArgs() > 0)
      expr = bare(call->getArg(0));
    else
      return nullptr;
  }
}

/// The variable to which \p expr gives a new value whatever it was, or null.
const VarDecl *renewedBy(const Expr &expr) {
  const Expr *whole = bare(&expr);
  if (const auto *op = dyn_cast<BinaryOperator>(whole))
    return op->getOpcode() == BO_Assign ? namedVariable(op->getLHS()) : nullptr;
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(whole))
    return op->getOperator() == OO_Equal ? namedVariable(op->getArg(0))
                                         : nullptr;
  const auto *call = dyn_cast<CXXMemberCallExpr>(whole);
  const StringRef name = call ? nameOf(call->getMethodDecl()) : StringRef();
  return name == "clear" || name == "assign" || name == "str"
             ? namedVariable(call->getImplicitObjectArgument())
             : nullptr;
}

/// Adds what flows into the local variables of \p frame.
class Influences {
public:
  explicit Influences(Frame &frame) : frame_(frame) {}

  void collect() {
    anyStmt(frame_.body, [&](const Stmt &stmt) {
      of(stmt);
      return false;
    });
  }

private:
  void add(const Expr *target, ArrayRef<const Expr *> sources) {
    const VarDecl *variable = target ? rootVariable(target) : nullptr;
    const auto local =
        variable ? frame_.locals.find(variable) : frame_.locals.end();
    if (local != frame_.locals.end())
      local->second.append(sources.begin(), sources.end());
  }
  void of(const Stmt &stmt) {
    if (const auto *op = dyn_cast<BinaryOperator>(&stmt)) {
      if (op->isAssignmentOp())
        add(op->getLHS(), op->getRHS());
    } else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&stmt)) {
      if (assigns(op->getOperator()) && op->getNumArgs() == 2)
        add(op->getArg(0), op->getArg(1));
    } else if (const auto *call = dyn_cast<CallExpr>(&stmt)) {
      ofCall(*call);
    }
  }
  void ofCall(const CallExpr &call) {
    if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call);
        method && method->getMethodDecl() &&
        !method->getMethodDecl()->isConst())
      add(method->getImplicitObjectArgument(),
          {call.getArgs(), call.getNumArgs()});
    const FunctionDecl *callee = call.getDirectCallee();
    for (unsigned i = 0;
         callee && i < call.getNumArgs() && i < callee->getNumParams(); ++i) {
      const QualType type = callee->getParamDecl(i)->getType();
      if (refersElsewhere(type) && !type->getPointeeType().isNull() &&
          !type->getPointeeType().isConstQualified())
        for (const Expr *other : call.arguments())
          if (other != call.getArg(i))
            add(call.getArg(i), other);
    }
  }

  Frame &frame_;
};

void collectLocals(Frame &frame) {
  anyStmt(frame.body, [&](const Stmt &stmt) {
    if (const auto *declaration = dyn_cast<DeclStmt>(&stmt))
      for (const Decl *decl : declaration->decls())
        if (const auto *variable = dyn_cast<VarDecl>(decl);
            variable && variable->hasLocalStorage()) {
          auto &sources = frame.locals[variable];
          if (variable->getInit())
            sources.push_back(variable->getInit());
        }
    return false;
  });
  if (!frame.locals.empty())
    Influences(frame).collect();
}

}  // namespace

Frames::Frames(const Iteration &iteration, ASTContext &context)
    : iteration_(iteration), context_(context) {
  open({.body = iteration.body, .function = iteration.function});
  collectScratch();
}

/// A variable outside the loop that every iteration starts anew and nobody
/// reads afterwards is as good as one inside.
void Frames::collectScratch() {
  const auto *block = dyn_cast<CompoundStmt>(iteration_.body);
  if (!block || !iteration_.function || !iteration_.site)
    return;
  Frame &root = *frames_.front();
  const std::size_t before = root.locals.size();
  for (const Stmt *stmt : block->body()) {
    const auto *expr = dyn_cast<Expr>(stmt);
    const VarDecl *variable = expr ? renewedBy(*expr) : nullptr;
    if (!variable || llvm::is_contained(iteration_.elements, variable) ||
        !isDeadAfter(*variable, *iteration_.site, *iteration_.function,
                     context_))
      continue;
    const Stmt *first = *llvm::find_if(block->body(), [&](const Stmt *other) {
      return mentions(other, *variable);
    });
    if (first == stmt)
      root.locals.try_emplace(variable);
  }
  if (root.locals.size() == before)
    return;
  for (auto &[variable, sources] : root.locals)
    sources = {};
  collectLocals(root);
}

const Frame *Frames::open(Frame frame) {
  frames_.push_back(std::make_unique<Frame>(std::move(frame)));
  collectLocals(*frames_.back());
  return frames_.back().get();
}

bool Frames::isTooDeep(const FunctionDecl &function, const Frame &frame) const {
  if (frame.depth >= kDepth)
    return true;
  for (const Frame *outer = &frame; outer->caller; outer = outer->caller)
    if (outer->function == &function)
      return true;
  return false;
}

const Frame *Frames::enter(const CallExpr &call, const Frame &frame) {
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&call);
  const bool isObjectCall = op != nullptr && op->getOperator() == OO_Call;
  const FunctionDecl *callee =
      isObjectCall ? functionBehind(op->getArg(0)) : call.getDirectCallee();
  const FunctionDecl *definition = nullptr;
  if (!callee || !callee->hasBody(definition) || !definition->getBody() ||
      context_.getSourceManager().isInSystemHeader(definition->getLocation()) ||
      isTooDeep(*definition, frame))
    return nullptr;
  Frame inner{.body = definition->getBody(),
              .function = definition,
              .caller = &frame,
              .call = &call,
              .depth = frame.depth + 1};
  const auto *method = dyn_cast<CXXMethodDecl>(definition);
  unsigned first = isObjectCall ? 1 : 0;
  if (const auto *member = dyn_cast<CXXMemberCallExpr>(&call)) {
    inner.object = member->getImplicitObjectArgument();
  } else if (op && method && !method->isStatic()) {
    inner.object = call.getArg(0);
    first = 1;
  }
  inner.sharesThis = method != nullptr && method->getParent()->isLambda();
  for (unsigned i = 0;
       i < definition->getNumParams() && first + i < call.getNumArgs(); ++i)
    inner.arguments[definition->getParamDecl(i)] = call.getArg(first + i);
  return open(std::move(inner));
}

const Frame *Frames::enter(const LambdaExpr &lambda, const CallExpr &call,
                           const Frame &frame) {
  const FunctionDecl *method = callOperator(lambda);
  if (!method || method->isDependentContext() || isTooDeep(*method, frame))
    return nullptr;
  const Frame *opened = open({.body = method->getBody(),
                              .function = method,
                              .caller = &frame,
                              .call = &call,
                              .sharesThis = true,
                              .depth = frame.depth + 1});
  // Its parameters come from the other arguments of the call.
  for (const ParmVarDecl *parameter : method->parameters())
    for (const Expr *argument : call.arguments())
      if (bare(argument) != &lambda)
        frames_.back()->locals[parameter].push_back(argument);
  return opened;
}

const Frame *ownerOf(const VarDecl &variable, const Frame &frame) {
  for (const Frame *outer = &frame; outer; outer = outer->caller)
    if (outer->locals.contains(&variable))
      return outer;
  return nullptr;
}

const Frame *binderOf(const VarDecl &parameter, const Frame &frame) {
  for (const Frame *outer = &frame; outer; outer = outer->caller)
    if (outer->arguments.contains(&parameter))
      return outer;
  return nullptr;
}

bool refersElsewhere(QualType type) {
  return type->isReferenceType() || type->isPointerType() || isIterator(type);
}

bool assigns(OverloadedOperatorKind op) {
  switch (op) {
  case OO_Equal:
  case OO_PlusEqual:
  case OO_MinusEqual:
  case OO_StarEqual:
  case OO_SlashEqual:
  case OO_PercentEqual:
  case OO_CaretEqual:
  case OO_AmpEqual:
  case OO_PipeEqual:
  case OO_LessLessEqual:
  case OO_GreaterGreaterEqual:
  case OO_LessLess:
    return true;
  default:
    return false;
  }
}

const VarDecl *variableOf(const ValueDecl *decl) {
  if (const auto *binding = dyn_cast<BindingDecl>(decl))
    return dyn_cast_or_null<VarDecl>(binding->getDecomposedDecl());
  return dyn_cast<VarDecl>(decl);
}

bool mentions(const Stmt *stmt, const VarDecl &variable) {
  return anyStmt(stmt, [&](const Stmt &part) {
    const auto *reference = dyn_cast<DeclRefExpr>(&part);
    return reference && reference->getDecl() == &variable;
  });
}

}  // namespace reproaudit
