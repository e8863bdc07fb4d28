// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/SeedOrigin.h"

#include "reproaudit/analysis/RandomApi.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/Twine.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// Enough for any seed; a bound for pathological code.
constexpr unsigned kBudget = 2000;

Origin plain(OriginKind kind) {
  Origin origin;
  origin.kind = kind;
  return origin;
}

void addInputs(Origin &to, const Origin &from) {
  to.parameters.append(from.parameters.begin(), from.parameters.end());
  to.variables.append(from.variables.begin(), from.variables.end());
}

/// Both values are used: the worse one decides.
Origin mix(Origin a, Origin b) {
  if (b.kind > a.kind || (b.kind == a.kind && a.optional))
    std::swap(a, b);
  if (b.kind == OriginKind::None && a.kind == OriginKind::Constant)
    a.kind = OriginKind::None;
  addInputs(a, b);
  return a;
}

/// One of the values is used: the worst one can happen, but need not.
Origin choice(llvm::MutableArrayRef<Origin> alternatives) {
  Origin worst = plain(OriginKind::None);
  bool avoidable = false;
  for (Origin &alternative : alternatives) {
    if (alternative.kind == OriginKind::None)
      continue;
    avoidable |= alternative.kind < OriginKind::Unknown || alternative.optional;
    worst = worst.kind == OriginKind::None
                ? std::move(alternative)
                : mix(std::move(alternative), std::move(worst));
  }
  worst.optional = worst.kind >= OriginKind::Unknown && avoidable;
  return worst;
}

bool isLoop(const Stmt *stmt) {
  return isa_and_nonnull<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(stmt);
}

bool isStdHash(const FunctionDecl *callee) {
  const auto *method = dyn_cast<CXXMethodDecl>(callee);
  const IdentifierInfo *name =
      method ? method->getParent()->getIdentifier() : nullptr;
  // libc++ puts the operator into bases such as __string_hash.
  return name != nullptr && method->getOverloadedOperator() == OO_Call &&
         (name->isStr("hash") || name->isStr("__hash_base") ||
          name->isStr("Hash") ||
          (name->getName().starts_with("__") &&
           name->getName().ends_with("_hash")));
}

/// Is \p key a pointer, which is hashed as a number?
bool hashesAddress(const Expr *key) {
  return key->getType().getNonReferenceType()->isPointerType();
}

bool isNamed(const FunctionDecl *callee,
             llvm::ArrayRef<llvm::StringLiteral> names) {
  const IdentifierInfo *id = callee->getIdentifier();
  return id != nullptr && llvm::is_contained(names, id->getName());
}

/// Looking something up by its name is reading a configuration.
bool isLookupByName(const CallExpr *call) {
  if (!isa<CXXMemberCallExpr, CXXOperatorCallExpr>(call))
    return false;
  return llvm::any_of(call->arguments(), [](const Expr *argument) {
    return isa<StringLiteral>(
        argument->IgnoreImplicit()->IgnoreParenImpCasts());
  });
}

bool isAddressOfSomething(const Expr *pointer) {
  pointer = pointer->IgnoreParenImpCasts();
  // An opaque pointer often carries a small integer.
  return isa<CXXThisExpr>(pointer) || !pointer->getType()->isVoidPointerType();
}

std::string quoted(const NamedDecl *decl) {
  return "'" + decl->getNameAsString() + "'";
}

}  // namespace

const FunctionDecl *definitionOf(const FunctionDecl *function) {
  const FunctionDecl *definition = nullptr;
  if (!function || !function->hasBody(definition) ||
      inSystemHeader(function->getASTContext(), definition))
    return nullptr;
  return definition;
}

Origin OriginFinder::of(const Expr *value, Place place) {
  budget_ = kBudget;
  frame_ = nullptr;
  active_.clear();
  since_.clear();
  return visit(value, place);
}

