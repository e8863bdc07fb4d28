// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/RandomUse.h"

#include "reproaudit/analysis/PerUnit.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// References and accessors are followed this far.
constexpr int kAliasDepth = 8;

/// True if callers of \p function can seed the engine that it returns.
bool handsOutEngine(const FunctionDecl *function) {
  const QualType type = function->getReturnType();
  return (type->isLValueReferenceType() || type->isPointerType()) &&
         isEngine(type->getPointeeType()) &&
         !type->getPointeeType().isConstQualified();
}

/// The construction inside initialisers such as `E(seed)`, `new E(seed)`,
/// `std::unique_ptr<E>(new E(seed))` and `{E(seed)}`.
const Expr *constructionIn(const Expr *init) {
  while (init) {
    init = init->IgnoreImplicit()->IgnoreParenImpCasts();
    if (const auto *cast = dyn_cast<ExplicitCastExpr>(init))
      init = cast->getSubExpr();
    else if (const auto *fresh = dyn_cast<CXXNewExpr>(init))
      init = fresh->getConstructExpr();
    else if (const auto *list = dyn_cast<InitListExpr>(init))
      init = list->getNumInits() == 1 ? list->getInit(0) : nullptr;
    else if (const auto *made = dyn_cast<CXXConstructExpr>(init);
             made && made->getNumArgs() == 1 &&
             (!isEngine(made->getType()) ||
              made->getConstructor()->isCopyOrMoveConstructor()))
      init = made->getArg(0);
    else
      return init;
  }
  return nullptr;
}

/// Functions that take an engine without drawing from it.
bool onlyPassesOn(const FunctionDecl *callee) {
  if (callee->isOverloadedOperator())
    return callee->getOverloadedOperator() != OO_Call;
  const IdentifierInfo *name = callee->getIdentifier();
  return name == nullptr ||
         llvm::StringSwitch<bool>(name->getName())
             .Cases({"ref", "cref", "move", "forward"}, true)
             .Cases({"swap", "bind", "addressof", "thread"}, true)
             .Cases({"async", "make_pair", "make_tuple", "tie"}, true)
             .Cases({"construct_at", "bind_front"}, true)
             .Default(false);
}

/// The function around \p variable, OpenMP regions aside.
const DeclContext *functionOf(const VarDecl *variable) {
  const DeclContext *around = variable->getDeclContext();
  while (isa<CapturedDecl>(around))
    around = around->getParent();
  return around;
}

}  // namespace

bool isNumericSeed(const ValueDecl *decl) {
  return decl->getIdentifier() != nullptr &&
         decl->getType()->isArithmeticType() && soundsLikeSeed(decl->getName());
}

RandomUse::RandomUse(ASTContext &context) : unit_(perUnit<UnitIndex>(context)) {
  findEngines();
  for (const Call &call : unit_.calls())
    collect(call);
  for (const Assignment &assignment : unit_.assignments())
    collectState(assignment);
  resolvePasses();
  propagate();
  collectStores();
  for (const Drawing &drawing : drawings_)
    drawingsIn_[unit_.functionAt(drawing.place)].push_back(&drawing);
  if (!drawings_.empty())
    for (const Call &call : unit_.calls())
      if (definitionOf(call.callee))
        callsIn_[unit_.functionAt(call.place)].push_back(&call);
}

void RandomUse::findEngines() {
  for (const UnitIndex::Declared &declared : unit_.declared()) {
    const QualType type = declared.decl->getType();
    if (isEngine(type) && !type->isReferenceType())
      engines_.push_back(declared);
    if (!type->isRecordType() && !type->isPointerType() && !type->isArrayType())
      continue;
    for (const Write &write : unit_.writes(declared.decl))
      if (write.kind == Write::Initial || write.kind == Write::Assign)
        if (const Expr *made = constructionIn(write.value))
          made_.try_emplace(made, declared.decl);
  }
}

