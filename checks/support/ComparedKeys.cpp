// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ComparedKeys.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/PrettyPrinter.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Local variables that are made of local variables are followed this deep.
constexpr int kLocals = 4;

/// The initialiser of the local variable that \p decl is, or null.
const Expr *localInit(const ValueDecl *decl) {
  const auto *local = dyn_cast_or_null<VarDecl>(decl);
  return local && local->hasLocalStorage() && !isa<ParmVarDecl>(local)
             ? local->getInit()
             : nullptr;
}

unsigned usedOperands(const Stmt *stmt, const Operands &operands, int depth) {
  unsigned used = 0;
  anyStmt(stmt, [&](const Stmt &part) {
    if (const auto *reference = dyn_cast<DeclRefExpr>(&part)) {
      const ValueDecl *decl = reference->getDecl();
      used |= decl == operands.left ? 1U : decl == operands.right ? 2U : 0U;
      if (const Expr *init = depth > 0 ? localInit(decl) : nullptr)
        used |= usedOperands(init, operands, depth - 1);
    } else if (!operands.left && isa<CXXThisExpr>(part)) {
      used |= 1U;
    }
    return false;
  });
  return used;
}

class KeyPrinter : public PrinterHelper {
public:
  KeyPrinter(const Operands &operands, const ASTContext &context)
      : operands_(operands), policy_(context.getLangOpts()) {}

  std::string print(const Expr *expr) {
    std::string text;
    llvm::raw_string_ostream out(text);
    bare(expr)->printPretty(out, this, policy_);
    return text;
  }

  bool handledStmt(Stmt *stmt, llvm::raw_ostream &out) override {
    const auto *expr = dyn_cast<Expr>(stmt);
    if (!expr || isa<InitListExpr>(expr))
      return false;
    if (const Expr *inner = bare(expr); inner != expr) {
      out << print(inner);
      return true;
    }
    if (operands_.isOperand(*expr)) {
      out << '_';
      return true;
    }
    if (const auto *member = dyn_cast<MemberExpr>(expr);
        member != nullptr && isa<CXXThisExpr>(bare(member->getBase())) &&
        operands_.left == nullptr) {
      out << "_." << member->getMemberDecl()->getName();
      return true;
    }
    const VarDecl *local = namedVariable(expr);
    const Expr *init = localInit(local);
    if (!init || depth_ > kLocals ||
        reproaudit::usedOperands(init, operands_) == 0)
      return false;
    ++depth_;
    out << print(init);
    --depth_;
    return true;
  }

private:
  const Operands &operands_;
  PrintingPolicy policy_;
  int depth_ = 0;
};

/// `name` of `name()`, `score` of `score[index[_]]`.
StringRef withoutArguments(StringRef key) {
  while (key.ends_with(")") || key.ends_with("]")) {
    int open = 0;
    std::size_t begin = key.size();
    do {
      const char c = key[--begin];
      open += c == ')' || c == ']' ? 1 : c == '(' || c == '[' ? -1 : 0;
    } while (open > 0 && begin > 0);
    if (begin == 0)
      break;
    key = key.take_front(begin);
  }
  return key;
}

}  // namespace

bool Operands::isOperand(const Expr &expr) const {
  if (const auto *reference = dyn_cast<DeclRefExpr>(&expr))
    return reference->getDecl() == left || reference->getDecl() == right;
  return left == nullptr && isa<CXXThisExpr>(expr);
}

unsigned usedOperands(const Stmt *stmt, const Operands &operands) {
  return usedOperands(stmt, operands, kLocals);
}

std::string keyOf(const Expr *expr, const Operands &operands,
                  const ASTContext &context) {
  return KeyPrinter(operands, context).print(expr);
}

llvm::SmallVector<const Expr *, 4> partsOf(const Expr *expr) {
  expr = bare(expr);
  if (const auto *call = dyn_cast<CallExpr>(expr)) {
    const StringRef name = calledName(*call);
    if (name == "tie" || name == "make_pair" || name == "make_tuple" ||
        name == "forward_as_tuple")
      return {call->arg_begin(), call->arg_end()};
  } else if (const auto *made = dyn_cast<CXXConstructExpr>(expr)) {
    if (made->getNumArgs() > 1)
      return {made->arg_begin(), made->arg_end()};
  }
  return {expr};
}

bool isIdentifying(StringRef key) {
  static constexpr llvm::StringLiteral kWords[] = {
      "id",      "uid",      "uuid",      "ids",    "idx",    "index",
      "indices", "name",     "rank",      "pos",    "path",   "file",
      "line",    "order",    "offset",    "seq",    "number", "start",
      "begin",   "position", "timestamp", "address"};
  key = withoutArguments(key);
  const std::size_t begin = key.find_last_of(".>([ *-!&");
  return hasWord(key.substr(begin == StringRef::npos ? 0 : begin), kWords);
}

}  // namespace reproaudit
