// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/SharedMemory.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Atomics.h"
#include "reproaudit/analysis/Device.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace clang;

namespace reproaudit {
namespace {

constexpr int kCalls = 3;

struct Access {
  const Expr *expression = nullptr;
  SmallVector<const Expr *, 2> indices;  ///< The outermost dimension first.
  const IfStmt *branch = nullptr;        ///< The test of the thread around it.
  bool single = false;                   ///< The test lets one thread through.
  bool atomic = false;
};

/// What happened to each shared variable since the last barrier.
struct State {
  struct Pending {
    SmallVector<Access, 4> reads;
    SmallVector<Access, 4> writes;
  };
  llvm::SmallMapVector<const VarDecl *, Pending, 8> of;

  void merge(const State &other) {
    for (const auto &[variable, pending] : other.of) {
      Pending &mine = of[variable];
      mine.reads.append(pending.reads);
      mine.writes.append(pending.writes);
    }
  }
};

StringRef calleeName(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  return callee && callee->getIdentifier() ? callee->getName() : StringRef();
}

bool isBarrier(const Stmt &stmt) {
  if (const auto *assembly = dyn_cast<GCCAsmStmt>(&stmt)) {
    const std::string text = assembly->getAsmString();
    return StringRef(text).contains("bar.") ||
           StringRef(text).contains("barrier");
  }
  const auto *call = dyn_cast<CallExpr>(&stmt);
  if (!call)
    return false;
  const StringRef name = calleeName(*call);
  return name.starts_with("__sync") ||
         name.starts_with("__builtin_amdgcn_s_barrier") || name == "sync" ||
         name == "wait" || name == "arrive_and_wait" || name == "wait_prior" ||
         name.contains("barrier");
}

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
  void walkChildren(const Stmt &stmt) {
    for (const Stmt *child : stmt.children())
      walk(child);
  }
  void walkBranch(const IfStmt &branch);
  void walkLoop(const Stmt &loop);
  void walkAssignment(const BinaryOperator &assign);
  void walkCall(const CallExpr &call);
  bool enter(const CallExpr &call);
  void read(const Expr &expression);
  void write(const Expr &expression, bool atomic = false);
  const VarDecl *sharedIn(const Expr &expression,
                          SmallVectorImpl<const Expr *> &indices) const;
  const VarDecl *sharedBehind(const Expr *base) const;
  bool passesBarrier(const Stmt *stmt, int depth) const;
  Access access(const Expr &expression, ArrayRef<const Expr *> indices) const;
  bool isSameThread(const Access &one, const Access &other) const;
  bool areApart(const Access &one, const Access &other) const;
  void report(const VarDecl &variable, const Access &first,
              const Access &second, bool isReuse);

  const ASTContext &context_;
  State state_;
  std::vector<MissingBarrier> found_;
  const IfStmt *branch_ = nullptr;
  bool single_ = false;
  int depth_ = 0;
  /// The shared variable that a pointer parameter of an entered call names.
  llvm::DenseMap<const VarDecl *, const VarDecl *> arguments_;
};

void BarrierFinder::walk(const Stmt *stmt) {
  if (!stmt)
    return;
  if (isBarrier(*stmt)) {
    state_.of.clear();
    return;
  }
  if (const auto *branch = dyn_cast<IfStmt>(stmt))
    return walkBranch(*branch);
  if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(stmt))
    return walkLoop(*stmt);
  if (const auto *declarations = dyn_cast<DeclStmt>(stmt)) {
    for (const Decl *declaration : declarations->decls())
      if (const auto *variable = dyn_cast<VarDecl>(declaration))
        walk(variable->getInit());
    return;
  }
  if (const auto *assign = dyn_cast<BinaryOperator>(stmt);
      assign && assign->isAssignmentOp())
    return walkAssignment(*assign);
  if (const auto *unary = dyn_cast<UnaryOperator>(stmt)) {
    if (unary->isIncrementDecrementOp())
      return write(*unary->getSubExpr());
    if (unary->getOpcode() == UO_AddrOf)
      return;  // Names a place; what happens there is not known.
  }
  if (const auto *call = dyn_cast<CallExpr>(stmt))
    return walkCall(*call);
  if (isa<UnaryExprOrTypeTraitExpr, LambdaExpr>(stmt))
    return;
  if (const auto *cast = dyn_cast<ImplicitCastExpr>(stmt);
      cast && cast->getCastKind() == CK_LValueToRValue)
    read(*cast->getSubExpr());
  walkChildren(*stmt);
}

