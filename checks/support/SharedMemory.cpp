// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/SharedMemory.h"

#include "SharedAccess.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Atomics.h"
#include "reproaudit/analysis/Device.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace clang;

namespace reproaudit {
namespace {

constexpr int kCalls = 3;

/// Walks a kernel in the order of its statements, loops twice.
class BarrierFinder {
public:
  explicit BarrierFinder(const FunctionDecl &kernel)
      : context_(kernel.getASTContext()) {
    walk(kernel.getBody());
  }

  std::vector<MissingBarrier> take() { return std::move(found_); }

private:
  void walk(const Stmt *stmt);
  bool walkJump(const Stmt &stmt);
  void walkExpression(const Expr &expression);
  void walkChildren(const Stmt &stmt) {
    for (const Stmt *child : stmt.children())
      walk(child);
  }
  void walkBranch(const IfStmt &branch);
  void walkIndices(const Expr &element);
  void walkLoop(const Stmt &loop);
  void walkRound(const Stmt &loop);
  void walkAssignment(const Expr &target, const Expr &value, bool reads);
  void walkCall(const CallExpr &call);
  void walkStorage(const CallExpr &call, const VarDecl &storage);
  bool enter(const CallExpr &call);
  void read(const Expr &expression);
  void write(const Expr &expression, bool atomic = false);
  std::optional<SharedObject> objectOf(const Expr &expression,
                                       SharedAccess &access) const;
  const VarDecl *sharedBehind(const Expr *base) const;
  bool passesBarrier(const Stmt *stmt, int depth) const;
  const FunctionDecl *ownDefinition(const CallExpr &call) const;
  void report(const VarDecl &variable, const SharedAccess &first,
              const SharedAccess &second, bool isReuse);

