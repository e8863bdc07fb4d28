// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Appends.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit {
namespace {

bool isAppend(StringRef method) {
  return llvm::StringSwitch<bool>(method)
      .Cases({"push_back", "emplace_back", "push_front", "emplace_front"}, true)
      .Cases({"append", "grow_by", "PushBack", "EmplaceBack"}, true)
      .Default(false);
}

bool isSequenceInsert(const CXXMemberCallExpr &call) {
  const StringRef container = recordName(
      call.getImplicitObjectArgument()->IgnoreParenImpCasts()->getType());
  return nameOf(call.getMethodDecl()) == "insert" &&
         (container == "vector" || container == "deque" ||
          container == "list" || container == "basic_string");
}

/// `push` and the like where the queue keeps the order of arrival.
bool isQueuePush(const CXXMemberCallExpr &call) {
  const StringRef method = nameOf(call.getMethodDecl());
  const QualType type =
      call.getImplicitObjectArgument()->IgnoreParenImpCasts()->getType();
  return (method == "push" || method == "emplace" || method == "enqueue") &&
         (shapeOf(type) == Shape::Sequence || orderOf(type) == Order::Arrival);
}

/// The file that a C function writes text or bytes to, or null.
const Expr *fileOf(const CallExpr &call) {
  const StringRef name = nameOf(call.getDirectCallee());
  if (name == "fprintf" && call.getNumArgs() > 1)
    return call.getArg(0);
  if ((name == "fwrite" && call.getNumArgs() == 4) ||
      ((name == "fputs" || name == "fputc") && call.getNumArgs() == 2))
    return call.getArg(call.getNumArgs() - 1);
  return nullptr;
}

/// The stream that a chain of `<<` writes to, or null.
const Expr *streamOf(const CXXOperatorCallExpr &call) {
  if (call.getOperator() != OO_LessLess || call.getNumArgs() != 2)
    return nullptr;
  const Expr *left = bare(call.getArg(0));
  if (const auto *inner = dyn_cast<CXXOperatorCallExpr>(left))
    return streamOf(*inner);
  const StringRef type = recordName(left->getType());
  return type.starts_with("basic_o") && type.ends_with("stream") ? left
                                                                 : nullptr;
}

}  // namespace

std::optional<Append> appendBy(const CallExpr &call) {
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call)) {
    const bool appends = isAppend(nameOf(method->getMethodDecl())) ||
                         isSequenceInsert(*method) || isQueuePush(*method);
    if (!appends || call.getNumArgs() == 0)
      return std::nullopt;
    return Append{method->getImplicitObjectArgument(),
                  call.getArg(call.getNumArgs() - 1)};
  }
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&call);
  if (const Expr *stream = op ? streamOf(*op) : nullptr)
    return Append{stream, call.getArg(1)};
  if (const Expr *file = fileOf(call))
    return Append{file, call.getArg(call.getNumArgs() - 1)};
  return std::nullopt;
}

}  // namespace reproaudit
