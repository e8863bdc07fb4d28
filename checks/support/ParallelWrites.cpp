// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/ParallelWrites.h"

#include "Locks.h"

#include "reproaudit/analysis/Appends.h"
#include "reproaudit/analysis/Atomics.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/SaveAndRestore.h"

#include <map>
#include <mutex>

using namespace clang;

namespace reproaudit {
namespace {

/// Calls inside a region are followed this far.
constexpr int kCalls = 4;

/// Fills the list of writes of one function.
class WriteFinder {
public:
  WriteFinder(ParallelCode &code, const FunctionDecl &function)
      : code_(code), context_(function.getASTContext()) {
    for (const ParallelRegion &region : code.regions) {
      starts_.insert(region.directive
                         ? region.start
                         : static_cast<const Stmt *>(region.lambda));
    }
  }

  void find(const FunctionDecl &function) {
    for (const ParallelRegion &region : code_.regions) {
      region_ = &region;
      sharing_.emplace(region);
      walkRegion(*region.body);
    }
    region_ = nullptr;
    sharing_.reset();
    walk(function.getBody());
    settleSections();
  }

private:
  /// One thread runs a section: a write in it is alone unless another section
  /// writes the same object.
  void settleSections() {
    const auto isRival = [](const ParallelWrite &one,
                            const ParallelWrite &two) {
      return two.section && two.section != one.section &&
             namedRoot(two.target) == namedRoot(one.target);
    };
    for (ParallelWrite &write : code_.writes)
      if (write.section)
        write.once |=
            llvm::none_of(code_.writes, [&](const ParallelWrite &other) {
              return isRival(write, other);
            });
  }
  void walkRegion(const Stmt &body) {
    if (const auto *directive = dyn_cast<OMPExecutableDirective>(&body))
      return enterDirective(*directive);
    walk(&body);
  }
  void walk(const Stmt *stmt);
  void walkChildren(const Stmt &stmt) {
    for (const Stmt *child : stmt.children())
      walk(child);
  }
  void walkBlock(const CompoundStmt &block);
  void walkBranch(const IfStmt &branch);
  void noteLock(const Stmt &stmt);
  void enterDirective(const OMPExecutableDirective &directive);
  bool checkAtomic(const Expr &expression);
  void checkExpression(const Expr &expression);
  void checkCall(const CallExpr &call);
  void follow(const Expr &call, const FunctionDecl *callee);
  void record(ParallelWrite::Kind kind, const Expr &expression,
              const Expr *target, const Expr *value, QualType rounds);
  Reach reachOf(const Expr &target) const;
  bool outlivesIteration(const Expr &target) const;
  bool isTurnWait(const Stmt &stmt) const;
  bool comparesOwner(const Stmt *condition, BinaryOperatorKind op) const;

  ParallelCode &code_;
  const ASTContext &context_;
  llvm::SmallPtrSet<const Stmt *, 8> starts_;
  llvm::DenseMap<const Expr *, size_t> known_;
  llvm::DenseSet<std::pair<const FunctionDecl *, const ParallelRegion *>>
      followed_[2];
  llvm::SmallPtrSet<const VarDecl *, 16> ofIteration_;

