// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Atomics.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Initialisers and assignments are followed this far.
constexpr int kDepth = 6;

/// A floating sum, difference or product, built in or overloaded.
bool isSum(const Expr &value) {
  if (roundingType(value.getType()).isNull())
    return false;
  if (const auto *op = dyn_cast<BinaryOperator>(&value))
    return op->isAdditiveOp() || op->getOpcode() == BO_Mul;
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&value);
  return op != nullptr &&
         (op->getOperator() == OO_Plus || op->getOperator() == OO_Minus ||
          op->getOperator() == OO_Star);
}

/// Follows what \p swap stores back to a floating operation on what it found.
class SwapReader {
public:
  SwapReader(const AtomicAccess &swap, const Stmt &loop)
      : swap_(swap), loop_(loop) {}

  std::optional<SwapLoop> read() { return read(swap_.value, kDepth); }

private:
  std::optional<SwapLoop> read(const Expr *value, int depth);
  std::optional<SwapLoop> readCall(const CallExpr &call, int depth);
  std::optional<SwapLoop> readVariable(const VarDecl &variable, int depth);

  /// True if \p value may depend on a variable that the loop writes.
  bool dependsOnLoop(const Expr *value, int depth) const;
  bool isWritten(const VarDecl &variable) const;

  const AtomicAccess &swap_;
  const Stmt &loop_;
};

std::optional<SwapLoop> SwapReader::read(const Expr *value, int depth) {
  if (!value || depth == 0)
    return std::nullopt;
  value = bare(value);
  if (isSum(*value))
    return dependsOnLoop(value, kDepth)
               ? std::optional<SwapLoop>(
                     {roundingType(value->getType()), value})
               : std::nullopt;
  if (const VarDecl *variable = namedVariable(value))
    return readVariable(*variable, depth);
  if (const auto *call = dyn_cast<CallExpr>(value))
    return readCall(*call, depth);
  // `*(unsigned *)&sum`
  if (const auto *unary = dyn_cast<UnaryOperator>(value))
    return read(unary->getSubExpr(), depth - 1);
  return std::nullopt;
}

/// `__float_as_int(x)`, `std::bit_cast<int>(x)`, `add(x, y)`
std::optional<SwapLoop> SwapReader::readCall(const CallExpr &call, int depth) {
  const StringRef name = nameOf(call.getDirectCallee());
  const QualType rounds = roundingType(call.getType());
  if (name.contains_insensitive("add") && !rounds.isNull())
    return SwapLoop{rounds, &call};
  if (name.contains_insensitive("min") || name.contains_insensitive("max"))
    return std::nullopt;
  for (const Expr *argument : call.arguments())
    if (auto found = read(argument, depth - 1))
      return found;
  return std::nullopt;
}

std::optional<SwapLoop> SwapReader::readVariable(const VarDecl &variable,
                                                 int depth) {
  if (variable.getInit())
    if (auto found = read(variable.getInit(), depth - 1))
      return found;
  std::optional<SwapLoop> found;
  anyStmt(&loop_, [&](const Stmt &stmt) {
    if (const auto *assign = dyn_cast<BinaryOperator>(&stmt);
        assign && assign->isAssignmentOp() &&
        namedVariable(assign->getLHS()) == &variable) {
      const QualType rounds = roundingType(assign->getType());
      if (assign->isCompoundAssignmentOp() && !rounds.isNull())
        found = SwapLoop{rounds, assign};
      else
        found = read(assign->getRHS(), depth - 1);
    }
    // `memcpy(&bits, &sum, sizeof sum)`
    const auto *call = dyn_cast<CallExpr>(&stmt);
    if (call && call->getNumArgs() == 3)
      if (const auto *to = dyn_cast<UnaryOperator>(bare(call->getArg(0)));
          to && to->getOpcode() == UO_AddrOf &&
          namedVariable(to->getSubExpr()) == &variable)
        found = read(call->getArg(1), depth - 1);
    return found.has_value();
  });
  return found;
}

bool SwapReader::isWritten(const VarDecl &variable) const {
  return anyStmt(&loop_, [&](const Stmt &stmt) {
    if (const auto *assign = dyn_cast<BinaryOperator>(&stmt))
      return assign->isAssignmentOp() &&
             namedVariable(assign->getLHS()) == &variable;
    if (const auto *unary = dyn_cast<UnaryOperator>(&stmt))
      return unary->getOpcode() == UO_AddrOf &&
             namedVariable(unary->getSubExpr()) == &variable;
    const auto *call = dyn_cast<CXXMemberCallExpr>(&stmt);
    // compare_exchange takes what it expects by reference and updates it.
    return call && call->getNumArgs() > 1 &&
           namedVariable(call->getArg(0)) == &variable;
  });
}

bool SwapReader::dependsOnLoop(const Expr *value, int depth) const {
  return depth > 0 && anyStmt(value, [&](const Stmt &stmt) {
           const auto *expr = dyn_cast<DeclRefExpr>(&stmt);
           const VarDecl *variable = expr ? namedVariable(expr) : nullptr;
           if (!variable)
             return false;
           return isWritten(*variable) ||
                  (variable->getInit() &&
                   dependsOnLoop(variable->getInit(), depth - 1));
         });
}

}  // namespace

std::optional<SwapLoop> floatingSwap(const AtomicAccess &swap,
                                     const Stmt &loop) {
  return SwapReader(swap, loop).read();
}

}  // namespace reproaudit