/// True if \p variable is only another name for what its initialiser names.
bool RandomUse::isAlias(const VarDecl *variable) const {
  const auto isReplaced = [](const Write &write) {
    return write.kind == Write::Assign;
  };
  const QualType type = variable->getType();
  return !isa<ParmVarDecl>(variable) && variable->hasInit() &&
         !variable->isCXXForRangeDecl() &&
         (type->isReferenceType() ||
          (type->isPointerType() &&
           llvm::none_of(unit_.writes(variable), isReplaced)));
}

const ValueDecl *RandomUse::engineOf(const Expr *expr) const {
  const ValueDecl *engine = nullptr;
  for (int depth = 0; expr && depth < kAliasDepth; ++depth) {
    if (const ValueDecl *root = rootOf(expr)) {
      engine = cast<ValueDecl>(root->getCanonicalDecl());
      const auto *variable = dyn_cast<VarDecl>(root);
      if (!variable || !isAlias(variable))
        break;
      expr = variable->getInit();
      continue;
    }
    const auto *call =
        dyn_cast<CallExpr>(expr->IgnoreImplicit()->IgnoreParenImpCasts());
    const FunctionDecl *accessor = call ? call->getDirectCallee() : nullptr;
    if (!accessor || !handsOutEngine(accessor))
      break;
    engine = accessor->getCanonicalDecl();
    const auto returns = unit_.returns(accessor);
    expr = returns.size() == 1 ? returns.front().value : nullptr;
  }
  return engine;
}

Generator RandomUse::generatorOf(const Expr *expr) const {
  const ValueDecl *engine = engineOf(expr);
  const auto *accessor = dyn_cast_or_null<FunctionDecl>(engine);
  const RandomFunction *known = accessor ? randomFunction(accessor) : nullptr;
  return known ? Generator{nullptr, known->generator}
               : Generator{engine, nullptr};
}

const FunctionDecl *RandomUse::accessorOf(const ValueDecl *engine) const {
  const auto returnsIt = [&](const Return &value) {
    return engineOf(value.value) == engine;
  };
  for (const FunctionDecl *function : unit_.functions())
    if (handsOutEngine(function) &&
        llvm::any_of(unit_.returns(function), returnsIt))
      return function;
  return nullptr;
}

std::string RandomUse::nameOf(const Generator &generator, QualType type) const {
  if (generator.engine && generator.engine->getIdentifier())
    return "'" + generator.engine->getNameAsString() + "'";
  if (generator.global)
    return generator.global->name.str();
  if (type.isNull())
    return "the generator";
  const std::string name = type.getUnqualifiedType().getAsString(
      unit_.context().getPrintingPolicy());
  return name.find('<') == std::string::npos ? name : "the generator";
}

Seeding RandomUse::seeding(Seeding::Kind kind, const Call &call,
                           const Expr *seed) const {
  Seeding made;
  made.kind = kind;
  made.at = call.expr;
  made.seed = seed;
  made.place = call.place;
  return made;
}

void RandomUse::add(Seeding seeding) {
  if (seeding.seed) {
    OriginFinder finder(unit_);
    seeding.origin = finder.of(seeding.seed, seeding.place);
    if (seeding.origin.isUnrepeatable() ||
        seeding.origin.kind == OriginKind::Hash)
      for (const Expr *source : finder.sources())
        seedSources_.insert(source);
  }
  seedings_.push_back(std::move(seeding));
}

void RandomUse::collect(const Call &call) {
  if (const auto *constructor = dyn_cast<CXXConstructorDecl>(call.callee)) {
    const QualType type =
        unit_.context().getCanonicalTagType(constructor->getParent());
    if (isEngine(type) && !constructor->isCopyOrMoveConstructor())
      return collectEngine(call, type);
  }
  if (const RandomFunction *known = randomFunction(call.callee))
    return collectKnown(call, *known);
  collectMethod(call);
  collectArguments(call);
  if (!call.callee->isInStdNamespace())
    collectNamed(call);
  collectOption(call);
  collectText(call);
}