Origin OriginFinder::source(OriginKind kind, const Expr *at, StringRef source,
                            const llvm::Twine &message) {
  Origin origin = plain(kind);
  origin.source = source;
  origin.flow.push_back({at->getExprLoc(), message.str()});
  sources_.insert(at);
  return origin;
}

template <class RangeT>
Origin OriginFinder::mixOf(const RangeT &values, Place place) {
  Origin all = plain(OriginKind::None);
  for (const Stmt *value : values)
    if (const auto *expr = dyn_cast_or_null<Expr>(value))
      all = mix(visit(expr, place), std::move(all));
  return all;
}

Origin OriginFinder::visit(const Expr *value, Place place) {
  if (!value || budget_ == 0)
    return plain(OriginKind::Unknown);
  --budget_;
  value = value->IgnoreParens();
  if (isa<IntegerLiteral, FloatingLiteral, CharacterLiteral, CXXBoolLiteralExpr,
          CXXNullPtrLiteralExpr, UnaryExprOrTypeTraitExpr,
          ImplicitValueInitExpr, CXXScalarValueInitExpr, TypeTraitExpr>(value))
    return plain(OriginKind::Constant);
  if (const auto *text = dyn_cast<StringLiteral>(value))
    return visitText(text);
  if (const auto *name = dyn_cast<DeclRefExpr>(value)) {
    if (isa<EnumConstantDecl, NonTypeTemplateParmDecl>(name->getDecl()))
      return plain(OriginKind::Constant);
    if (isEntropyClass(name->getType()))
      return source(OriginKind::Entropy, name, "std::random_device",
                    "std::random_device is read here");
    if (const auto *binding = dyn_cast<BindingDecl>(name->getDecl()))
      return visit(binding->getBinding(), place);
    if (const auto *variable = dyn_cast<VarDecl>(name->getDecl()))
      return visitVariable(variable, place);
    return plain(OriginKind::Unknown);
  }
  if (const auto *member = dyn_cast<MemberExpr>(value))
    return visitMember(member, place);
  if (const auto *cast = dyn_cast<CastExpr>(value))
    return visitCast(cast, place);
  if (const auto *op = dyn_cast<BinaryOperator>(value))
    return visitOperator(op, place);
  if (const auto *op = dyn_cast<UnaryOperator>(value))
    return visit(op->getSubExpr(), place);
  if (const auto *choice = dyn_cast<AbstractConditionalOperator>(value))
    return visitChoice(choice, place);
  if (const auto *construct = dyn_cast<CXXConstructExpr>(value))
    return visitConstruct(construct, place);
  if (const auto *call = dyn_cast<CallExpr>(value))
    return visitCall(call, place);
  return visitWrapper(value, place);
}

/// The name of a device, or the text of `asm`.
Origin OriginFinder::visitText(const StringLiteral *text) {
  const StringRef letters =
      text->getCharByteWidth() == 1 ? text->getString() : StringRef();
  if (letters == "/dev/urandom" || letters == "/dev/random")
    return source(OriginKind::Entropy, text, "the system's entropy",
                  "the system's entropy is read here");
  for (const StringRef instruction :
       {"rdtsc", "rdrand", "rdseed", "cntvct_el0"})
    if (letters.contains(instruction))
      return source(OriginKind::Entropy, text, "a counter of the processor",
                    "a counter of the processor is read here");
  return plain(OriginKind::Constant);
}