  const ASTContext &context_;
  SharedState state_;
  /// Where the paths meet that leave a round, a loop, a function early.
  SharedState *continued_ = nullptr;
  SharedState *broken_ = nullptr;
  SharedState *returned_ = nullptr;
  std::vector<MissingBarrier> found_;
  SmallVector<const IfStmt *, 2> tests_;
  bool single_ = false;
  int depth_ = 0;
  /// The shared variable that a pointer parameter of an entered call names.
  llvm::DenseMap<const VarDecl *, const VarDecl *> arguments_;
};

void BarrierFinder::walk(const Stmt *stmt) {
  if (!stmt)
    return;
  if (isBarrier(*stmt))
    return state_.clear();
  if (walkJump(*stmt))
    return;
  if (const auto *branch = dyn_cast<IfStmt>(stmt))
    return walkBranch(*branch);
  if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(stmt))
    return walkLoop(*stmt);
  if (isa<SwitchStmt>(stmt)) {
    SharedState broken = state_;
    llvm::SaveAndRestore<SharedState *> const target(broken_, &broken);
    walkChildren(*stmt);
    return state_.join(broken);
  }
  if (const auto *declarations = dyn_cast<DeclStmt>(stmt)) {
    for (const Decl *declaration : declarations->decls())
      if (const auto *variable = dyn_cast<VarDecl>(declaration))
        walk(variable->getInit());
    return;
  }
  if (const auto *expression = dyn_cast<Expr>(stmt))
    return walkExpression(*expression);
  walkChildren(*stmt);
}

bool BarrierFinder::walkJump(const Stmt &stmt) {
  SharedState *target = nullptr;
  if (isa<ContinueStmt>(stmt))
    target = continued_;
  else if (isa<BreakStmt>(stmt))
    target = broken_;
  else if (isa<ReturnStmt>(stmt))
    target = returned_;
  else
    return false;
  walkChildren(stmt);
  if (target)
    target->join(state_);
  state_.leave();
  return true;
}

void BarrierFinder::walkExpression(const Expr &expression) {
  if (const auto *assign = dyn_cast<BinaryOperator>(&expression);
      assign && assign->isAssignmentOp())
    return walkAssignment(*assign->getLHS(), *assign->getRHS(),
                          assign->isCompoundAssignmentOp());
  if (const auto *assign = dyn_cast<CXXOperatorCallExpr>(&expression);
      assign && assign->isAssignmentOp() && assign->getNumArgs() == 2)
    return walkAssignment(*assign->getArg(0), *assign->getArg(1),
                          assign->getOperator() != OO_Equal);
  if (const auto *unary = dyn_cast<UnaryOperator>(&expression)) {
    if (unary->isIncrementDecrementOp())
      return write(*unary->getSubExpr());
    if (unary->getOpcode() == UO_AddrOf)
      return;  // Names a place; what happens there is not known.
  }
  if (const auto *call = dyn_cast<CallExpr>(&expression))
    return walkCall(*call);
  if (isa<UnaryExprOrTypeTraitExpr, LambdaExpr>(expression))
    return;
  // A template says only of its instances what is a read.
  if (isa<ArraySubscriptExpr>(expression)) {
    if (!expression.getType()->isArrayType())
      read(expression);
    return walkIndices(expression);
  }
  const auto *cast = dyn_cast<ImplicitCastExpr>(&expression);
  if ((cast != nullptr) && cast->getCastKind() == CK_LValueToRValue &&
      !isa<ArraySubscriptExpr>(cast->getSubExpr()->IgnoreParens()))
    read(*cast->getSubExpr());
  walkChildren(expression);
}

/// What is read to find the element; the object itself is none of it.
void BarrierFinder::walkIndices(const Expr &element) {
  const Expr *object = element.IgnoreParens();
  while (const auto *subscript = dyn_cast<ArraySubscriptExpr>(object)) {
    walk(subscript->getRHS());
    object = subscript->getLHS()->IgnoreParens();
    if (const auto *cast = dyn_cast<ImplicitCastExpr>(object);
        cast && cast->getCastKind() == CK_ArrayToPointerDecay)
      object = cast->getSubExpr()->IgnoreParens();
  }
  if (object != element.IgnoreParens())
    walk(object);
}

void BarrierFinder::walkBranch(const IfStmt &branch) {
  walk(branch.getCond());
  const SharedState before = state_;
  {
    const bool ofThread = testsThread(*branch.getCond());
    llvm::SaveAndRestore<bool> const single(
        single_, single_ || singledOutBy(*branch.getCond()).thread);
    if (ofThread)
      tests_.push_back(&branch);
    walk(branch.getThen());
    if (ofThread)
      tests_.pop_back();
  }
  SharedState afterThen = std::exchange(state_, before);
  walk(branch.getElse());
  if (!afterThen.reached)
    return;
  if (passesBarrier(branch.getThen(), kCalls))
    state_ = std::move(afterThen);
  else if (!state_.reached || !passesBarrier(branch.getElse(), kCalls))
    state_.join(afterThen);
}

/// The second round meets what the first one left behind.
void BarrierFinder::walkLoop(const Stmt &loop) {
  SharedState broken;
  broken.reached = false;
  llvm::SaveAndRestore<SharedState *> const target(broken_, &broken);
  if (const auto *plain = dyn_cast<ForStmt>(&loop))
    walk(plain->getInit());
  walkRound(loop);
  walkRound(loop);
  state_.join(broken);
}

void BarrierFinder::walkRound(const Stmt &loop) {
  SharedState continued;
  continued.reached = false;
  llvm::SaveAndRestore<SharedState *> const target(continued_, &continued);
  const auto *plain = dyn_cast<ForStmt>(&loop);
  if (plain) {
    walk(plain->getCond());
    walk(plain->getBody());
  } else {
    walkChildren(loop);
  }
  state_.join(continued);
  if (plain)
    walk(plain->getInc());
}

void BarrierFinder::walkAssignment(const Expr &target, const Expr &value,
                                   bool reads) {
  walk(&value);
  if (reads)
    read(target);
  walkIndices(target);
  write(target);
}

void BarrierFinder::walkCall(const CallExpr &call) {
  if (const auto atomic = atomicAccess(call)) {
    if (atomic->value)
      walk(atomic->value);
    const Expr *target = bare(atomic->target);
    if (const auto *address = dyn_cast<UnaryOperator>(target);
        address && address->getOpcode() == UO_AddrOf)
      target = address->getSubExpr();
    return write(*target, /*atomic=*/true);
  }
  const FunctionDecl *callee = call.getDirectCallee();
  const unsigned skip = static_cast<const unsigned int>(
      isa<CXXOperatorCallExpr>(call) && isa_and_nonnull<CXXMethodDecl>(callee));
  for (unsigned i = 0; i < call.getNumArgs(); ++i) {
    const ParmVarDecl *parameter =
        callee && i >= skip && i - skip < callee->getNumParams()
            ? callee->getParamDecl(i - skip)
            : nullptr;
    const bool mayChange =
        (parameter != nullptr) &&
        parameter->getType()->isLValueReferenceType() &&
        !parameter->getType()->getPointeeType().isConstQualified();
    if (!mayChange)  // What it does to others is not known.
      walk(call.getArg(i));
  }
  if (enter(call))
    return;
  if (const VarDecl *storage = storageOf(call))
    return walkStorage(call, *storage);
  const bool isLibrary =
      (callee != nullptr) &&
      (callee->getBuiltinID() != 0 ||
       context_.getSourceManager().isInSystemHeader(callee->getLocation()));
  // Code that this unit does not show may synchronise, as block-wide
  // algorithms of libraries do when they are given shared memory.
  if (!isLibrary || (isa<CXXMemberCallExpr>(call) && mentionedShared(&call)))
    state_.clear();
}

/// An algorithm of the block has barriers inside, none before or behind it.
void BarrierFinder::walkStorage(const CallExpr &call, const VarDecl &storage) {
  SharedAccess access;
  access.expression = &call;
  access.cooperative = true;
  const SharedObject object = {&storage, nullptr};
  for (const SharedAccess &seen : state_.of[object].reads)
    report(storage, seen, access, /*isReuse=*/true);
  state_.clear();
  state_.of[object].reads.push_back(access);
}

const FunctionDecl *BarrierFinder::ownDefinition(const CallExpr &call) const {
  const FunctionDecl *callee = call.getDirectCallee();
  const FunctionDecl *definition = nullptr;
  return callee && callee->hasBody(definition) &&
                 !context_.getSourceManager().isInSystemHeader(
                     definition->getLocation())
             ? definition
             : nullptr;
}

/// Walks the body of a device function in place.
bool BarrierFinder::enter(const CallExpr &call) {
  const FunctionDecl *definition = ownDefinition(call);
  if (!definition)
    return false;
  if (depth_ == kCalls)
    return !passesBarrier(definition->getBody(), 1);
  const unsigned skip = static_cast<const unsigned int>(
      isa<CXXOperatorCallExpr>(call) && isa<CXXMethodDecl>(definition));
  for (unsigned i = 0;
       i < definition->getNumParams() && i + skip < call.getNumArgs(); ++i)
    arguments_[definition->getParamDecl(i)] =
        sharedBehind(call.getArg(i + skip));
  SharedState returned;
  returned.reached = false;
  llvm::SaveAndRestore<SharedState *> const target(returned_, &returned);
  llvm::SaveAndRestore<int> const depth(depth_, depth_ + 1);
  walk(definition->getBody());
  state_.join(returned);
  return true;
}

/// True if \p stmt contains a barrier, here or in a function that it calls.
bool BarrierFinder::passesBarrier(const Stmt *stmt, int depth) const {
  return anyStmt(stmt, [&](const Stmt &inner) {
    if (isBarrier(inner))
      return true;
    const auto *call = dyn_cast<CallExpr>(&inner);
    const FunctionDecl *definition = call ? ownDefinition(*call) : nullptr;
    return depth > 0 && definition &&
           passesBarrier(definition->getBody(), depth - 1);
  });
}

/// The shared variable that the pointer or array \p base leads to.
const VarDecl *BarrierFinder::sharedBehind(const Expr *base) const {
  base = bare(base);
  if (const auto *address = dyn_cast<UnaryOperator>(base);
      address && address->getOpcode() == UO_AddrOf)
    base = bare(address->getSubExpr());
  const VarDecl *variable = namedVariable(base);
  if ((variable == nullptr) || variable->getType().isVolatileQualified())
    return nullptr;
  if (auto bound = arguments_.find(variable); bound != arguments_.end())
    return bound->second;
  if (isBlockShared(*variable))
    return variable;
  // A pointer into shared memory is a buffer of its own.
  return variable->getType()->isPointerType() && !isa<ParmVarDecl>(variable) &&
                 variable->getInit() &&
                 !variable->getType()->getPointeeType().isVolatileQualified() &&
                 mentionedShared(variable->getInit())
             ? variable
             : nullptr;
}

/// The object of which \p expression is an element; fills in the indices.
std::optional<SharedObject>
BarrierFinder::objectOf(const Expr &expression, SharedAccess &access) const {
  const Expr *object = bare(&expression);
  const FieldDecl *field = nullptr;
  for (;;) {
    if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(object)) {
      // Not getBase(): in a template that takes either side.
      access.indices.insert(access.indices.begin(), subscript->getRHS());
      object = bare(subscript->getLHS());
      continue;
    }
    if (const auto *member = dyn_cast<MemberExpr>(object)) {
      // The fields of a union share their place.
      const auto *named = dyn_cast<FieldDecl>(member->getMemberDecl());
      if (field || !named || member->isArrow() || named->getParent()->isUnion())
        return std::nullopt;
      field = named;
      object = bare(member->getBase());
      continue;
    }
    // `T *row = tile[i]; row[j]` is `tile[i][j]`.
    const VarDecl *row = namedVariable(object);
    if (access.indices.empty() || (row == nullptr) ||
        !row->getType()->isPointerType() || isa<ParmVarDecl>(row) ||
        (row->getInit() == nullptr) ||
        !isa<ArraySubscriptExpr>(bare(row->getInit())))
      break;
    object = bare(row->getInit());
  }
  if (const auto *unary = dyn_cast<UnaryOperator>(object);
      unary && unary->getOpcode() == UO_Deref)
    object = bare(unary->getSubExpr());
  else if (access.indices.empty() && object->getType()->isPointerType())
    return std::nullopt;  // The pointer, not what it points to.
  const VarDecl *variable = sharedBehind(object);
  if ((variable == nullptr) || variable->getType().isVolatileQualified())
    return std::nullopt;
  const bool ofThread = llvm::any_of(
      access.indices, [](const Expr *index) { return testsThread(*index); });
  if (isOwnSlice(*variable) && !ofThread)
    return std::nullopt;
  access.expression = &expression;
  access.tests = tests_;
  access.single = single_;
  return SharedObject(variable, field);
}