/// An engine of \p type is made, with a seed or without one.
void RandomUse::collectEngine(const Call &call, QualType type) {
  Seeding made = seeding(Seeding::Made, call, nullptr);
  const auto decl = made_.find(call.expr);
  if (decl != made_.end())
    made.generator.engine = cast<ValueDecl>(decl->second->getCanonicalDecl());
  const bool direct = isEngine(call.expr->getType());
  made.subject =
      nameOf(made.generator, direct ? call.expr->getType() : QualType());
  for (unsigned i = 0; i < call.argumentCount(); ++i)
    if (!isa<CXXDefaultArgExpr>(call.argument(i))) {
      made.seed = call.argument(i);
      add(made);
    }
  if (made.seed)
    return;
  if (isEntropicEngine(type)) {
    made.kind = Seeding::Chosen;
    made.origin.kind = OriginKind::Entropy;
    made.origin.source = "the system's entropy";
  }
  seedings_.push_back(made);
}

void RandomUse::collectKnown(const Call &call, const RandomFunction &function) {
  const Generator generator{nullptr, function.generator};
  switch (function.role) {
  case RandomRole::Draw:
    for (unsigned i = 0; i < call.argumentCount(); ++i)
      if (const Expr *argument = call.argument(i);
          !isa<CXXDefaultArgExpr>(argument) &&
          isTorchGenerator(argument->IgnoreImplicit()->getType()))
        return;
    return draw(call, nullptr, generator);
  case RandomRole::Engine:
    return;
  case RandomRole::EntropicSeed: {
    Seeding chosen = seeding(Seeding::Chosen, call, nullptr);
    chosen.generator = generator;
    chosen.subject = nameOf(generator, {});
    chosen.origin.kind = OriginKind::Entropy;
    chosen.origin.source = function.source;
    return add(std::move(chosen));
  }
  case RandomRole::Restore:
    if (const Expr *state = call.argument(0)) {
      const OriginKind kind = OriginFinder(unit_).of(state, call.place).kind;
      if (kind == OriginKind::Configuration || kind == OriginKind::Unknown)
        return;
    }
    [[fallthrough]];
  case RandomRole::Seed: {
    const Expr *seed = call.argument(function.seedArgument);
    Seeding reseeded = seeding(Seeding::Reseeded, call, seed);
    reseeded.generator = generator;
    reseeded.subject = nameOf(generator, {});
    if (!generator.global)
      reseeded.subject = "the generator of '" + function.name.str() + "'";
    return seed ? add(std::move(reseeded)) : void();
  }
  case RandomRole::Entropy:
    readsEntropy_ = true;
    if (function.source == "the system's entropy")
      draw(call, nullptr, {}, /*entropic=*/true);
    return;
  case RandomRole::ThreadId:
    return;
  }
}

/// Methods of engines: `rng.seed(s)`, `rng()`, `rng.uniform(0, 1)`.
void RandomUse::collectMethod(const Call &call) {
  const auto *method = dyn_cast<CXXMethodDecl>(call.callee);
  if (!method || !method->isInstance() || !isa<CallExpr>(call.expr))
    return;
  const auto *member = dyn_cast<CXXMemberCallExpr>(call.expr);
  const Expr *object = member             ? member->getImplicitObjectArgument()
                       : (call.skip != 0) ? cast<CallExpr>(call.expr)->getArg(0)
                                          : nullptr;
  if (!object)
    return;
  QualType type = object->getType();
  if (type->isPointerType())
    type = type->getPointeeType();
  if (isEntropyClass(type) && method->getOverloadedOperator() == OO_Call) {
    readsEntropy_ = true;
    return draw(call, nullptr, {}, /*entropic=*/true);
  }
  if (!isEngine(type) || isa<CXXThisExpr>(object->IgnoreParenImpCasts()))
    return;
  const Generator generator = generatorOf(object);
  const IdentifierInfo *name = method->getIdentifier();
  if (name && soundsLikeSeed(name->getName())) {
    const bool none =
        call.argumentCount() == 0 || isa<CXXDefaultArgExpr>(call.argument(0));
    Seeding reseeded =
        seeding(Seeding::Reseeded, call, none ? nullptr : call.argument(0));
    reseeded.generator = generator;
    reseeded.subject = nameOf(generator, type);
    return add(std::move(reseeded));
  }
  const bool draws =
      method->getOverloadedOperator() == OO_Call ||
      (name != nullptr && !method->isConst() && !name->isStr("discard"));
  if (draws)
    draw(call, object, generator);
}