void BarrierFinder::walkBranch(const IfStmt &branch) {
  walk(branch.getCond());
  const bool ofThread = anyStmt(branch.getCond(), [](const Stmt &stmt) {
    const auto *expr = dyn_cast<Expr>(&stmt);
    const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
    return variable && (variable->getName() == "threadIdx" ||
                        (!isa<ParmVarDecl>(variable) && variable->getInit() &&
                         anyStmt(variable->getInit(), [](const Stmt &inner) {
                           const auto *ref = dyn_cast<DeclRefExpr>(&inner);
                           return ref &&
                                  ref->getDecl()->getName() == "threadIdx";
                         })));
  });
  const State before = state_;
  {
    const llvm::SaveAndRestore<const IfStmt *> test(
        branch_, ofThread ? &branch : branch_);
    const llvm::SaveAndRestore<bool> single(
        single_, single_ || singledOutBy(*branch.getCond()).thread);
    walk(branch.getThen());
  }
  State afterThen = std::exchange(state_, before);
  walk(branch.getElse());
  if (passesBarrier(branch.getThen(), kCalls))
    state_ = std::move(afterThen);
  else if (!passesBarrier(branch.getElse(), kCalls))
    state_.merge(afterThen);
}

/// The second round meets what the first one left behind.
void BarrierFinder::walkLoop(const Stmt &loop) {
  if (const auto *plain = dyn_cast<ForStmt>(&loop)) {
    walk(plain->getInit());
    for (int round = 0; round < 2; ++round) {
      walk(plain->getCond());
      walk(plain->getBody());
      walk(plain->getInc());
    }
    return;
  }
  walkChildren(loop);
  walkChildren(loop);
}

void BarrierFinder::walkAssignment(const BinaryOperator &assign) {
  walk(assign.getRHS());
  if (assign.isCompoundAssignmentOp())
    read(*assign.getLHS());
  const Expr *target = assign.getLHS()->IgnoreParens();
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(target))
    walk(subscript->getIdx());
  write(*target);
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
  for (const Expr *argument : call.arguments())
    walk(argument);
  if (enter(call))
    return;
  const FunctionDecl *callee = call.getDirectCallee();
  const bool isLibrary =
      callee != nullptr &&
      (callee->getBuiltinID() != 0 ||
       context_.getSourceManager().isInSystemHeader(callee->getLocation()));
  // Code that this unit does not show may synchronise, as block-wide
  // algorithms of libraries do when they are given shared memory.
  const bool givesShared = anyStmt(&call, [&](const Stmt &stmt) {
    const auto *expr = dyn_cast<DeclRefExpr>(&stmt);
    const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
    return variable && isBlockShared(*variable);
  });
  if (!isLibrary || (givesShared && isa<CXXMemberCallExpr>(call)))
    state_.of.clear();
}

/// Walks the body of a device function in place.
bool BarrierFinder::enter(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  const FunctionDecl *definition = nullptr;
  if (!callee || !callee->hasBody(definition) ||
      context_.getSourceManager().isInSystemHeader(definition->getLocation()))
    return false;
  if (depth_ == kCalls)
    return !passesBarrier(definition->getBody(), 1);
  const unsigned skip = static_cast<const unsigned int>(
      isa<CXXOperatorCallExpr>(call) && isa<CXXMethodDecl>(definition));
  for (unsigned i = 0;
       i < definition->getNumParams() && i + skip < call.getNumArgs(); ++i)
    arguments_[definition->getParamDecl(i)] =
        sharedBehind(call.getArg(i + skip));
  const llvm::SaveAndRestore<int> depth(depth_, depth_ + 1);
  walk(definition->getBody());
  return true;
}

