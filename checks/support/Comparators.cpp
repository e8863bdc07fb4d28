// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Comparators.h"

#include "ComparedKeys.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Callables.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclFriend.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/STLExtras.h"

#include <map>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Comparators that call comparators are followed this deep.
constexpr int kDepth = 3;

bool isFunction(const FunctionDecl &function) {
  return function.getNumParams() == 2 ||
         (function.getNumParams() == 1 && isa<CXXMethodDecl>(function));
}

/// The operator `<` (or `>`, `<=>`) for \p type whose body is known.
const FunctionDecl *lessOf(QualType type) {
  const CXXRecordDecl *record =
      type.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition())
    return nullptr;
  const auto compares = [&](const FunctionDecl &function) {
    const OverloadedOperatorKind op = function.getOverloadedOperator();
    const FunctionDecl *definition = nullptr;
    return (op == OO_Less || op == OO_Greater || op == OO_Spaceship) &&
           isFunction(function) &&
           (function.hasBody(definition) || function.isDefaulted() ||
            function.getTemplateInstantiationPattern()) &&
           function.getParamDecl(0)
                   ->getType()
                   .getNonReferenceType()
                   .getCanonicalType()
                   .getUnqualifiedType() == type.getNonReferenceType()
                                                .getCanonicalType()
                                                .getUnqualifiedType();
  };
  for (const CXXMethodDecl *method : record->methods())
    if (compares(*method))
      return method;
  for (const FriendDecl *friendly : record->friends())
    if (const auto *function =
            dyn_cast_or_null<FunctionDecl>(friendly->getFriendDecl());
        function && compares(*function))
      return function;
  const DeclContext *scope = record->getEnclosingNamespaceContext();
  DeclarationNameTable &names = record->getASTContext().DeclarationNames;
  for (const OverloadedOperatorKind op : {OO_Less, OO_Greater, OO_Spaceship})
    for (const NamedDecl *found : scope->lookup(names.getCXXOperatorName(op)))
      if (const auto *function = dyn_cast<FunctionDecl>(found);
          function && compares(*function))
        return function;
  return nullptr;
}

/// std::less, std::greater, std::identity and their kind.
bool isStandard(QualType callable) {
  const CXXRecordDecl *record =
      callable.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
  return record != nullptr && !record->isLambda() && isInStd(*record);
}

/// Does a comparison of such values look at where objects lie? Pointers to
/// numbers mostly point into one array, where they are positions.
bool looksAtAddress(QualType type, bool isElement) {
  if (!type->isPointerType())
    return comparesAddresses(type);
  const QualType pointee = type->getPointeeType();
  return isElement || pointee->isRecordType() || pointee->isVoidType();
}

bool hasAddressMember(const CXXRecordDecl &record) {
  return llvm::any_of(record.fields(), [](const FieldDecl *field) {
    return comparesAddresses(field->getType());
  });
}

/// The body of \p function. A member of a template that only a library calls
/// is not instantiated when the library's bodies are not parsed; its pattern
/// compares the same.
const FunctionDecl *definitionOf(const FunctionDecl &function) {
  const FunctionDecl *definition = nullptr;
  if (!function.hasBody(definition))
    if (const FunctionDecl *pattern =
            function.getTemplateInstantiationPattern())
      pattern->hasBody(definition);
  return definition && definition->getBody() ? definition : nullptr;
}

/// Collects the keys that a comparator looks at.
class Judge {
public:
  Judge(QualType element, const ASTContext &context, bool uniqueFirst)
      : element_(element.getNonReferenceType().getCanonicalType()),
        context_(context), uniqueFirst_(uniqueFirst) {}

  Comparison natural(QualType type, int depth);
  Comparison function(const FunctionDecl *function, int depth);
  Comparison projected(const Expr *projection);

private:
  /// A comparison of something of the one element with something of the other.
  struct Compared {
    const Expr *left;
    const Expr *right;
    /// Asks which comes first, not only whether they are equal.
    bool isOrdering = true;
    /// The function that compares, if it is one.
    const FunctionDecl *by = nullptr;
  };
  std::optional<Compared> comparedBy(const Stmt &stmt) const;
  void collect(const Compared &compared, const Operands &operands, int depth);
  void whole(const Compared &compared, QualType type, int depth);
  Comparison verdict() const;
  bool isWholeElement(StringRef key) const;