/// Engines that are passed to something that draws from them.
void RandomUse::collectArguments(const Call &call) {
  for (unsigned i = 0; i < call.argumentCount(); ++i)
    if (isRandomFill(call.argument(i)->IgnoreImplicit()->getType()))
      return draw(call, nullptr, {nullptr, &armadilloGenerator()});
  if (isa<CXXConstructExpr>(call.expr) || onlyPassesOn(call.callee))
    return;
  if (call.argumentCount() == 2 && isRandomShuffle(call.callee))
    return draw(call, nullptr, {nullptr, &cGenerator()});
  const unsigned count =
      std::min(call.argumentCount(), call.callee->getNumParams());
  for (unsigned i = 0; i < count; ++i) {
    const Expr *argument = call.argument(i)->IgnoreParenImpCasts();
    const QualType parameter = call.callee->getParamDecl(i)->getType();
    if (!parameter->isReferenceType() ||
        parameter.getNonReferenceType().isConstQualified())
      continue;
    const bool entropic = isEntropyClass(argument->getType());
    if (!entropic && !isEngine(argument->getType()))
      continue;
    if (entropic)
      draw(call, nullptr, {}, entropic);
    else if (inSystemHeader(unit_.context(), call.callee))
      draw(call, argument, generatorOf(argument));
    else
      passes_.push_back({&call, i});
  }
}

/// A function draws from the engine that it is given if its body does so, or
/// hands it on to one that does; so does one that another unit defines.
void RandomUse::resolvePasses() {
  llvm::SmallPtrSet<const ParmVarDecl *, 8> drawn;
  const auto note = [&](const ValueDecl *engine) {
    if (const auto *parameter = dyn_cast_or_null<ParmVarDecl>(engine))
      drawn.insert(canonical(parameter));
  };
  for (const Drawing &drawing : drawings_)
    note(drawing.generator.engine);
  for (bool changed = true; changed;) {
    changed = false;
    for (Pass &pass : passes_) {
      if (pass.isDrawn)
        continue;
      const Call &call = *pass.call;
      const ParmVarDecl *parameter = call.callee->getParamDecl(pass.parameter);
      if (definitionOf(call.callee) && !drawn.contains(canonical(parameter)))
        continue;
      const Expr *engine = call.argument(pass.parameter);
      draw(call, engine, generatorOf(engine));
      note(drawings_.back().generator.engine);
      pass.isDrawn = true;
      changed = true;
    }
  }
}

llvm::ArrayRef<const Drawing *>
RandomUse::drawingsIn(const FunctionDecl *function) const {
  const auto found = drawingsIn_.find(function);
  return found == drawingsIn_.end() ? llvm::ArrayRef<const Drawing *>()
                                    : found->second;
}

llvm::ArrayRef<const Call *>
RandomUse::callsIn(const FunctionDecl *function) const {
  const auto found = callsIn_.find(function);
  return found == callsIn_.end() ? llvm::ArrayRef<const Call *>()
                                 : found->second;
}