void BarrierFinder::read(const Expr &expression) {
  SharedAccess made;
  const auto object = objectOf(expression, made);
  if (!object)
    return;
  SharedState::Pending &pending = state_.of[*object];
  // The barrier belongs behind the last write.
  for (const SharedAccess &written : llvm::reverse(pending.writes)) {
    // Every thread stores a scalar before it reads it; the values agree.
    const bool all = written.indices.empty() && written.tests.empty();
    if (!all && !isSameThread(written, made, context_) &&
        !areApart(written, made, context_))
      report(*object->first, written, made, /*isReuse=*/false);
  }
  SharedState::add(pending.reads, made);
}

void BarrierFinder::write(const Expr &expression, bool atomic) {
  SharedAccess made;
  const auto object = objectOf(expression, made);
  if (!object)
    return;
  made.atomic = atomic;
  SharedState::Pending &pending = state_.of[*object];
  if (atomic) {
    for (const SharedAccess &written : pending.writes)
      if (!written.atomic && !isSameThread(written, made, context_))
        report(*object->first, written, made, /*isReuse=*/false);
  } else {
    for (const SharedAccess &seen : pending.reads)
      if (!isTreeStep(seen, made, context_) &&
          !isSameThread(seen, made, context_) &&
          !areApart(seen, made, context_))
        report(*object->first, seen, made, /*isReuse=*/true);
  }
  SharedState::add(pending.writes, made);
}

void BarrierFinder::report(const VarDecl &variable, const SharedAccess &first,
                           const SharedAccess &second, bool isReuse) {
  // A read in the statement of the write belongs to it.
  const SourceManager &sources = context_.getSourceManager();
  if (isReuse && !second.cooperative &&
      sources.getExpansionLineNumber(first.expression->getBeginLoc()) ==
          sources.getExpansionLineNumber(second.expression->getBeginLoc()))
    return;
  for (const MissingBarrier &known : found_)
    if (known.variable == &variable)
      return;
  found_.push_back({&variable, first.expression, second.expression, isReuse});
}

}  // namespace

std::vector<MissingBarrier> missingBarriers(const FunctionDecl &kernel) {
  return BarrierFinder(kernel).take();
}

}  // namespace reproaudit