  struct Key {
    bool isFloating = false;
    bool isLookedUp = false;
    /// It has so few values that it breaks no ties: an enumeration, a truth.
    bool isCoarse = false;
  };
  QualType element_;
  const ASTContext &context_;
  bool uniqueFirst_;
  std::map<std::string, Key> keys_;
  bool usesAddress_ = false;
};

Comparison Judge::natural(QualType type, int depth) {
  type = type.getNonReferenceType().getCanonicalType();
  if (comparesAddresses(type))
    return {.totality = Totality::Address};
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record || isInStd(*record))
    return {.totality = Totality::Total};
  const FunctionDecl *less = lessOf(type);
  if (less && less->isDefaulted())
    return {.totality = hasAddressMember(*record) ? Totality::Address
                                                  : Totality::Total};
  return function(less, depth);
}

Comparison Judge::function(const FunctionDecl *function, int depth) {
  const FunctionDecl *definition =
      function && depth > 0 ? definitionOf(*function) : nullptr;
  if (!definition || !isFunction(*definition))
    return {};
  const Operands operands =
      definition->getNumParams() == 2
          ? Operands{definition->getParamDecl(0), definition->getParamDecl(1)}
          : Operands{nullptr, definition->getParamDecl(0)};
  anyStmt(definition->getBody(), [&](const Stmt &stmt) {
    if (const std::optional<Compared> compared = comparedBy(stmt)) {
      const unsigned left = usedOperands(compared->left, operands);
      const unsigned right = usedOperands(compared->right, operands);
      if ((left == 1 && right == 2) || (left == 2 && right == 1))
        collect(*compared, operands, depth);
    }
    return false;
  });
  Comparison found = verdict();
  found.function = definition;
  return found;
}

std::optional<Judge::Compared> Judge::comparedBy(const Stmt &stmt) const {
  if (const auto *op = dyn_cast<BinaryOperator>(&stmt)) {
    // qsort's comparators subtract.
    if (op->isComparisonOp() ||
        (op->getOpcode() == BO_Sub && op->getType()->isArithmeticType()))
      return Compared{op->getLHS(), op->getRHS(), !op->isEqualityOp()};
    return std::nullopt;
  }
  if (const auto *rewritten = dyn_cast<CXXRewrittenBinaryOperator>(&stmt)) {
    const auto parts = rewritten->getDecomposedForm();
    return Compared{parts.LHS, parts.RHS,
                    !BinaryOperator::isEqualityOp(rewritten->getOperator())};
  }
  const auto *call = dyn_cast<CallExpr>(&stmt);
  if (!call)
    return std::nullopt;
  const FunctionDecl *callee = call->getDirectCallee();
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(call)) {
    const bool isEquality = op->getOperator() == OO_EqualEqual ||
                            op->getOperator() == OO_ExclaimEqual;
    if (op->isComparisonOp() && op->getNumArgs() == 2)
      return Compared{op->getArg(0), op->getArg(1), !isEquality,
                      isEquality ? nullptr : callee};
    if (op->getOperator() == OO_Call && op->getNumArgs() == 3)
      return Compared{op->getArg(1), op->getArg(2), true, callee};
  } else if (const auto *method = dyn_cast<CXXMemberCallExpr>(call)) {
    if (call->getNumArgs() == 1)
      return Compared{method->getImplicitObjectArgument(), call->getArg(0),
                      true, callee};
  } else if (call->getNumArgs() >= 2 &&
             call->getType()->isIntegralType(context_)) {
    return Compared{call->getArg(0), call->getArg(1), true, callee};
  }
  return std::nullopt;
}

void Judge::collect(const Compared &compared, const Operands &operands,
                    int depth) {
  const auto parts = partsOf(compared.left);
  const auto others = partsOf(compared.right);
  if (parts.size() != others.size())
    return;
  for (const auto &[part, twin] : llvm::zip_equal(parts, others)) {
    const std::string key = keyOf(part, operands, context_);
    if (key != keyOf(twin, operands, context_))
      continue;
    const QualType type =
        bare(part)->getType().getNonReferenceType().getCanonicalType();
    const bool isElement = key == "_" || key == "*_";
    if (isElement && (type->isRecordType() || compared.by)) {
      whole(compared, type, depth);
      continue;
    }
    usesAddress_ |= compared.isOrdering && looksAtAddress(type, isElement);
    const bool isCall =
        isa<CallExpr>(bare(part)) &&
        !isa<CXXMemberCallExpr, CXXOperatorCallExpr>(bare(part));
    keys_.try_emplace(key,
                      Key{type->isFloatingType(),
                          isCall || StringRef(key).contains("[_"),
                          type->isEnumeralType() || type->isBooleanType()});
  }
}