/// True if \p stmt contains a barrier, here or in a function that it calls.
bool BarrierFinder::passesBarrier(const Stmt *stmt, int depth) const {
  return anyStmt(stmt, [&](const Stmt &inner) {
    if (isBarrier(inner))
      return true;
    const auto *call = dyn_cast<CallExpr>(&inner);
    const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
    const FunctionDecl *definition = nullptr;
    return depth > 0 && callee && callee->hasBody(definition) &&
           !context_.getSourceManager().isInSystemHeader(
               definition->getLocation()) &&
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
  if (variable == nullptr || variable->getType().isVolatileQualified())
    return nullptr;
  if (auto bound = arguments_.find(variable); bound != arguments_.end())
    return bound->second;
  if (isBlockShared(*variable))
    return variable;
  // A pointer into shared memory is a buffer of its own.
  if (variable->getType()->isPointerType() && !isa<ParmVarDecl>(variable) &&
      variable->getInit() != nullptr &&
      !variable->getType()->getPointeeType().isVolatileQualified() &&
      anyStmt(variable->getInit(), [](const Stmt &stmt) {
        const auto *expr = dyn_cast<DeclRefExpr>(&stmt);
        const VarDecl *named = expr ? namedVariable(expr) : nullptr;
        return named && isBlockShared(*named);
      }))
    return variable;
  return nullptr;
}

const VarDecl *
BarrierFinder::sharedIn(const Expr &expression,
                        SmallVectorImpl<const Expr *> &indices) const {
  const Expr *object = bare(&expression);
  for (;;) {
    if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(object)) {
      indices.insert(indices.begin(), subscript->getIdx());
      object = bare(subscript->getBase());
      continue;
    }
    // `T *row = tile[i]; row[j]` is `tile[i][j]`.
    const VarDecl *row = namedVariable(object);
    if (indices.empty() || row == nullptr || !row->getType()->isPointerType() ||
        isa<ParmVarDecl>(row) || row->getInit() == nullptr ||
        !isa<ArraySubscriptExpr>(bare(row->getInit())))
      break;
    object = bare(row->getInit());
  }
  if (const auto *unary = dyn_cast<UnaryOperator>(object);
      unary && unary->getOpcode() == UO_Deref)
    object = bare(unary->getSubExpr());
  else if (indices.empty() && object->getType()->isPointerType())
    return nullptr;  // The pointer, not what it points to.
  const VarDecl *variable = sharedBehind(object);
  return variable && variable->getType().isVolatileQualified() ? nullptr
                                                               : variable;
}

Access BarrierFinder::access(const Expr &expression,
                             ArrayRef<const Expr *> indices) const {
  Access made;
  made.expression = &expression;
  made.indices.append(indices.begin(), indices.end());
  made.branch = branch_;
  made.single = single_;
  return made;
}

/// True if only the thread that made \p one can make \p other: both use its
/// own element, or the same test lets one thread through.
bool BarrierFinder::isSameThread(const Access &one, const Access &other) const {
  if (one.single && other.single)
    return true;
  if (one.indices.size() != other.indices.size())
    return false;
  bool own = false;
  for (unsigned i = 0; i < one.indices.size(); ++i) {
    const Expr *left = bare(one.indices[i]);
    const Expr *right = bare(other.indices[i]);
    if (!sameObject(*left, *right, context_)) {
      // Two loops that hand out the elements alike.
      const VarDecl *first = namedVariable(left);
      const VarDecl *second = namedVariable(right);
      if (!first || !second || !first->getInit() || !second->getInit() ||
          !sameObject(*first->getInit(), *second->getInit(), context_))
        return false;
    }
    own = own || identityOf(*left).thread;
  }
  return own;
}

/// True if the leading index chooses another part of the variable, as in
/// double buffering.
bool BarrierFinder::areApart(const Access &one, const Access &other) const {
  const auto part = [&](const Access &access) -> const Expr * {
    if (access.indices.size() < 2 || identityOf(*access.indices[0]).thread)
      return nullptr;
    return access.indices[0];
  };
  if (const Expr *left = part(one))
    if (const Expr *right = part(other))
      return !sameObject(*left, *right, context_) ||
             namedVariable(left) != nullptr;
  return false;
}

void BarrierFinder::read(const Expr &expression) {
  SmallVector<const Expr *, 2> indices;
  const VarDecl *variable = sharedIn(expression, indices);
  if (!variable)
    return;
  const Access made = access(expression, indices);
  State::Pending &pending = state_.of[variable];
  for (const Access &written : pending.writes) {
    // Every thread stores a scalar before it reads it; the values agree.
    const bool all = written.indices.empty() && written.branch == nullptr;
    if (!all && !isSameThread(written, made) && !areApart(written, made))
      report(*variable, written, made, /*isReuse=*/false);
  }
  pending.reads.push_back(made);
}

void BarrierFinder::write(const Expr &expression, bool atomic) {
  SmallVector<const Expr *, 2> indices;
  const VarDecl *variable = sharedIn(expression, indices);
  if (!variable)
    return;
  Access made = access(expression, indices);
  made.atomic = atomic;
  State::Pending &pending = state_.of[variable];
  if (atomic) {
    for (const Access &written : pending.writes)
      if (!written.atomic && !isSameThread(written, made))
        report(*variable, written, made, /*isReuse=*/false);
  } else {
    for (const Access &seen : pending.reads) {
      const bool sameTest = seen.branch == branch_ && branch_ != nullptr;
      if (!sameTest && !isSameThread(seen, made) && !areApart(seen, made))
        report(*variable, seen, made, /*isReuse=*/true);
    }
  }
  pending.writes.push_back(made);
}

void BarrierFinder::report(const VarDecl &variable, const Access &first,
                           const Access &second, bool isReuse) {
  // A read in the statement of the write belongs to it.
  const SourceManager &sources = context_.getSourceManager();
  if (isReuse &&
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
