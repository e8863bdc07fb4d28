// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/LibraryUse.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/PerUnit.h"
#include "reproaudit/analysis/RandomApi.h"

#include "ArgumentValue.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/ParentMapContext.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <regex>

using namespace clang;
using reproaudit::catalogue::ArgumentTest;
using reproaudit::catalogue::Use;

namespace reproaudit {
namespace {

using Arguments = SmallVector<const Expr *, 8>;

StringRef lastName(StringRef name) {
  const size_t colon = name.rfind("::");
  return colon == StringRef::npos ? name : name.substr(colon + 2);
}

/// The object that a method is called on or a field is a part of.
const Expr *objectExpr(const Expr *at) {
  if (const auto *call = dyn_cast<CXXMemberCallExpr>(at))
    return call->getImplicitObjectArgument();
  if (const auto *call = dyn_cast<CXXOperatorCallExpr>(at))
    return call->getNumArgs() > 0 ? call->getArg(0) : nullptr;
  if (const auto *call = dyn_cast<CallExpr>(at))
    at = call->getCallee()->IgnoreParenImpCasts();
  const auto *member = dyn_cast<MemberExpr>(at);
  return member && !member->isImplicitAccess() ? member->getBase() : nullptr;
}

Arguments argumentsOf(const Expr *at) {
  Arguments arguments;
  if (const auto *call = dyn_cast<CallExpr>(at)) {
    const bool member = isa<CXXOperatorCallExpr>(call) &&
                        isa_and_nonnull<CXXMethodDecl>(call->getDirectCallee());
    llvm::append_range(
        arguments,
        llvm::drop_begin(call->arguments(), static_cast<size_t>(member)));
  } else if (const auto *made = dyn_cast<CXXConstructExpr>(at)) {
    llvm::append_range(arguments, made->arguments());
  }
  return arguments;
}

/// True for `create(&handle)`.
bool fillsHandle(const Expr *at) {
  const auto *call = dyn_cast<CallExpr>(at);
  const auto *address =
      call && call->getNumArgs() > 0
          ? dyn_cast<UnaryOperator>(call->getArg(0)->IgnoreParenImpCasts())
          : nullptr;
  return address != nullptr && address->getOpcode() == UO_AddrOf &&
         address->getSubExpr()->getType()->isPointerType();
}

/// True for `mode == CUDNN_POOLING_MAX` and `case CUDNN_POOLING_MAX:`, which
/// ask and do not choose.
bool isAsked(const Expr *mention, ASTContext &context) {
  const Stmt *child = mention;
  for (;;) {
    const auto parents = context.getParents(*child);
    const auto *parent = parents.empty() ? nullptr : parents[0].get<Stmt>();
    if (isa_and_nonnull<CaseStmt>(parent))
      return true;
    const auto *expr = dyn_cast_or_null<Expr>(parent);
    if (!expr)
      return false;
    if (const auto *op = dyn_cast<BinaryOperator>(expr))
      return op->isComparisonOp();
    if (const auto *op = dyn_cast<CXXOperatorCallExpr>(expr))
      return op->isComparisonOp();
    if (!isa<CastExpr, ParenExpr, ConstantExpr>(expr))
      return false;
    child = expr;
  }
}

bool carriesFloat(QualType type, int depth = 4) {
  type = type.getNonReferenceType().getCanonicalType();
  if (depth == 0 || type->isDependentType())
    return false;
  if (type->isAnyPointerType() || type->isArrayType())
    return carriesFloat(QualType(type->getPointeeOrArrayElementType(), 0),
                        depth - 1);
  if (!roundingType(type).isNull())
    return true;
  const auto *special = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      type->getAsCXXRecordDecl());
  return special != nullptr &&
         llvm::any_of(special->getTemplateArgs().asArray(),
                      [&](const TemplateArgument &argument) {
                        return argument.getKind() == TemplateArgument::Type &&
                               carriesFloat(argument.getAsType(), depth - 1);
                      });
}

bool contains(const std::string &text, const std::string &pattern) {
  return std::regex_search(text, std::regex(pattern));
}

/// What handles, references and returned objects are known by.
const ValueDecl *objectNamed(const Expr *expr) {
  if (!expr)
    return nullptr;
  if (const ValueDecl *root = rootOf(expr))
    return cast<ValueDecl>(root->getCanonicalDecl());
  const auto *call = dyn_cast<CallExpr>(bare(expr));
  const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
  return callee ? callee->getCanonicalDecl() : nullptr;
}

}  // namespace

LibraryUses::LibraryUses(ASTContext &context)
    : unit_(perUnit<UnitIndex>(context)) {
  for (const UnitIndex::Declared &declared : unit_.declared())
    for (const Write &write : unit_.writes(declared.decl))
      if (write.kind == Write::Initial)
        made_[bare(write.value)] = declared.decl;
  for (const Call &call : unit_.calls()) {
    if (const auto *constructor = dyn_cast<CXXConstructorDecl>(call.callee)) {
      if (!constructor->isCopyOrMoveConstructor())
        add(Use::Kind::Make, call.expr, constructor->getParent(), call.place);
    } else if (call.skip == 0 || isa<CXXOperatorCallExpr>(call.expr)) {
      add(Use::Kind::Call, call.expr, call.callee, call.place);
    }
  }
  for (const Assignment &assignment : unit_.assignments()) {
    const auto *member = dyn_cast<MemberExpr>(assignment.target);
    const auto *name = dyn_cast<DeclRefExpr>(assignment.target);
    if (member || name)
      add(Use::Kind::Store, assignment.target,
          member ? member->getMemberDecl() : name->getDecl(), assignment.place,
          assignment.value);
  }
  for (const Reference &reference : unit_.references())
    add(isa<CallExpr>(reference.expr) ? Use::Kind::Call : Use::Kind::Mention,
        reference.expr, reference.decl, reference.place);
}