/// Whole elements are compared: by their own `<`, or by another function.
void Judge::whole(const Compared &compared, QualType type, int depth) {
  if (!compared.isOrdering)
    return;
  Judge inner(type, context_, uniqueFirst_);
  const bool isOwn = compared.by != nullptr &&
                     definitionOf(*compared.by) != nullptr &&
                     isFunction(*compared.by) && !isInStd(*compared.by);
  const Comparison found = isOwn ? inner.function(compared.by, depth - 1)
                                 : inner.natural(type, depth - 1);
  usesAddress_ |= found.totality == Totality::Address;
  if (found.totality == Totality::Partial)
    keys_.try_emplace(found.key, Key{found.floating, found.lookedUp});
  else
    keys_.try_emplace("_");
}

Comparison Judge::projected(const Expr *projection) {
  projection = bare(projection);
  if (const auto *address = dyn_cast<UnaryOperator>(projection))
    projection = bare(address->getSubExpr());
  if (const auto *member = dyn_cast<DeclRefExpr>(projection);
      member != nullptr && isa<FieldDecl>(member->getDecl())) {
    keys_.try_emplace("_." + member->getDecl()->getNameAsString(),
                      Key{member->getType()->isFloatingType()});
    return verdict();
  }
  const FunctionDecl *function = functionBehind(projection);
  if (!function || function->getNumParams() != 1 || !function->getBody())
    return {};
  const Operands operands{function->getParamDecl(0), function->getParamDecl(0)};
  anyStmt(function->getBody(), [&](const Stmt &stmt) {
    const auto *result = dyn_cast<ReturnStmt>(&stmt);
    if (result && result->getRetValue())
      for (const Expr *part : partsOf(result->getRetValue())) {
        const std::string key = keyOf(part, operands, context_);
        keys_.try_emplace(key, Key{part->getType()->isFloatingType(),
                                   StringRef(key).contains("[_")});
      }
    return false;
  });
  return verdict();
}

/// Do two elements with the same \p key look the same?
bool Judge::isWholeElement(StringRef key) const {
  if (key == "_" || key == "-_" || key == "*_")
    return true;
  const CXXRecordDecl *record = element_->getAsCXXRecordDecl();
  return record != nullptr && record->hasDefinition() && !isInStd(*record) &&
         record->getNumBases() == 0 && key.starts_with("_.") &&
         std::distance(record->field_begin(), record->field_end()) == 1;
}

Comparison Judge::verdict() const {
  if (usesAddress_)
    return {.totality = Totality::Address};
  if (keys_.empty())
    return {};
  const auto isFine = [](const auto &entry) { return !entry.second.isCoarse; };
  const auto fine = llvm::find_if(keys_, isFine);
  const auto &[key, what] = fine == keys_.end() ? *keys_.begin() : *fine;
  if (llvm::count_if(keys_, isFine) > 1 || isWholeElement(key) ||
      isIdentifying(key) || (uniqueFirst_ && key == "_.first"))
    return {.totality = Totality::Total};
  return {.totality = Totality::Partial,
          .key = key,
          .floating = what.isFloating,
          .lookedUp = what.isLookedUp};
}

}  // namespace

Comparison compares(const Expr *comparator, const Expr *projection,
                    QualType element, const ASTContext &context,
                    bool uniqueFirst) {
  if (element.isNull())
    return {};
  Judge judge(element, context, uniqueFirst);
  if (projection && !isa<CXXDefaultArgExpr>(projection) &&
      !isStandard(projection->getType()))
    return judge.projected(projection);
  if (!comparator || isa<CXXDefaultArgExpr>(comparator) ||
      isStandard(comparator->getType()))
    return judge.natural(element, kDepth);
  return judge.function(functionBehind(comparator), kDepth);
}

Comparison compares(QualType comparator, QualType element,
                    const ASTContext &context) {
  if (element.isNull())
    return {};
  Judge judge(element, context, /*uniqueFirst=*/false);
  return comparator.isNull() || isStandard(comparator)
             ? judge.natural(element, kDepth)
             : judge.function(callOperator(comparator), kDepth);
}

}  // namespace reproaudit