  const ParallelRegion *region_ = nullptr;
  std::optional<Sharing> sharing_;
  Guard guard_ = Guard::None;
  const Stmt *guardedBy_ = nullptr;
  bool once_ = false;
  const Stmt *section_ = nullptr;
  const OMPExecutableDirective *worksharing_ = nullptr;
  const Expr *via_ = nullptr;
  const Stmt *loop_ = nullptr;  ///< The innermost that may swap.
  const IfStmt *branch_ = nullptr;
  int depth_ = 0;
};

void WriteFinder::walk(const Stmt *stmt) {
  if (!stmt || starts_.contains(stmt))
    return;
  if (const auto *directive = dyn_cast<OMPExecutableDirective>(stmt))
    return enterDirective(*directive);
  if (const auto *captured = dyn_cast<CapturedStmt>(stmt))
    return walk(captured->getCapturedStmt());
  if (const auto *block = dyn_cast<CompoundStmt>(stmt))
    return walkBlock(*block);
  if (const auto *branch = dyn_cast<IfStmt>(stmt))
    return walkBranch(*branch);
  if (const auto *lambda = dyn_cast<LambdaExpr>(stmt))
    return walk(callOperator(*lambda)->getBody());
  if (const auto *declarations = dyn_cast<DeclStmt>(stmt)) {
    for (const Decl *declaration : declarations->decls())
      if (const auto *variable = dyn_cast<VarDecl>(declaration)) {
        if (worksharing_)
          ofIteration_.insert(variable);
        walk(variable->getInit());
      }
    return;
  }
  if (const auto *expression = dyn_cast<Expr>(stmt))
    checkExpression(*expression);
  const auto *call = dyn_cast<CallExpr>(stmt);
  const bool callsOnce =
      call != nullptr && nameOf(call->getDirectCallee()) == "call_once";
  const llvm::SaveAndRestore<bool> once(once_, once_ || callsOnce);
  const bool isLoop = isa<ForStmt, WhileStmt, DoStmt>(stmt);
  const llvm::SaveAndRestore<const Stmt *> loop(loop_, isLoop ? stmt : loop_);
  walkChildren(*stmt);
}

/// A lock holds from its statement to the end of the block or to its release.
void WriteFinder::walkBlock(const CompoundStmt &block) {
  const llvm::SaveAndRestore<Guard> guard(guard_);
  const llvm::SaveAndRestore<const Stmt *> guardedBy(guardedBy_);
  for (const Stmt *stmt : block.body()) {
    noteLock(*stmt);
    if (isTurnWait(*stmt))
      guard_ = Guard::Ordered;
    walk(stmt);
  }
}

void WriteFinder::noteLock(const Stmt &stmt) {
  switch (lockAction(stmt)) {
  case LockAction::Take:
    guard_ = Guard::Lock;
    guardedBy_ = &stmt;
    break;
  case LockAction::Release:
    guard_ = Guard::None;
    break;
  case LockAction::None:
    break;
  }
}

void WriteFinder::walkBranch(const IfStmt &branch) {
  const llvm::SaveAndRestore<Guard> guard(guard_);
  const llvm::SaveAndRestore<const Stmt *> guardedBy(guardedBy_);
  if (branch.getInit())
    noteLock(*branch.getInit());
  walk(branch.getInit());
  walk(branch.getConditionVariableDeclStmt());
  walk(branch.getCond());
  const llvm::SaveAndRestore<const IfStmt *> inside(branch_, &branch);
  {
    const llvm::SaveAndRestore<bool> once(
        once_, once_ || comparesOwner(branch.getCond(), BO_EQ));
    walk(branch.getThen());
  }
  walk(branch.getElse());
}

/// True if \p condition compares a number of the execution, as in `tid == 0`.
bool WriteFinder::comparesOwner(const Stmt *condition,
                                BinaryOperatorKind wanted) const {
  return sharing_ && anyStmt(condition, [&](const Stmt &stmt) {
           if (const auto *op = dyn_cast<BinaryOperator>(&stmt))
             return op->getOpcode() == wanted &&
                    (sharing_->owner(*op->getLHS()) != Reach::Shared ||
                     sharing_->owner(*op->getRHS()) != Reach::Shared);
           const auto *inverted = dyn_cast<UnaryOperator>(&stmt);
           return wanted == BO_EQ && inverted &&
                  inverted->getOpcode() == UO_LNot &&
                  sharing_->owner(*inverted->getSubExpr()) == Reach::ThreadSlot;
         });
}

/// `turn.wait(lock, [&] { return next == id; })` and `while (next != id) ...`:
/// the executions pass here in a fixed order.
bool WriteFinder::isTurnWait(const Stmt &stmt) const {
  if (const auto *loop = dyn_cast<WhileStmt>(&stmt))
    return (comparesOwner(loop->getCond(), BO_NE) ||
            comparesOwner(loop->getCond(), BO_LT)) &&
           !anyStmt(loop->getBody(), [](const Stmt &inner) {
             const auto *op = dyn_cast<BinaryOperator>(&inner);
             const auto *step = dyn_cast<UnaryOperator>(&inner);
             return (op && op->isAssignmentOp()) ||
                    (step && step->isIncrementDecrementOp());
           });
  const auto *expr = dyn_cast<Expr>(&stmt);
  const auto *call = expr ? dyn_cast<CXXMemberCallExpr>(bare(expr)) : nullptr;
  return call != nullptr && nameOf(call->getMethodDecl()) == "wait" &&
         call->getNumArgs() > 1 && comparesOwner(call->getArg(1), BO_EQ);
}

void WriteFinder::enterDirective(const OMPExecutableDirective &directive) {
  if (!directive.hasAssociatedStmt())
    return;
  const llvm::SaveAndRestore<Guard> guard(guard_);
  const llvm::SaveAndRestore<const Stmt *> guardedBy(guardedBy_);
  const llvm::SaveAndRestore<bool> once(once_);
  const llvm::SaveAndRestore<const Stmt *> section(section_);
  const llvm::SaveAndRestore<const OMPExecutableDirective *> loop(worksharing_);
  switch (directive.getDirectiveKind()) {
  case llvm::omp::OMPD_atomic:
    guard_ = Guard::Atomic;
    guardedBy_ = &directive;
    break;
  case llvm::omp::OMPD_critical:
    guard_ = Guard::Critical;
    guardedBy_ = &directive;
    break;
  case llvm::omp::OMPD_ordered:
    guard_ = Guard::Ordered;
    break;
  case llvm::omp::OMPD_single:
  case llvm::omp::OMPD_master:
  case llvm::omp::OMPD_masked:
    once_ = true;
    break;
  case llvm::omp::OMPD_section:
    section_ = &directive;
    break;
  default:
    if (isOpenMPTaskingDirective(directive.getDirectiveKind())) {
      once_ = false;
      worksharing_ = &directive;
    }
    if (isOpenMPWorksharingDirective(directive.getDirectiveKind()) &&
        isOpenMPLoopDirective(directive.getDirectiveKind()))
      worksharing_ = &directive;
    break;
  }
  walk(directive.getAssociatedStmt());
}

/// An addition to an atomic object, or a loop that amounts to one.
bool WriteFinder::checkAtomic(const Expr &expression) {
  const auto access = atomicAccess(expression);
  if (!access)
    return false;
  const llvm::SaveAndRestore<Guard> guard(guard_, Guard::AtomicObject);
  const llvm::SaveAndRestore<const Stmt *> guardedBy(guardedBy_, &expression);
  if (access->op == AtomicAccess::Op::Add)
    record(ParallelWrite::Kind::Accumulate, expression, access->target,
           access->value, roundingType(access->element));
  else if (access->op == AtomicAccess::Op::CompareExchange && loop_)
    if (const auto sum = floatingSwap(*access, *loop_))
      record(ParallelWrite::Kind::Accumulate, expression, access->target,
             sum->value, sum->rounds);
  return true;
}

void WriteFinder::checkExpression(const Expr &expression) {
  if (checkAtomic(expression))
    return;
  if (const auto added = accumulation(expression, context_)) {
    // `text += piece` on a string appends.
    const auto *overloaded = dyn_cast<CXXOperatorCallExpr>(&expression);
    const bool text = overloaded != nullptr &&
                      recordName(added->target->getType()) == "basic_string";
    record(text ? ParallelWrite::Kind::Append : ParallelWrite::Kind::Accumulate,
           expression, added->target, added->value, added->rounds);
    if (overloaded)
      return;  // What its operator does inside is the same addition again.
  } else if (const auto *assign = dyn_cast<BinaryOperator>(&expression);
             assign && assign->isAssignmentOp()) {
    record(ParallelWrite::Kind::Store, expression, assign->getLHS(),
           assign->getRHS(), {});
  } else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&expression);
             op && op->getOperator() == OO_Equal) {
    record(ParallelWrite::Kind::Store, expression, op->getArg(0), op->getArg(1),
           {});
  }
  if (const auto *call = dyn_cast<CallExpr>(&expression))
    checkCall(*call);
  else if (const auto *made = dyn_cast<CXXConstructExpr>(&expression))
    follow(*made, made->getConstructor());
}