/// Expressions whose value is that of what they hold.
Origin OriginFinder::visitWrapper(const Expr *value, Place place) {
  if (const auto *argument = dyn_cast<CXXDefaultArgExpr>(value))
    return visit(argument->getExpr(), place);
  if (const auto *init = dyn_cast<CXXDefaultInitExpr>(value))
    return visit(init->getExpr(), place);
  if (const auto *opaque = dyn_cast<OpaqueValueExpr>(value))
    return visit(opaque->getSourceExpr(), place);
  if (const auto *lambda = dyn_cast<LambdaExpr>(value)) {
    const Call call{value, lambda->getCallOperator(), 0, place};
    return returned(lambda->getCallOperator(), call);
  }
  if (isa<FullExpr, MaterializeTemporaryExpr, CXXBindTemporaryExpr,
          InitListExpr, CXXStdInitializerListExpr, ParenListExpr,
          CXXUnresolvedConstructExpr, ArraySubscriptExpr,
          SubstNonTypeTemplateParmExpr, CXXParenListInitExpr>(value)) {
    if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(value))
      return visit(subscript->getBase(), place);
    return mixOf(value->children(), place);
  }
  return plain(OriginKind::Unknown);
}

Origin OriginFinder::visitCast(const CastExpr *cast, Place place) {
  const Expr *operand = cast->getSubExpr();
  if (operand->getType().isNull())
    return visit(operand, place);
  const bool address =
      cast->getCastKind() == CK_PointerToIntegral ||
      (isa<ExplicitCastExpr>(cast) && operand->getType()->isPointerType() &&
       cast->getType()->isIntegerType());
  if (address && isAddressOfSomething(operand))
    return source(OriginKind::Entropy, cast, "an address",
                  "the address becomes a number here");
  return visit(operand, place);
}

Origin OriginFinder::visitOperator(const BinaryOperator *op, Place place) {
  if (op->getOpcode() == BO_Assign || op->getOpcode() == BO_Comma)
    return visit(op->getRHS(), place);
  if (op->isComparisonOp() || op->isLogicalOp())
    return plain(OriginKind::Unknown);
  return mix(visit(op->getLHS(), place), visit(op->getRHS(), place));
}

Origin OriginFinder::visitChoice(const AbstractConditionalOperator *choice,
                                 Place place) {
  const Expr *condition = choice->getCond();
  bool decided = false;
  if (!condition->isValueDependent() &&
      condition->EvaluateAsBooleanCondition(decided, unit_.context()))
    return visit(decided ? choice->getTrueExpr() : choice->getFalseExpr(),
                 place);
  Origin alternatives[] = {visit(choice->getTrueExpr(), place),
                           visit(choice->getFalseExpr(), place)};
  return reproaudit::choice(alternatives);
}

Origin OriginFinder::visitConstruct(const CXXConstructExpr *construct,
                                    Place place) {
  if (isEntropyClass(construct->getType()))
    return source(OriginKind::Entropy, construct, "std::random_device",
                  "std::random_device is read here");
  if (isEngine(construct->getType()))
    return plain(OriginKind::Draw);
  if (construct->getNumArgs() == 0)
    return plain(inSystemHeader(unit_.context(), construct->getConstructor())
                     ? OriginKind::Constant
                     : OriginKind::Unknown);
  return mixOf(construct->arguments(), place);
}

Origin OriginFinder::visitCall(const CallExpr *call, Place place) {
  const FunctionDecl *callee = call->getDirectCallee();
  if (!callee)
    return plain(OriginKind::Unknown);
  if (const RandomFunction *known = randomFunction(callee)) {
    const bool thread = known->role == RandomRole::ThreadId;
    if (thread || known->role == RandomRole::Entropy)
      return source(thread ? OriginKind::ThreadId : OriginKind::Entropy, call,
                    known->source, known->source + " is read here");
    return plain(OriginKind::Draw);
  }
  const auto *op = dyn_cast<CXXOperatorCallExpr>(call);
  if (op && op->getOperator() == OO_Call) {
    const auto entropic = [](const Expr *argument) {
      return isEntropyClass(argument->getType());
    };
    if (llvm::any_of(op->arguments(), entropic))
      return source(OriginKind::Entropy, call, "std::random_device",
                    "std::random_device is read here");
    if (isEngine(op->getArg(0)->getType()) ||
        isDistribution(op->getArg(0)->getType()))
      return plain(OriginKind::Draw);
  }
  if (const FunctionDecl *definition = definitionOf(callee)) {
    const bool member = op != nullptr && isa<CXXMethodDecl>(callee);
    return returned(definition, {call, callee, member ? 1U : 0U, place});
  }
  if (inSystemHeader(unit_.context(), callee))
    return visitLibraryCall(call, callee, place);
  // Another unit knows; mixing nothing but entropy can only give entropy.
  Origin arguments = mixOf(call->arguments(), place);
  const bool only = llvm::all_of(call->arguments(), [&](const Expr *argument) {
    return visit(argument, place).isUnrepeatable();
  });
  if (arguments.isUnrepeatable() && only)
    return arguments;
  Origin elsewhere = plain(OriginKind::Unknown);
  elsewhere.variables.push_back(callee->getCanonicalDecl());
  return elsewhere;
}

