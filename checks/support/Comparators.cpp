// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Comparators.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclFriend.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/PrettyPrinter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Comparators that call comparators are followed this deep.
constexpr int kDepth = 3;
/// So are local variables that are made of local variables.
constexpr int kLocals = 4;

StringRef nameOf(const FunctionDecl *function) {
  return function && function->getIdentifier() ? function->getName()
                                               : StringRef();
}

/// The two things that a comparator's body compares.
struct Operands {
  const ValueDecl *left = nullptr;  ///< Null: `*this`.
  const ValueDecl *right = nullptr;

  bool isOperand(const Expr &expr) const {
    if (const auto *reference = dyn_cast<DeclRefExpr>(&expr))
      return reference->getDecl() == left || reference->getDecl() == right;
    return !left && isa<CXXThisExpr>(expr);
  }
};

/// Which of the operands \p stmt uses: 1 the left, 2 the right one.
unsigned usedOperands(const Stmt *stmt, const Operands &operands, int depth) {
  unsigned used = 0;
  anyStmt(stmt, [&](const Stmt &part) {
    if (const auto *reference = dyn_cast<DeclRefExpr>(&part)) {
      const ValueDecl *decl = reference->getDecl();
      used |= decl == operands.left ? 1U : decl == operands.right ? 2U : 0U;
      const auto *local = dyn_cast<VarDecl>(decl);
      if (local && local->hasLocalStorage() && local->hasInit() &&
          !isa<ParmVarDecl>(local) && depth > 0)
        used |= usedOperands(local->getInit(), operands, depth - 1);
    } else if (!operands.left && isa<CXXThisExpr>(part)) {
      used |= 1U;
    }
    return false;
  });
  return used;
}

/// Prints an expression with `_` for either operand, and local variables as
/// what they were initialised with: the key that it takes from an element.
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
        member && isa<CXXThisExpr>(bare(member->getBase())) &&
        !operands_.left) {
      out << "_." << member->getMemberDecl()->getName();
      return true;
    }
    const VarDecl *local = namedVariable(expr);
    if (!local || !local->hasLocalStorage() || !local->hasInit() ||
        isa<ParmVarDecl>(local) || depth_ > kLocals ||
        usedOperands(local->getInit(), operands_, kLocals) == 0)
      return false;
    ++depth_;
    out << print(local->getInit());
    --depth_;
    return true;
  }

private:
  const Operands &operands_;
  PrintingPolicy policy_;
  int depth_ = 0;
};

/// Keys whose owners rarely share them, by their name.
bool isIdentifying(StringRef key) {
  static constexpr llvm::StringLiteral kWords[] = {
      "id",      "uid",      "uuid",      "ids",    "idx",    "index",
      "indices", "name",     "rank",      "pos",    "path",   "file",
      "line",    "order",    "offset",    "seq",    "number", "start",
      "begin",   "position", "timestamp", "address"};
  const std::size_t end = key.find_last_not_of("()[]_ ");
  if (end == StringRef::npos)
    return false;
  key = key.substr(0, end + 1);
  std::size_t begin = key.find_last_of(".>([ *-!&");
  if (begin == StringRef::npos)
    begin = 0;
  return hasWord(key.substr(begin), kWords);
}

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

/// The function behind a callable of \p type, with a body.
const FunctionDecl *callOperator(QualType type) {
  const CXXRecordDecl *record =
      type.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition())
    return nullptr;
  if (record->isLambda()) {
    const CXXMethodDecl *method = record->getLambdaCallOperator();
    if (!method || !method->isDependentContext())
      return method;
    if (const FunctionTemplateDecl *pattern =
            record->getDependentLambdaCallOperator())
      for (const FunctionDecl *instance : pattern->specializations())
        if (instance->hasBody())
          return instance;
    // Never instantiated, as when the bodies of a library are not parsed: the
    // pattern still says what it compares.
    return method;
  }
  for (const CXXMethodDecl *method : record->methods())
    if (method->getOverloadedOperator() == OO_Call && isFunction(*method))
      return method;
  return nullptr;
}