void WriteFinder::checkCall(const CallExpr &call) {
  if (const auto append = appendBy(call))
    return record(ParallelWrite::Kind::Append, call, append->sequence,
                  append->value, {});
  follow(call, call.getDirectCallee());
}

/// Walks what \p call runs, if the unit shows it.
void WriteFinder::follow(const Expr &call, const FunctionDecl *callee) {
  const FunctionDecl *definition = nullptr;
  if (!sharing_ || depth_ == kCalls || !callee ||
      !callee->hasBody(definition) ||
      context_.getSourceManager().isInSystemHeader(definition->getLocation()))
    return;
  Sharing inner = sharing_->inside(call, *definition);
  if (!followed_[inner.seesShared()].insert({definition, region_}).second)
    return;
  const llvm::SaveAndRestore<int> depth(depth_, depth_ + 1);
  const llvm::SaveAndRestore<const Expr *> via(via_, via_ ? via_ : &call);
  const llvm::SaveAndRestore<const OMPExecutableDirective *> loop(worksharing_,
                                                                  nullptr);
  const llvm::SaveAndRestore<const IfStmt *> branch(branch_, nullptr);
  std::optional<Sharing> outer = std::exchange(sharing_, std::move(inner));
  walk(definition->getBody());
  sharing_ = std::move(outer);
}

