// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The seeds of RandomUse that are handed on: to parameters, options and members
// that are called seeds, and to parameters that end in one.
#include "reproaudit/analysis/RandomUse.h"
#include "reproaudit/analysis/Sinks.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

bool isNumber(QualType type) {
  type = type.getNonReferenceType();
  return type->isIntegralOrEnumerationType() || type->isFloatingType();
}

StringRef seedLiteral(const Expr *expr) {
  if (!expr)
    return {};
  const auto *text =
      dyn_cast<StringLiteral>(expr->IgnoreImplicit()->IgnoreParenImpCasts());
  if (const auto *made = dyn_cast<CXXConstructExpr>(
          expr->IgnoreImplicit()->IgnoreParenImpCasts());
      made && made->getNumArgs() > 0)
    return seedLiteral(made->getArg(0));
  if (!text || text->getCharByteWidth() != 1)
    return {};
  const StringRef name = text->getString();
  const bool key = name.size() < 40 && !name.contains(' ') &&
                   !name.contains('%') && !name.contains(':');
  return key && soundsLikeSeed(name) ? name : StringRef();
}

}  // namespace

const ParmVarDecl *RandomUse::canonical(const ParmVarDecl *parameter) {
  const auto *function = dyn_cast<FunctionDecl>(parameter->getDeclContext());
  const unsigned index = parameter->getFunctionScopeIndex();
  if (!function || index >= function->getNumParams())
    return parameter;
  return function->getCanonicalDecl()->getParamDecl(index);
}

bool RandomUse::isSeed(const ParmVarDecl *parameter) const {
  return (parameter->getIdentifier() != nullptr &&
          isNumber(parameter->getType()) &&
          soundsLikeSeed(parameter->getName())) ||
         seedParameters_.contains(canonical(parameter));
}

/// The project's own functions with a parameter that is called a seed.
void RandomUse::collectNamed(const Call &call) {
  const FunctionDecl *receiver = definitionOf(call.callee);
  hand(call, receiver ? receiver : call.callee);
}

void RandomUse::hand(const Call &call, const FunctionDecl *receiver) {
  if (isHashFunction(receiver))
    return;
  for (const ParmVarDecl *parameter : receiver->parameters()) {
    const Expr *argument = call.argument(parameter->getFunctionScopeIndex());
    if (argument == nullptr || !isSeed(parameter) ||
        !judged_.insert(argument).second)
      continue;
    Seeding handed = seeding(Seeding::Handed, call, argument);
    const auto *constructor = dyn_cast<CXXConstructorDecl>(receiver);
    const std::string name = constructor
                                 ? constructor->getParent()->getNameAsString()
                                 : receiver->getNameAsString();
    handed.subject = "'" + parameter->getNameAsString() + "' of '" + name + "'";
    add(std::move(handed));
  }
}

/// `setParameter("seed", value)`.
void RandomUse::collectOption(const Call &call) {
  const IdentifierInfo *name = call.callee->getIdentifier();
  if (!name || call.argumentCount() < 2)
    return;
  const StringRef verb = name->getName();
  if (!verb.contains_insensitive("set") && !verb.contains_insensitive("put") &&
      !verb.contains("emplace") && !verb.contains("insert"))
    return;
  for (unsigned i = 0; i + 1 < call.argumentCount(); ++i) {
    const StringRef key = seedLiteral(call.argument(i));
    if (key.empty())
      continue;
    Seeding handed = seeding(Seeding::Handed, call, call.argument(i + 1));
    handed.subject = "\"" + key.str() + "\"";
    return add(std::move(handed));
  }
}

/// `"rounds=10 seed=" + std::to_string(value)`.
void RandomUse::collectText(const Call &call) {
  if (call.callee->getOverloadedOperator() != OO_Plus ||
      call.argumentCount() != 2)
    return;
  const Expr *left = call.argument(0)->IgnoreImplicit()->IgnoreParenImpCasts();
  const auto *text = dyn_cast<StringLiteral>(left);
  if (text == nullptr || text->getCharByteWidth() != 1 ||
      !text->getString().ends_with("="))
    return;
  const StringRef key = text->getString().drop_back();
  const StringRef last = key.substr(key.find_last_of(" ,;&") + 1);
  const Use use = destinationOf(*call.expr, unit_.context()).use();
  if (!soundsLikeSeed(last) || use == Use::Diagnostic || use == Use::Printed)
    return;
  Seeding handed = seeding(Seeding::Handed, call, call.argument(1));
  handed.subject = "\"" + last.str() + "\"";
  add(std::move(handed));
}

/// `options.seed = value` and `options["seed"] = value`, unless an engine of
/// this unit takes the member, which says more.
void RandomUse::collectStores() {
  llvm::SmallPtrSet<const ValueDecl *, 8> used;
  for (const Seeding &seeding : seedings_)
    used.insert(seeding.origin.variables.begin(),
                seeding.origin.variables.end());
  for (const Assignment &assignment : unit_.assignments()) {
    std::string subject;
    if (const auto *member = dyn_cast<MemberExpr>(assignment.target)) {
      const auto *field = dyn_cast<FieldDecl>(member->getMemberDecl());
      if (field && field->getAccess() != AS_private &&
          field->getAccess() != AS_protected && isNumber(field->getType()) &&
          soundsLikeSeed(field->getName()) &&
          !used.contains(cast<ValueDecl>(field->getCanonicalDecl())))
        subject = "'" + field->getNameAsString() + "'";
    } else if (const auto *element =
                   dyn_cast<CXXOperatorCallExpr>(assignment.target)) {
      const StringRef key = element->getOperator() == OO_Subscript
                                ? seedLiteral(element->getArg(1))
                                : StringRef();
      if (!key.empty())
        subject = "\"" + key.str() + "\"";
    }
    if (subject.empty())
      continue;
    Seeding stored;
    stored.kind = Seeding::Handed;
    stored.at = assignment.target;
    stored.seed = assignment.value;
    stored.place = assignment.place;
    stored.subject = std::move(subject);
    // A conditional store replaces what was there before.
    const bool fallback = !unit_.unconditional(stored.place);
    add(std::move(stored));
    seedings_.back().origin.optional |= fallback;
  }
}

/// What flows from a parameter into a seed makes the parameter a seed, so the
/// callers are judged too.
void RandomUse::propagate() {
  llvm::DenseMap<const FunctionDecl *, llvm::SmallVector<const Call *, 2>>
      callers;
  for (const Call &call : unit_.calls())
    if (!inSystemHeader(unit_.context(), call.callee))
      callers[call.callee->getCanonicalDecl()].push_back(&call);
  for (size_t i = 0; i < seedings_.size(); ++i) {
    const auto parameters = seedings_[i].origin.parameters;
    for (const ParmVarDecl *parameter : parameters) {
      const auto *function =
          dyn_cast<FunctionDecl>(parameter->getDeclContext());
      if (!function || isSeed(parameter))
        continue;
      seedParameters_.insert(canonical(parameter));
      const auto found = callers.find(function->getCanonicalDecl());
      if (found != callers.end())
        for (const Call *call : found->second)
          hand(*call, function);
    }
  }
}

}  // namespace reproaudit