void LibraryUses::add(Use::Kind kind, const Expr *at, const NamedDecl *decl,
                      Place place, const Expr *value) {
  sites_[decl->getDeclName()].push_back({kind, at, decl, value, place});
}

/// A method counts by its own class and by that of the object.
bool LibraryUses::isNamed(const Site &site, StringRef name) const {
  if (plainName(site.decl) == name)
    return true;
  const Expr *object =
      isa<CXXMethodDecl>(site.decl) ? objectExpr(site.at) : nullptr;
  if (!object)
    return false;
  QualType type = object->IgnoreParenImpCasts()->getType();
  if (type->isPointerType())
    type = type->getPointeeType();
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  return record != nullptr &&
         plainName(record) + "::" + site.decl->getNameAsString() == name;
}

/// Tells whether \p test can hold; notes in \p found if that is not sure.
bool LibraryUses::holds(const ArgumentTest &test, const Site &site,
                        LibraryUse &found) const {
  Arguments arguments;
  if (test.at == catalogue::kThis)
    arguments = {objectExpr(site.at)};
  else if (site.value)
    arguments = {site.value};
  else
    arguments = argumentsOf(site.at);
  if (test.at >= 0)
    arguments = static_cast<size_t>(test.at) < arguments.size()
                    ? Arguments{arguments[test.at]}
                    : Arguments{};
  bool mayHold = false;
  for (const Expr *argument : arguments) {
    const QualType type = argument ? bare(argument)->getType() : QualType();
    if (type.isNull() || (test.floating && !carriesFloat(type)) ||
        (!test.type.empty() &&
         !contains(type.getCanonicalType().getAsString(), test.type)))
      continue;
    const std::optional<bool> fits = valueFits(test, *argument, unit_, found);
    if (fits.value_or(false))
      return true;
    // Of some argument, only an enumeration can be the one that is meant.
    mayHold |= !fits && (test.at != catalogue::kAny || type->isEnumeralType());
  }
  found.isSure &= !mayHold;
  return mayHold;
}

const ValueDecl *LibraryUses::objectOf(const Site &site, const Use &use) const {
  if (site.kind == Use::Kind::Make && !use.object)
    return made_.lookup(site.at);
  const bool isFunction = site.kind == Use::Kind::Call &&
                          isa<FunctionDecl>(site.decl) &&
                          !isa<CXXMethodDecl>(site.decl);
  const int index = use.object.value_or(isFunction ? 0 : catalogue::kThis);
  const Arguments arguments = argumentsOf(site.at);
  if (index == catalogue::kThis)
    return objectNamed(objectExpr(site.at));
  return static_cast<size_t>(index) < arguments.size()
             ? objectNamed(arguments[index])
             : nullptr;
}

std::vector<LibraryUse> LibraryUses::find(const Use &use) const {
  std::vector<LibraryUse> all;
  for (const std::string &name : use.names)
    for (const auto &[key, sites] : sites_)
      if (key.getAsString() == lastName(name))
        for (const Site &site : sites) {
          LibraryUse found{site.at, site.decl, site.place};
          if (site.kind != use.kind || !isNamed(site, name) ||
              (site.kind == Use::Kind::Mention &&
               isAsked(site.at, unit_.context())))
            continue;
          const auto fits = [&](const ArgumentTest &test) {
            return holds(test, site, found);
          };
          LibraryUse excluded;
          const auto isExcluded = [&](const ArgumentTest &test) {
            return holds(test, site, excluded) && excluded.isSure;
          };
          if (!llvm::all_of(use.arguments, fits) ||
              llvm::any_of(use.unless, isExcluded))
            continue;
          found.object = objectOf(site, use);
          found.makesObject = !use.object && (site.kind == Use::Kind::Make ||
                                              fillsHandle(site.at));
          all.push_back(std::move(found));
        }
  llvm::sort(all, [](const LibraryUse &left, const LibraryUse &right) {
    return left.place.order < right.place.order;
  });
  return all;
}

bool LibraryUses::isSameObject(const ValueDecl *one,
                               const ValueDecl *other) const {
  if (!one || !other)
    return false;
  constexpr int kSteps = 4;
  const auto origins = [&](const ValueDecl *object) {
    llvm::SmallPtrSet<const ValueDecl *, 4> known = {object};
    SmallVector<const ValueDecl *, 4> open = {object};
    const auto reach = [&](const Expr *expr) {
      const ValueDecl *next = objectNamed(expr);
      if (next && known.insert(next).second)
        open.push_back(next);
    };
    for (int step = 0; !open.empty() && step < kSteps * kSteps; ++step) {
      const ValueDecl *current = open.pop_back_val();
      if (const auto *parameter = dyn_cast<ParmVarDecl>(current)) {
        const auto *function =
            dyn_cast<FunctionDecl>(parameter->getDeclContext());
        for (const Call &call : unit_.calls())
          if (function &&
              call.callee->getCanonicalDecl() == function->getCanonicalDecl())
            reach(call.argument(parameter->getFunctionScopeIndex()));
      } else if (const auto *variable = dyn_cast<VarDecl>(current);
                 variable && variable->getInit() &&
                 variable->getType()->isPointerOrReferenceType()) {
        reach(variable->getInit());
      }
    }
    return known;
  };
  const auto left = origins(one);
  return llvm::any_of(origins(other), [&](const ValueDecl *object) {
    return left.contains(object);
  });
}

}  // namespace reproaudit