const FunctionDecl *functionOf(const Expr *comparator) {
  comparator = bare(comparator);
  if (const auto *address = dyn_cast<UnaryOperator>(comparator))
    comparator = bare(address->getSubExpr());
  if (const auto *reference = dyn_cast<DeclRefExpr>(comparator))
    if (const auto *function = dyn_cast<FunctionDecl>(reference->getDecl()))
      return function;
  return callOperator(comparator->getType());
}

/// std::less, std::greater, std::identity and their kind.
bool isStandard(QualType callable) {
  const CXXRecordDecl *record =
      callable.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
  return record && !record->isLambda() && isInStd(*record);
}

class Judge {
public:
  Judge(QualType element, const ASTContext &context, bool uniqueFirst)
      : element_(element.getNonReferenceType().getCanonicalType()),
        context_(context), uniqueFirst_(uniqueFirst) {}

  Comparison natural(QualType type, int depth);
  Comparison function(const FunctionDecl *function, int depth);
  Comparison projected(const Expr *projection);

private:
  void collect(const Stmt &stmt, const Operands &operands, int depth);
  void compared(const Expr *left, const Expr *right, const Operands &operands,
                int depth);
  void keys(const Expr *side, const Expr *other, const Operands &operands,
            int depth);
  Comparison verdict() const;
  bool isWholeElement(StringRef key) const;

  struct Key {
    QualType type;
    bool isLookedUp;
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
  return function(lessOf(type), depth);
}

Comparison Judge::function(const FunctionDecl *function, int depth) {
  const FunctionDecl *definition = nullptr;
  if (!function || depth == 0)
    return {};
  if (function->isDefaulted())
    return {.totality = Totality::Total};
  // A member of a template that only a library calls is not instantiated when
  // the library's bodies are not parsed; its pattern compares the same.
  if (!function->hasBody(definition))
    if (const FunctionDecl *pattern = function->getTemplateInstantiationPattern())
      pattern->hasBody(definition);
  if (!definition || !definition->getBody() || !isFunction(*definition))
    return {};
  const Operands operands =
      definition->getNumParams() == 2
          ? Operands{definition->getParamDecl(0), definition->getParamDecl(1)}
          : Operands{nullptr, definition->getParamDecl(0)};
  anyStmt(definition->getBody(), [&](const Stmt &stmt) {
    collect(stmt, operands, depth);
    return false;
  });
  return verdict();
}

void Judge::collect(const Stmt &stmt, const Operands &operands, int depth) {
  if (const auto *op = dyn_cast<BinaryOperator>(&stmt)) {
    // qsort's comparators subtract.
    if (op->isComparisonOp() ||
        (op->getOpcode() == BO_Sub && op->getType()->isArithmeticType()))
      compared(op->getLHS(), op->getRHS(), operands, depth);
    return;
  }
  if (const auto *rewritten = dyn_cast<CXXRewrittenBinaryOperator>(&stmt)) {
    const auto parts = rewritten->getDecomposedForm();
    return compared(parts.LHS, parts.RHS, operands, depth);
  }
  const auto *call = dyn_cast<CallExpr>(&stmt);
  if (!call)
    return;
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(call)) {
    if (op->isComparisonOp() && op->getNumArgs() == 2)
      compared(op->getArg(0), op->getArg(1), operands, depth);
    else if (op->getOperator() == OO_Call && op->getNumArgs() == 3)
      compared(op->getArg(1), op->getArg(2), operands, depth);
  } else if (const auto *method = dyn_cast<CXXMemberCallExpr>(call)) {
    if (call->getNumArgs() == 1)
      compared(method->getImplicitObjectArgument(), call->getArg(0), operands,
               depth);
  } else if (call->getNumArgs() >= 2 &&
             call->getType()->isIntegralType(context_)) {
    compared(call->getArg(0), call->getArg(1), operands, depth);
  }
}

void Judge::compared(const Expr *left, const Expr *right,
                     const Operands &operands, int depth) {
  const unsigned first = usedOperands(left, operands, kLocals);
  const unsigned second = usedOperands(right, operands, kLocals);
  if ((first == 1 && second == 2) || (first == 2 && second == 1))
    keys(left, right, operands, depth);
}

