// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Guarding.h"

#include "reproaudit/analysis/Accumulation.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace clang;
using reproaudit::catalogue::Guard;

namespace reproaudit {
namespace {

/// Calls are followed this far from the function of a guard to that of a use.
constexpr int kCalls = 3;

/// True if \p wanted is a part of \p root or of the initialiser of a variable
/// that \p root names.
bool isPartOf(const Expr *wanted, const Stmt *root, int depth) {
  return anyStmt(root, [&](const Stmt &stmt) {
    if (&stmt == wanted)
      return true;
    const auto *name = dyn_cast<DeclRefExpr>(&stmt);
    const auto *variable = name ? dyn_cast<VarDecl>(name->getDecl()) : nullptr;
    return depth > 0 && variable && variable->getInit() &&
           isPartOf(wanted, variable->getInit(), depth - 1);
  });
}

class Judge {
public:
  Judge(const LibraryUse &use, const LibraryUses &uses)
      : use_(use), uses_(uses), unit_(uses.unit()) {}

  void judge(const Guard &guard, const LibraryUse &found);
  Guarding take() { return std::move(result_); }

private:
  void fail(const LibraryUse &found, std::string why) {
    result_.failures.push_back({found.at, std::move(why)});
  }
  /// True if \p found runs only after the use.
  bool isLate(const LibraryUse &found) const;
  bool reaches(const FunctionDecl *from, const FunctionDecl *to,
               int depth) const;

  const LibraryUse &use_;
  const LibraryUses &uses_;
  const UnitIndex &unit_;
  Guarding result_;
};

bool Judge::reaches(const FunctionDecl *from, const FunctionDecl *to,
                    int depth) const {
  if (from->getCanonicalDecl() == to->getCanonicalDecl())
    return true;
  return depth > 0 && llvm::any_of(unit_.calls(), [&](const Call &call) {
           const FunctionDecl *caller = unit_.functionAt(call.place);
           return caller &&
                  caller->getCanonicalDecl() == from->getCanonicalDecl() &&
                  reaches(call.callee, to, depth - 1);
         });
}

bool Judge::isLate(const LibraryUse &found) const {
  const FunctionDecl *here = unit_.functionAt(found.place);
  const FunctionDecl *there = unit_.functionAt(use_.place);
  if (!here || !there)
    return false;
  if (here == there)
    return use_.place.order < found.place.order;
  // The guard is late if its function calls that of the use, but only before.
  bool before = false;
  for (const Call &call : unit_.calls())
    if (unit_.functionAt(call.place) == here &&
        reaches(call.callee, there, kCalls)) {
      if (call.place.order > found.place.order)
        return false;
      before = true;
    }
  return before;
}

void Judge::judge(const Guard &guard, const LibraryUse &found) {
  if (guard.scope == Guard::Scope::Call) {
    if (!isPartOf(found.at, use_.at, kCalls))
      return;
  } else if (guard.scope == Guard::Scope::Function) {
    if (unit_.functionAt(found.place) != unit_.functionAt(use_.place))
      return;
  } else if (guard.scope == Guard::Scope::Object &&
             !uses_.isSameObject(found.object, use_.object)) {
    if (found.object && use_.object)
      return fail(found, "this holds for '" + found.object->getNameAsString() +
                             "', not for '" + use_.object->getNameAsString() +
                             "'");
    return;
  } else if (!use_.makesObject && isLate(found)) {
    result_.isLate |= guard.scope == Guard::Scope::Process;
    return fail(found, "this comes too late");
  }
  result_.state =
      std::max(result_.state, guard.partial ? Guarding::State::Partial
                                            : Guarding::State::Full);
  if (guard.partial)
    fail(found, "this mends only a part of it");
}

}  // namespace

Guarding guardingOf(const LibraryUse &use, const catalogue::Entry &entry,
                    const catalogue::Library &library, const LibraryUses &uses,
                    VersionHolds holds) {
  Judge judge(use, uses);
  for (const std::string &id : entry.guards) {
    const Guard &guard = *library.guard(id);
    if (guard.version && !holds(*guard.version))
      continue;
    for (const catalogue::Use &when : guard.when)
      for (const LibraryUse &found : uses.find(when))
        judge.judge(guard, found);
  }
  return judge.take();
}

}  // namespace reproaudit