/// True if a pointer or reference that is a member leads to \p target.
bool goesThroughMember(const Expr &target) {
  return anyStmt(&target, [](const Stmt &stmt) {
    const auto *member = dyn_cast<MemberExpr>(&stmt);
    return member &&
           member->getMemberDecl()->getType()->isPointerOrReferenceType();
  });
}

Reach WriteFinder::reachOf(const Expr &target) const {
  if (sharing_) {
    // `job->total` of an execution's own job may point to what all share; who
    // takes a lock says that it does.
    const Reach reach = sharing_->reach(target);
    return guard_ == Guard::Lock && reach == Reach::OwnSlot &&
                   goesThroughMember(target)
               ? Reach::Shared
               : reach;
  }
  const auto *variable = dyn_cast_or_null<VarDecl>(namedRoot(&target));
  return variable && variable->hasLocalStorage() &&
                 guard_ != Guard::AtomicObject &&
                 !variable->getType()->isPointerOrReferenceType()
             ? Reach::Private
             : Reach::Shared;
}

bool WriteFinder::outlivesIteration(const Expr &target) const {
  if (!region_ || !worksharing_)
    return false;
  const auto *variable = dyn_cast_or_null<VarDecl>(namedRoot(&target));
  return variable != nullptr && variable->hasLocalStorage() &&
         !region_->isShared(*variable) &&
         !region_->reduced.contains(variable) &&
         !region_->indices.contains(variable) &&
         !ofIteration_.contains(variable);
}

/// Of two walks over one expression, the one through the call of a lambda knows
/// the lock under which it runs; else the more shared one counts.
bool tellsMore(const ParallelWrite &newer, const ParallelWrite &known) {
  if ((newer.guard == Guard::None) != (known.guard == Guard::None))
    return known.guard == Guard::None;
  return known.reach < newer.reach;
}

void WriteFinder::record(ParallelWrite::Kind kind, const Expr &expression,
                         const Expr *target, const Expr *value,
                         QualType rounds) {
  if (target->isTypeDependent())
    return;
  if (!region_ && guard_ == Guard::None)
    return;  // Nothing says that this is parallel.
  ParallelWrite write;
  write.kind = kind;
  write.expression = &expression;
  write.target = target;
  write.value = value;
  write.rounds = rounds;
  write.guard = guard_;
  write.guardedBy = guardedBy_;
  write.reach = reachOf(*target);
  write.once = once_;
  write.section = section_;
  write.region = region_;
  write.worksharing = worksharing_;
  write.branch = branch_;
  write.outlivesIteration = outlivesIteration(*target);
  write.via = via_;
  const auto [place, isNew] =
      known_.try_emplace(&expression, code_.writes.size());
  if (isNew)
    code_.writes.push_back(write);
  else if (region_ && tellsMore(write, code_.writes[place->second]))
    code_.writes[place->second] = write;
}

}  // namespace

const ParallelCode &parallelCode(const FunctionDecl &function) {
  struct Answer {
    const FunctionDecl *function = nullptr;
    ParallelCode code;
  };
  static std::mutex mutex;
  static std::map<const ASTContext *, Answer> answers;

  ASTContext &context = function.getASTContext();
  Answer *answer = nullptr;
  {
    const std::lock_guard lock(mutex);
    const auto [place, isNew] = answers.try_emplace(&context);
    answer = &place->second;
    if (isNew)  // Forget the unit together with its AST.
      context.AddDeallocation(
          [](void *unit) {
            const std::lock_guard lock(mutex);
            answers.erase(static_cast<const ASTContext *>(unit));
          },
          &context);
  }
  if (answer->function != &function) {
    answer->function = &function;
    answer->code = {};
    answer->code.regions = parallelRegions(function);
    WriteFinder(answer->code, function).find(function);
  }
  return answer->code;
}

}  // namespace reproaudit
