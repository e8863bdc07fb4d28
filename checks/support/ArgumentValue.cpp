// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ArgumentValue.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/RandomApi.h"

#include "clang/AST/ExprCXX.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <regex>

using namespace clang;
using reproaudit::catalogue::ArgumentTest;

namespace reproaudit {
namespace {

/// Variables are followed this far.
constexpr int kDepth = 4;

struct Value {
  const Expr *at;
  std::string name;  ///< Of an enumerator, or the text of a literal.
  std::optional<llvm::APSInt> number;
  SmallVector<StringRef, 2> macros = {};  ///< That spell a number.
};

/// The macros that \p at comes from, innermost first.
SmallVector<StringRef, 2> macrosAt(SourceLocation at,
                                   const ASTContext &context) {
  SmallVector<StringRef, 2> names;
  const SourceManager &sources = context.getSourceManager();
  for (; at.isMacroID(); at = sources.getImmediateMacroCallerLoc(at))
    names.push_back(
        Lexer::getImmediateMacroName(at, sources, context.getLangOpts()));
  return names;
}

/// Collects the values that an expression can have.
class ValueFinder {
public:
  explicit ValueFinder(const UnitIndex &unit) : unit_(unit) {}

  void find(const Expr *expr, int depth = kDepth);

  ArrayRef<Value> values() const { return values_; }
  bool isComplete() const { return complete_; }

private:
  void findStored(const ValueDecl &variable, int depth);
  void findPassed(const ParmVarDecl &parameter, int depth);

  const UnitIndex &unit_;
  SmallVector<Value, 2> values_;
  bool complete_ = true;
};

void ValueFinder::find(const Expr *expr, int depth) {
  if (const auto *standard = dyn_cast<CXXDefaultArgExpr>(expr))
    expr = standard->getExpr();
  expr = bare(expr);
  if (const auto *choice = dyn_cast<ConditionalOperator>(expr)) {
    find(choice->getTrueExpr(), depth);
    find(choice->getFalseExpr(), depth);
    return;
  }
  const auto *name = dyn_cast<DeclRefExpr>(expr);
  if (const auto *constant =
          name ? dyn_cast<EnumConstantDecl>(name->getDecl()) : nullptr) {
    values_.push_back({expr, plainName(constant), constant->getInitVal()});
    return;
  }
  if (const auto *literal = dyn_cast<clang::StringLiteral>(expr)) {
    values_.push_back({expr, literal->getString().str(), std::nullopt});
    return;
  }
  if (const auto *made = dyn_cast<CXXConstructExpr>(expr);
      made && made->getNumArgs() > 0)
    return find(made->getArg(0), depth);
  const auto *member = dyn_cast<MemberExpr>(expr);
  if (const ValueDecl *variable =
          name ? name->getDecl() : (member ? member->getMemberDecl() : nullptr);
      variable && depth > 0) {
    if (const auto *parameter = dyn_cast<ParmVarDecl>(variable))
      return findPassed(*parameter, depth);
    if (!unit_.writes(variable).empty())
      return findStored(*variable, depth);
  }
  Expr::EvalResult result;
  if (!expr->isValueDependent() && expr->EvaluateAsInt(result, unit_.context()))
    values_.push_back({expr, "", result.Val.getInt(),
                       macrosAt(expr->getBeginLoc(), unit_.context())});
  else
    complete_ = false;
}

/// Everything that is stored to \p variable in the unit.
void ValueFinder::findStored(const ValueDecl &variable, int depth) {
  for (const Write &write : unit_.writes(&variable)) {
    if (write.kind == Write::Initial || write.kind == Write::Assign)
      find(write.value, depth - 1);
    else
      complete_ = false;
  }
}

/// What the calls in this unit pass; others may pass something else.
void ValueFinder::findPassed(const ParmVarDecl &parameter, int depth) {
  complete_ = false;
  const auto *function = dyn_cast<FunctionDecl>(parameter.getDeclContext());
  if (!function)
    return;
  for (const Call &call : unit_.calls())
    if (call.callee->getCanonicalDecl() == function->getCanonicalDecl())
      if (const Expr *passed = call.argument(parameter.getFunctionScopeIndex()))
        find(passed, depth - 1);
}

bool isNamed(const Value &value, StringRef wanted) {
  if (llvm::is_contained(value.macros, wanted) || value.name == wanted ||
      StringRef(value.name).ends_with(("::" + wanted).str()))
    return true;
  if (!value.number)
    return false;
  if (wanted == "true" || wanted == "false")
    return value.number->getBoolValue() == (wanted == "true");
  return llvm::toString(*value.number, /*Radix=*/10) == wanted;
}

bool isAmong(const Value &value, ArrayRef<std::string> names) {
  return llvm::any_of(
      names, [&](const std::string &name) { return isNamed(value, name); });
}

bool fits(const Value &value, const ArgumentTest &test) {
  if (!test.is.empty() && !isAmong(value, test.is))
    return false;
  if (!test.isNot.empty() && isAmong(value, test.isNot))
    return false;
  if (test.below &&
      (!value.number || value.number->getExtValue() >= *test.below))
    return false;
  return test.text.empty() ||
         (!value.number &&
          std::regex_search(value.name, std::regex(test.text)));
}

/// True if \p root or the initialiser of a variable in it names one of
/// \p names, variables or macros.
bool mentions(const Stmt &root, ArrayRef<std::string> names,
              const ASTContext &context, int depth) {
  return anyStmt(&root, [&](const Stmt &stmt) {
    for (const StringRef macro : macrosAt(stmt.getBeginLoc(), context))
      if (llvm::is_contained(names, macro))
        return true;
    const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
    if (!reference)
      return false;
    const ValueDecl *decl = reference->getDecl();
    if (llvm::is_contained(names, plainName(decl)))
      return true;
    const auto *variable = dyn_cast<VarDecl>(decl);
    return depth > 0 && variable && variable->getInit() &&
           mentions(*variable->getInit(), names, context, depth - 1);
  });
}

}  // namespace

std::optional<bool> valueFits(const ArgumentTest &test, const Expr &argument,
                              const UnitIndex &unit, LibraryUse &found) {
  if (!test.mentions.empty() &&
      !mentions(argument, test.mentions, unit.context(), kDepth))
    return false;
  if (test.is.empty() && test.isNot.empty() && !test.below && test.text.empty())
    return true;
  ValueFinder finder(unit);
  finder.find(&argument);
  for (const Value &value : finder.values())
    if (fits(value, test)) {
      found.choice = value.at;
      found.value = value.name.empty() && value.number
                        ? llvm::toString(*value.number, 10)
                        : value.name;
      return true;
    }
  // A text that is put together says nothing; another value may be the one.
  if (finder.isComplete() || !test.text.empty())
    return false;
  return std::nullopt;
}

}  // namespace reproaudit