llvm::SmallVector<Generator, 2>
RandomUse::drawnBy(const FunctionDecl *function) const {
  llvm::SmallPtrSet<const FunctionDecl *, 8> visited;
  llvm::SmallVector<Generator, 2> drawn;
  drawnBy(function, visited, drawn);
  return drawn;
}

void RandomUse::drawnBy(const FunctionDecl *function,
                        llvm::SmallPtrSetImpl<const FunctionDecl *> &visited,
                        llvm::SmallVectorImpl<Generator> &drawn) const {
  if (function == nullptr || !visited.insert(function).second ||
      visited.size() > 200)
    return;
  for (const Drawing *drawing : drawingsIn(function)) {
    const ValueDecl *engine = drawing->generator.engine;
    const auto *variable = dyn_cast_or_null<VarDecl>(engine);
    const bool own = variable != nullptr && variable->hasLocalStorage() &&
                     functionOf(variable) == function;
    if (drawing->generator.known() && !own &&
        !llvm::is_contained(drawn, drawing->generator))
      drawn.push_back(drawing->generator);
  }
  for (const Call *call : callsIn(function))
    drawnBy(definitionOf(call->callee), visited, drawn);
}

/// `cv::theRNG().state = value` and `cv::theRNG() = cv::RNG(value)`.
void RandomUse::collectState(const Assignment &assignment) {
  const Expr *target = assignment.target->IgnoreParenImpCasts();
  const Expr *seed = assignment.value;
  const Expr *engine = nullptr;
  if (const auto *member = dyn_cast<MemberExpr>(target)) {
    const auto *field = dyn_cast<FieldDecl>(member->getMemberDecl());
    if (!field || field->getName() != "state" ||
        !isEngine(member->getBase()->getType()))
      return;
    engine = member->getBase();
  } else if (isa<CallExpr>(target) && isEngine(target->getType())) {
    const auto *made =
        dyn_cast_or_null<CXXConstructExpr>(constructionIn(assignment.value));
    engine = target;
    seed = made && made->getNumArgs() > 0 ? made->getArg(0) : seed;
  }
  if (!engine)
    return;
  Seeding reseeded;
  reseeded.kind = Seeding::Reseeded;
  reseeded.at = assignment.target;
  reseeded.seed = seed;
  reseeded.generator = generatorOf(engine);
  reseeded.place = assignment.place;
  reseeded.subject = nameOf(reseeded.generator, engine->getType());
  add(std::move(reseeded));
}

/// True if \p write can give an engine another state than its default one.
bool RandomUse::maySeed(const Write &write) const {
  if (write.kind == Write::Initial || write.kind == Write::Assign) {
    const auto *made =
        dyn_cast_or_null<CXXConstructExpr>(constructionIn(write.value));
    return made == nullptr || !isEngine(made->getType()) ||
           llvm::any_of(made->arguments(), [](const Expr *argument) {
             return !isa<CXXDefaultArgExpr>(argument);
           });
  }
  const auto *call = dyn_cast<CallExpr>(write.value);
  const FunctionDecl *callee = call ? call->getDirectCallee() : nullptr;
  if (!callee || write.kind != Write::Escape)
    return callee == nullptr;
  if (callee->isOverloadedOperator())
    return callee->getOverloadedOperator() == OO_GreaterGreater;
  if (const FunctionDecl *definition = definitionOf(callee))
    return llvm::any_of(seedings_, [&](const Seeding &seeding) {
      const auto *parameter =
          dyn_cast_or_null<ParmVarDecl>(seeding.generator.engine);
      return parameter &&
             parameter->getDeclContext() == definition->getCanonicalDecl();
    });
  const StringRef name =
      callee->getIdentifier() ? callee->getName() : StringRef();
  return soundsLikeSeed(name) || name.starts_with_insensitive("init") ||
         name.starts_with_insensitive("set") || name.contains("swap") ||
         name.contains_insensitive("load") || name.contains("exchange");
}

}  // namespace reproaudit