/// Library functions are taken to compute their result from their arguments.
Origin OriginFinder::visitLibraryCall(const CallExpr *call,
                                      const FunctionDecl *callee, Place place) {
  const auto *member = dyn_cast<CXXMemberCallExpr>(call);
  if (isNamed(callee, {"getenv", "secure_getenv", "_dupenv_s"}))
    return plain(OriginKind::Configuration);
  if (isNamed(callee, {"min", "max", "entropy"}) && call->getNumArgs() == 0)
    return plain(OriginKind::Constant);
  if (isLookupByName(call))
    return plain(OriginKind::Configuration);
  if (member != nullptr && isNamed(callee, {"value_or", "get_value_or"})) {
    Origin alternatives[] = {visit(member->getImplicitObjectArgument(), place),
                             visit(call->getArg(0), place)};
    return choice(alternatives);
  }
  if (isStdHash(callee) && llvm::any_of(call->arguments(), hashesAddress))
    return source(OriginKind::Entropy, call, "an address",
                  "the address is hashed here");
  Origin all = mixOf(call->arguments(), place);
  if (isStdHash(callee) && all.kind < OriginKind::Hash) {
    Origin hash = source(OriginKind::Hash, call, "std::hash",
                         "std::hash is computed here");
    addInputs(hash, all);
    return hash;
  }
  if (member)
    all =
        mix(visit(member->getImplicitObjectArgument(), place), std::move(all));
  return call->getNumArgs() == 0 && !member ? plain(OriginKind::Unknown) : all;
}

Origin OriginFinder::visitMember(const MemberExpr *member, Place place) {
  const ValueDecl *decl = member->getMemberDecl();
  if (isEntropyClass(decl->getType()))
    return source(OriginKind::Entropy, member, "std::random_device",
                  "std::random_device is read here");
  if (isa<EnumConstantDecl>(decl))
    return plain(OriginKind::Constant);
  if (!isa<FieldDecl, VarDecl>(decl))
    return plain(OriginKind::Unknown);
  if (inSystemHeader(unit_.context(), decl))
    return visit(member->getBase(), place);
  // What a caller hands over holds what the caller put there.
  const ValueDecl *object = rootOf(member->getBase());
  const auto isOwn = [&](const Write &write) {
    return unit_.functionAt(write.place) == unit_.functionAt(place);
  };
  if (isa_and_nonnull<ParmVarDecl>(object) &&
      llvm::none_of(unit_.writes(decl), isOwn))
    return plain(OriginKind::Configuration);
  return visitVariable(decl, place);
}

Origin OriginFinder::visitVariable(const ValueDecl *variable, Place place) {
  variable = cast<ValueDecl>(variable->getCanonicalDecl());
  if (isEngine(variable->getType()))
    return plain(OriginKind::Draw);
  // `x = mix(x)` asks for an earlier value of the same variable.
  const auto [known, isNew] = since_.try_emplace(variable, place.order);
  const unsigned later = known->second;
  if (!isNew && place.order >= later)
    return plain(OriginKind::None);
  since_[variable] = place.order;
  Origin origin = writtenTo(variable, place);
  if (isNew)
    since_.erase(variable);
  else
    since_[variable] = later;
  const auto *local = dyn_cast<VarDecl>(variable);
  if (!local || !local->hasLocalStorage())
    origin.variables.push_back(variable);
  return origin;
}

