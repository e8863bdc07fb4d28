// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Locks.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit {
namespace {

/// An object whose class is called lock, locker or guard, in any style.
bool isLockObject(const Stmt &stmt) {
  const auto *declaration = dyn_cast<DeclStmt>(&stmt);
  const auto *variable = declaration && declaration->isSingleDecl()
                             ? dyn_cast<VarDecl>(declaration->getSingleDecl())
                             : nullptr;
  if (!variable)
    return false;
  const std::string lower = recordName(variable->getType()).lower();
  const StringRef name(lower);
  return (name.ends_with("lock") || name.ends_with("locker") ||
          name.ends_with("guard")) &&
         !name.ends_with("clock") && !name.ends_with("block");
}

StringRef calledName(const Stmt &stmt) {
  const auto *expr = dyn_cast<Expr>(&stmt);
  const auto *call = expr ? dyn_cast<CallExpr>(bare(expr)) : nullptr;
  return call ? nameOf(call->getDirectCallee()) : StringRef();
}

bool isOnAtomic(const CXXMemberCallExpr &call) {
  const StringRef type = recordName(
      call.getImplicitObjectArgument()->IgnoreParenImpCasts()->getType());
  return type == "atomic" || type == "atomic_flag" || type == "atomic_bool";
}

/// `while (flag.test_and_set()) ;` and the like.
bool isSpin(const Stmt &stmt) {
  const auto *loop = dyn_cast<WhileStmt>(&stmt);
  return loop != nullptr && anyStmt(loop->getCond(), [](const Stmt &inner) {
           const auto *call = dyn_cast<CXXMemberCallExpr>(&inner);
           const StringRef name = call ? nameOf(call->getMethodDecl()) : "";
           return call && isOnAtomic(*call) &&
                  (name == "test_and_set" || name == "exchange");
         });
}

/// `flag.clear()`, `flag.store(false)`
bool endsSpin(const Stmt &stmt) {
  const auto *expr = dyn_cast<Expr>(&stmt);
  const auto *call = expr ? dyn_cast<CXXMemberCallExpr>(bare(expr)) : nullptr;
  const StringRef name = call ? nameOf(call->getMethodDecl()) : "";
  return call != nullptr && isOnAtomic(*call) &&
         (name == "clear" || name == "store");
}

}  // namespace

LockAction lockAction(const Stmt &stmt) {
  if (isLockObject(stmt) || isSpin(stmt))
    return LockAction::Take;
  if (endsSpin(stmt))
    return LockAction::Release;
  return llvm::StringSwitch<LockAction>(calledName(stmt))
      .Cases({"lock", "Lock", "omp_set_lock", "omp_set_nest_lock"},
             LockAction::Take)
      .Cases({"pthread_mutex_lock", "pthread_spin_lock", "mtx_lock"},
             LockAction::Take)
      .Cases({"EnterCriticalSection", "pthread_rwlock_wrlock"},
             LockAction::Take)
      .Cases({"unlock", "Unlock", "omp_unset_lock", "omp_unset_nest_lock"},
             LockAction::Release)
      .Cases({"pthread_mutex_unlock", "pthread_spin_unlock", "mtx_unlock"},
             LockAction::Release)
      .Cases({"LeaveCriticalSection", "pthread_rwlock_unlock"},
             LockAction::Release)
      .Default(LockAction::None);
}

}  // namespace reproaudit
