// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Sorts.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Callables.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

using Kind = Sort::Kind;

bool handsOut(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"begin", "cbegin", "rbegin", "crbegin", "data"}, true)
      .Cases({"end", "cend", "rend", "make_move_iterator"}, true)
      .Default(false);
}

/// The expression inside \p expr that \p expr is a position in, or null.
const Expr *oneStepToContainer(const Expr *expr) {
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(expr))
    return handsOut(nameOf(method->getMethodDecl()))
               ? method->getImplicitObjectArgument()
               : nullptr;
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(expr))
    return op->getOperator() == OO_Plus || op->getOperator() == OO_Subscript
               ? op->getArg(0)
               : nullptr;
  if (const auto *op = dyn_cast<BinaryOperator>(expr))
    return op->isAdditiveOp() ? op->getLHS() : nullptr;
  if (const auto *unary = dyn_cast<UnaryOperator>(expr))
    return unary->getSubExpr();
  if (const auto *element = dyn_cast<ArraySubscriptExpr>(expr))
    return element->getBase();
  const auto *call = dyn_cast<CallExpr>(expr);
  return call && call->getNumArgs() > 0 &&
                 handsOut(nameOf(call->getDirectCallee()))
             ? call->getArg(0)
             : nullptr;
}

QualType elementUnder(const Expr *first, const Expr *container) {
  if (QualType element = elementOf(container->getType()); !element.isNull())
    return element;
  const QualType type = first->getType().getNonReferenceType();
  if (type->isPointerType())
    return type->getPointeeType();
  // An iterator class: its first argument is a pointer to the element.
  const QualType argument = firstArgument(type);
  return !argument.isNull() && argument->isPointerType()
             ? argument->getPointeeType()
             : QualType();
}

/// What the standard library's functions called \p name do.
std::optional<Kind> kindOf(StringRef name) {
  return llvm::StringSwitch<std::optional<Kind>>(name)
      .Cases({"sort", "stable_sort", "sort_heap"}, Kind::Whole)
      .Cases({"parallel_sort", "pdqsort", "qsort", "qsort_r"}, Kind::Whole)
      .Cases({"partial_sort", "partial_sort_copy"}, Kind::First)
      .Case("nth_element", Kind::Nth)
      .Cases({"push_heap", "make_heap"}, Kind::Heap)
      .Cases({"max_element", "min_element", "minmax_element"}, Kind::Best)
      .Default(std::nullopt);
}

/// A function of a project or library that says that it sorts.
bool claimsToSort(const FunctionDecl &callee) {
  static constexpr llvm::StringLiteral kWords[] = {"sort", "qsort", "argsort"};
  const StringRef name = nameOf(&callee);
  return name.contains_insensitive("sort") && hasWord(name, kWords) &&
         !callee.isVariadic();
}

std::optional<Sort> sortOfList(const CallExpr &call) {
  const auto *method = dyn_cast<CXXMemberCallExpr>(&call);
  if (!method || nameOf(method->getMethodDecl()) != "sort")
    return std::nullopt;
  const Expr *list = method->getImplicitObjectArgument();
  if (!list || shapeOf(list->getType()) != Shape::Sequence)
    return std::nullopt;
  return Sort{.call = &call,
              .sequence = bare(list),
              .comparator = call.getNumArgs() != 0 ? call.getArg(0) : nullptr,
              .element = elementOf(list->getType()),
              .stable = true};
}

std::optional<Sort> sortOfC(const CallExpr &call) {
  if (call.getNumArgs() < 4)
    return std::nullopt;
  const Expr *base = bare(call.getArg(0));
  const QualType type = base->getType();
  Sort sort{.call = &call,
            .sequence = containerOf(base),
            .comparator = call.getArg(3)};
  if (type->isPointerType())
    sort.element = type->getPointeeType();
  else if (const ArrayType *array = type->getAsArrayTypeUnsafe())
    sort.element = array->getElementType();
  return sort;
}

/// std::ranges::sort and its kind are objects: (range, comparator, projection)
/// or (first, last, comparator, projection).
std::optional<Sort> sortOfRange(const CallExpr &call) {
  const auto *object = dyn_cast<CXXOperatorCallExpr>(&call);
  if (!object || object->getOperator() != OO_Call || object->getNumArgs() < 2)
    return std::nullopt;
  const auto *algorithm = dyn_cast<DeclRefExpr>(bare(object->getArg(0)));
  if (!algorithm || !algorithm->getDecl()->getIdentifier() ||
      !isInStd(*algorithm->getDecl()))
    return std::nullopt;
  const StringRef name = algorithm->getDecl()->getName();
  const std::optional<Kind> kind = kindOf(name);
  if (!kind)
    return std::nullopt;
  const Expr *first = object->getArg(1);
  const Expr *container = containerOf(first);
  Sort sort{.call = &call,
            .sequence = container,
            .element = elementUnder(first, container),
            .kind = *kind,
            .stable = name == "stable_sort"};
  for (unsigned i = 2; i < object->getNumArgs(); ++i) {
    const Expr *argument = object->getArg(i);
    const bool isLast = i + 1 == object->getNumArgs();
    if (!isa<CXXDefaultArgExpr>(argument) &&
        (isCallable(argument) || argument->getType()->isMemberPointerType()))
      (isLast ? sort.projection : sort.comparator) = argument;
  }
  return sort;
}

}  // namespace

std::optional<Sort> sortOf(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee)
    return std::nullopt;
  if (isa<CXXMemberCallExpr>(call) && nameOf(callee) == "sort")
    return sortOfList(call);
  const std::optional<Kind> kind = kindOf(nameOf(callee));
  if ((!kind && !claimsToSort(*callee)) || call.getNumArgs() == 0)
    return sortOfRange(call);
  if (nameOf(callee).starts_with("qsort"))
    return sortOfC(call);
  // An execution policy comes first, and is no iterator.
  const bool hasPolicy = call.getNumArgs() > 2 &&
                         call.getArg(0)->getType()->isRecordType() &&
                         containerOf(call.getArg(0)) == bare(call.getArg(0)) &&
                         elementUnder(call.getArg(0), call.getArg(0)).isNull();
  const Expr *first = call.getArg(hasPolicy ? 1 : 0);
  const Expr *container = containerOf(first);
  Sort sort{.call = &call,
            .sequence = container,
            .element = elementUnder(first, container),
            .kind = kind.value_or(Kind::Whole),
            .stable = nameOf(callee).contains("stable")};
  const Expr *last = call.getArg(call.getNumArgs() - 1);
  if (isCallable(last))
    sort.comparator = last;
  if (!kind && !sort.comparator)
    sort.element = {};
  return sort;
}

const Expr *containerOf(const Expr *position) {
  for (position = bare(position);;) {
    const Expr *inner = oneStepToContainer(position);
    if (!inner)
      return position;
    position = bare(inner);
  }
}

bool sortsItsArgument(const CXXConstructExpr &made) {
  static constexpr llvm::StringLiteral kWords[] = {
      "sort", "sorter", "sorted", "select", "selector", "heap", "quickselect"};
  const CXXRecordDecl &record = *made.getConstructor()->getParent();
  return !isInStd(record) && record.getIdentifier() != nullptr &&
         hasWord(record.getName(), kWords);
}

}  // namespace reproaudit