Origin OriginFinder::visitParameter(const ParmVarDecl *parameter) {
  const auto *function = dyn_cast<FunctionDecl>(parameter->getDeclContext());
  for (const Frame *frame = frame_; frame && function; frame = frame->caller) {
    if (frame->call->callee->getCanonicalDecl() != function->getCanonicalDecl())
      continue;
    const Expr *argument =
        frame->call->argument(parameter->getFunctionScopeIndex());
    const auto back =
        llvm::scope_exit([this, here = frame_] { frame_ = here; });
    frame_ = frame->caller;
    Origin origin = visit(argument, frame->call->place);
    if (origin.isUnrepeatable())
      origin.flow.push_back(
          {argument->getExprLoc(), "passed as " + quoted(parameter) + " here"});
    return origin;
  }
  Origin origin = plain(OriginKind::Parameter);
  origin.parameters.push_back(parameter);
  return origin;
}

Origin OriginFinder::visitWrite(const Write &write, const ValueDecl *target) {
  if (write.kind == Write::Escape)
    return visitEscape(write, target);
  const auto *call = dyn_cast<CallExpr>(write.value);
  const auto *method =
      call && write.kind == Write::Update
          ? dyn_cast_or_null<CXXMethodDecl>(call->getDirectCallee())
          : nullptr;
  Origin origin =
      method && method->isInstance() && !call->getType()->isIntegerType()
          ? mixOf(call->arguments(), write.place)
          : visit(write.value, write.place);
  if (origin.isUnrepeatable())
    origin.flow.push_back(
        {write.value->getExprLoc(), "stored in " + quoted(target) + " here"});
  return origin;
}

/// What a callee stores through the pointer or reference it was given.
Origin OriginFinder::visitEscape(const Write &write, const ValueDecl *target) {
  const auto *call = dyn_cast<CallExpr>(write.value);
  const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
  if (!callee)
    return plain(OriginKind::Configuration);
  if (randomFunction(callee))
    return visitCall(call, write.place);
  if (const FunctionDecl *definition = definitionOf(callee)) {
    const bool member =
        isa<CXXOperatorCallExpr>(call) && isa<CXXMethodDecl>(callee);
    const Call made{call, callee, member ? 1U : 0U, write.place};
    const Frame frame{&made, frame_};
    const auto back =
        llvm::scope_exit([this, here = frame_] { frame_ = here; });
    frame_ = &frame;
    llvm::SmallVector<Origin, 2> stored;
    for (const ParmVarDecl *parameter : definition->parameters())
      if (rootOf(made.argument(parameter->getFunctionScopeIndex())) == target &&
          active_.insert(parameter).second) {
        for (const Write &inner : unit_.writes(parameter))
          stored.push_back(visitWrite(inner, parameter));
        active_.erase(parameter);
      }
    return choice(stored);
  }
  Origin all = mixOf(call->arguments(), write.place);
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(call))
    all = mix(visit(method->getImplicitObjectArgument(), write.place),
              std::move(all));
  return all.isUnrepeatable() || all.kind == OriginKind::Draw
             ? all
             : plain(OriginKind::Configuration);
}

Origin OriginFinder::returned(const FunctionDecl *function, const Call &call) {
  if (!active_.insert(function->getCanonicalDecl()).second)
    return plain(OriginKind::None);
  const Frame frame{&call, frame_};
  frame_ = &frame;
  llvm::SmallVector<Origin, 2> values;
  for (const Return &value : unit_.returns(function))
    values.push_back(visit(value.value, value.place));
  frame_ = frame.caller;
  active_.erase(function->getCanonicalDecl());
  if (values.empty())
    return plain(OriginKind::Unknown);
  Origin origin = choice(values);
  if (origin.isUnrepeatable() && function->getIdentifier())
    origin.flow.push_back(
        {call.expr->getExprLoc(), "returned by " + quoted(function) + " here"});
  return origin;
}