/// The parts of `std::tie(a.x, a.y)`, `std::pair{a.x, a.y}`.
llvm::SmallVector<const Expr *, 4> partsOf(const Expr *expr) {
  expr = bare(expr);
  if (const auto *call = dyn_cast<CallExpr>(expr)) {
    const StringRef name = nameOf(call->getDirectCallee());
    if (name == "tie" || name == "make_pair" || name == "make_tuple" ||
        name == "forward_as_tuple")
      return {call->arg_begin(), call->arg_end()};
  } else if (const auto *made = dyn_cast<CXXConstructExpr>(expr)) {
    if (made->getNumArgs() > 1)
      return {made->arg_begin(), made->arg_end()};
  }
  return {expr};
}

void Judge::keys(const Expr *side, const Expr *other, const Operands &operands,
                 int depth) {
  KeyPrinter printer(operands, context_);
  const auto parts = partsOf(side);
  const auto others = partsOf(other);
  if (parts.size() != others.size())
    return;
  for (const auto &[part, twin] : llvm::zip_equal(parts, others)) {
    const std::string key = printer.print(part);
    if (key != printer.print(twin))
      continue;
    const QualType type = part->getType().getNonReferenceType();
    if (key == "_" && type->isPointerType())
      usesAddress_ = true;
    const bool isCall =
        isa<CallExpr>(bare(part)) &&
        !isa<CXXMemberCallExpr, CXXOperatorCallExpr>(bare(part));
    keys_.try_emplace(key, Key{type, isCall || StringRef(key).contains("[_")});
    // A comparison of whole elements asks their own `<`.
    if ((key == "_" || key == "*_") && type->isRecordType() && depth > 1) {
      Judge inner(type, context_, uniqueFirst_);
      const Comparison whole = inner.natural(type, depth - 1);
      usesAddress_ |= whole.totality == Totality::Address;
      if (whole.totality == Totality::Partial) {
        keys_.erase(key);
        keys_.try_emplace(whole.key, Key{type, whole.lookedUp});
      }
    }
  }
}

Comparison Judge::projected(const Expr *projection) {
  projection = bare(projection);
  if (const auto *address = dyn_cast<UnaryOperator>(projection))
    projection = bare(address->getSubExpr());
  if (const auto *member = dyn_cast<DeclRefExpr>(projection);
      member && isa<FieldDecl>(member->getDecl())) {
    keys_.try_emplace("_." + member->getDecl()->getNameAsString(),
                      Key{member->getType(), false});
    return verdict();
  }
  const FunctionDecl *function = callOperator(projection->getType());
  if (!function || function->getNumParams() != 1 || !function->getBody())
    return {};
  const Operands operands{function->getParamDecl(0), function->getParamDecl(0)};
  anyStmt(function->getBody(), [&](const Stmt &stmt) {
    if (const auto *result = dyn_cast<ReturnStmt>(&stmt);
        result && result->getRetValue())
      for (const Expr *part : partsOf(result->getRetValue())) {
        const std::string key = KeyPrinter(operands, context_).print(part);
        keys_.try_emplace(key,
                          Key{part->getType(), StringRef(key).contains("[_")});
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
  return record && record->hasDefinition() && !isInStd(*record) &&
         record->getNumBases() == 0 && key.starts_with("_.") &&
         std::distance(record->field_begin(), record->field_end()) == 1;
}

Comparison Judge::verdict() const {
  if (usesAddress_)
    return {.totality = Totality::Address};
  if (keys_.empty())
    return {};
  const auto &[key, what] = *keys_.begin();
  if (keys_.size() > 1 || isWholeElement(key) || isIdentifying(key) ||
      (uniqueFirst_ && key == "_.first"))
    return {.totality = Totality::Total};
  return {.totality = Totality::Partial,
          .key = key,
          .floating = what.type->isFloatingType(),
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
  return judge.function(functionOf(comparator), kDepth);
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
