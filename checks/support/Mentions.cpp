// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Mentions.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Gives a position in its object or argument.
bool givesPosition(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"begin", "cbegin", "rbegin", "data"}, true)
      .Cases({"make_move_iterator", "next", "prev"}, true)
      .Default(false);
}

bool passesOn(StringRef name) {
  return name == "move" || name == "forward" || name == "ref" ||
         name == "as_const" || name == "cref";
}

/// Is \p stmt only in the way: a cast, a temporary, a copy?
bool isTransparent(const Stmt &stmt) {
  const auto *made = dyn_cast<CXXConstructExpr>(&stmt);
  return isa<CastExpr, ParenExpr, MaterializeTemporaryExpr, ExprWithCleanups,
             CXXBindTemporaryExpr>(stmt) ||
         (made != nullptr && made->getConstructor()->isCopyOrMoveConstructor());
}

class Search {
public:
  Search(const NamedDecl &wanted,
         llvm::function_ref<void(const Mention &)> visit)
      : wanted_(wanted), visit_(visit) {}

  void in(const Stmt *stmt) {
    if (!stmt)
      return;
    if (const auto *expr = dyn_cast<Expr>(stmt);
        expr && isa<DeclRefExpr, MemberExpr>(expr) &&
        namedDecl(expr) == &wanted_) {
      visit_(mention());
      return;
    }
    parents_.push_back(stmt);
    for (const Stmt *child : stmt->children())
      in(child);
    parents_.pop_back();
  }

private:
  /// The parents of the expression that was found, innermost first.
  class Climb {
  public:
    explicit Climb(llvm::ArrayRef<const Stmt *> parents) : rest_(parents) {}
    const Stmt *next() {
      while (!rest_.empty()) {
        const Stmt *parent = rest_.back();
        rest_ = rest_.drop_back();
        if (!isTransparent(*parent))
          return parent;
      }
      return nullptr;
    }

  private:
    llvm::ArrayRef<const Stmt *> rest_;
  };

  Mention mention() const {
    Mention found;
    Climb climb(parents_);
    while (const Stmt *parent = climb.next()) {
      found.around = parent;
      found.isObject = false;
      StringRef name;
      if (isa<MemberExpr>(parent)) {
        const Stmt *call = climb.next();
        const auto *method = dyn_cast_or_null<CXXMemberCallExpr>(call);
        if (!method || method->getCallee()->IgnoreParens() != parent)
          return found;
        found.around = method;
        found.isObject = true;
        name = nameOf(method->getMethodDecl());
      } else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(parent)) {
        // `v.begin() + n` is a position as well.
        if (!found.isRange ||
            (op->getOperator() != OO_Plus && op->getOperator() != OO_Minus))
          return found;
        continue;
      } else if (const auto *call = dyn_cast<CallExpr>(parent)) {
        name = nameOf(call->getDirectCallee());
      }
      if (givesPosition(name))
        found.isRange = true;
      else if (!passesOn(name))
        return found;
    }
    found.around = nullptr;
    return found;
  }

  const NamedDecl &wanted_;
  llvm::function_ref<void(const Mention &)> visit_;
  llvm::SmallVector<const Stmt *, 16> parents_;
};

}  // namespace

void forEachMention(const Stmt &root, const NamedDecl &wanted,
                    llvm::function_ref<void(const Mention &)> visit) {
  Search(wanted, visit).in(&root);
}

const NamedDecl *namedDecl(const Expr *expr) {
  expr = bare(expr);
  if (const auto *call = dyn_cast<CallExpr>(expr);
      call && call->getNumArgs() == 1 &&
      passesOn(nameOf(call->getDirectCallee())))
    return namedDecl(call->getArg(0));
  if (const auto *member = dyn_cast<MemberExpr>(expr))
    return member->getMemberDecl();
  const auto *reference = dyn_cast<DeclRefExpr>(expr);
  return reference ? reference->getDecl() : nullptr;
}

}  // namespace reproaudit