/// The writes that the value of \p variable at \p place can come from.
llvm::SmallVector<Write, 4> OriginFinder::reaching(const ValueDecl *variable,
                                                   Place place) const {
  const FunctionDecl *here = unit_.functionAt(place);
  unsigned loop = 0;
  for (unsigned block = place.block;
       unit_.block(block).function == here && block != 0;
       block = unit_.block(block).parent)
    if (isLoop(unit_.block(block).owner))
      loop = block;
  const auto isLocal = [&](const Write &write) {
    return unit_.functionAt(write.place) == here;
  };
  Place last;
  for (const Write &write : unit_.writes(variable))
    if ((write.kind == Write::Initial || write.kind == Write::Assign) &&
        isLocal(write) && unit_.dominates(write.place, place) &&
        write.place.order > last.order)
      last = write.place;
  const auto *local = dyn_cast<VarDecl>(variable);
  const bool ordered = local != nullptr && local->hasLocalStorage();
  llvm::SmallVector<Write, 4> writes;
  for (const Write &write : unit_.writes(variable)) {
    const bool repeated = loop != 0 && unit_.encloses(loop, write.place.block);
    const bool later = write.place.order >= place.order && !repeated;
    const bool overwritten =
        write.place.order < last.order && !(repeated && ordered);
    if (isLocal(write) || (last.order != 0 && ordered)) {
      if (overwritten ||
          (later && isLocal(write) && (ordered || last.order != 0)))
        continue;
    } else if (last.order != 0) {
      continue;
    }
    writes.push_back(write);
  }
  return writes;
}

Origin OriginFinder::writtenTo(const ValueDecl *variable, Place place) {
  const auto *var = dyn_cast<VarDecl>(variable);
  const auto *parameter = dyn_cast<ParmVarDecl>(variable);
  const llvm::SmallVector<Write, 4> writes = reaching(variable, place);
  llvm::SmallVector<Origin, 4> alternatives;
  Origin mixedIn = plain(OriginKind::None);
  bool replaced = false;
  bool certain = false;
  for (const Write &write : writes) {
    Origin origin = visitWrite(write, variable);
    if (write.kind == Write::Update) {
      mixedIn = mix(std::move(origin), std::move(mixedIn));
      continue;
    }
    replaced |=
        unit_.dominates(write.place, place) && write.kind != Write::Escape;
    certain |= origin.isUnrepeatable() && write.kind != Write::Initial &&
               unit_.unconditional(write.place);
    alternatives.push_back(std::move(origin));
  }
  if (parameter && !replaced)
    alternatives.push_back(visitParameter(parameter));
  // A start value that is always replaced is none.
  if (certain)
    llvm::erase_if(alternatives, [](const Origin &origin) {
      return origin.kind == OriginKind::Constant;
    });
  if (alternatives.empty() && mixedIn.isUnrepeatable())
    return mixedIn;
  if (alternatives.empty())
    return plain(var && var->hasLocalStorage() && !parameter
                     ? OriginKind::Unknown
                     : OriginKind::Configuration);
  Origin origin = choice(alternatives);
  if (mixedIn.isUnrepeatable())
    origin = mix(std::move(mixedIn), std::move(origin));
  // Whoever holds the object can set a public member.
  const bool settable =
      isa<FieldDecl>(variable) && variable->getAccess() == AS_public &&
      llvm::all_of(writes,
                   [](const Write &w) { return w.kind == Write::Initial; });
  origin.optional |= origin.isUnrepeatable() && settable;
  return origin;
}

}  // namespace reproaudit
