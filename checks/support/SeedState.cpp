// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What RandomUse says about who seeds a generator.
#include "reproaudit/analysis/RandomUse.h"

#include "clang/AST/DeclCXX.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace reproaudit {
namespace {

/// How much of what could seed a member this unit shows.
enum class ClassSeeding : std::uint8_t { AllHere, SomeHere, Elsewhere };

ClassSeeding whoCanSeed(const FieldDecl *engine) {
  const auto *owner = dyn_cast<CXXRecordDecl>(engine->getParent());
  if (!owner)
    return ClassSeeding::Elsewhere;
  bool all = engine->getAccess() != AS_public;
  bool constructor = owner->ctor_begin() == owner->ctor_end();
  for (const CXXMethodDecl *method : owner->methods()) {
    const bool here = method->isImplicit() || method->isDefaulted() ||
                      method->isDeleted() || method->isPureVirtual() ||
                      method->hasBody();
    all &= here || method->isConst() || method->isStatic();
    constructor |= here && isa<CXXConstructorDecl>(method) &&
                   !cast<CXXConstructorDecl>(method)->isCopyOrMoveConstructor();
  }
  if (!constructor)
    return ClassSeeding::Elsewhere;
  return all ? ClassSeeding::AllHere : ClassSeeding::SomeHere;
}

bool sameFunction(const UnitIndex &unit, Place a, Place b) {
  return unit.functionAt(a) != nullptr &&
         unit.functionAt(a) == unit.functionAt(b);
}

}  // namespace

bool RandomUse::seeds(const Generator &generator) const {
  const auto seedsIt = [&](const Seeding &seeding) {
    return seeding.generator == generator &&
           (seeding.seed || seeding.kind == Seeding::Chosen);
  };
  return llvm::any_of(seedings_, seedsIt) ||
         (generator.engine != nullptr &&
          llvm::any_of(unit_.writes(generator.engine),
                       [&](const Write &write) { return maySeed(write); }));
}

bool RandomUse::draws(const Generator &generator) const {
  return llvm::any_of(drawings_, [&](const Drawing &drawing) {
    return drawing.generator == generator;
  });
}

SeedState RandomUse::seedStateOf(const DeclaratorDecl *engine) const {
  const auto *key = cast<ValueDecl>(engine->getCanonicalDecl());
  const auto *variable = dyn_cast<VarDecl>(engine);
  if (!isLibraryEngine(engine->getType()) || isa<ParmVarDecl>(engine) ||
      (variable != nullptr && !variable->hasInit()) || seeds({key, nullptr}))
    return SeedState::Known;
  if (const auto *field = dyn_cast<FieldDecl>(engine)) {
    const ClassSeeding known = whoCanSeed(field);
    if (known != ClassSeeding::AllHere)
      return known == ClassSeeding::SomeHere ? SeedState::Open
                                             : SeedState::Known;
  } else if (!variable->isLocalVarDecl() && variable->isExternallyVisible()) {
    return SeedState::Open;
  }
  return accessorOf(key) ? SeedState::Open : SeedState::Never;
}

SeedState RandomUse::seedStateOf(const Generator &generator) const {
  if (generator.global)
    return seeds(generator) ? SeedState::Known : SeedState::Open;
  for (const UnitIndex::Declared &engine : engines_)
    if (engine.decl->getCanonicalDecl() == generator.engine)
      if (const SeedState state = seedStateOf(engine.decl);
          state != SeedState::Known)
        return state;
  return SeedState::Known;
}

const Seeding *RandomUse::seedBeside(const Drawing &drawing) const {
  const FunctionDecl *function = unit_.functionAt(drawing.place);
  if (!function || seedStateOf(drawing.generator) == SeedState::Known)
    return nullptr;
  for (const Seeding &seeding : seedings_)
    if (seeding.isChosen() && unit_.functionAt(seeding.place) == function)
      return &seeding;
  return nullptr;
}

const ValueDecl *RandomUse::seedFor(const FieldDecl *engine) const {
  const auto *owner = dyn_cast<CXXRecordDecl>(engine->getParent());
  const ValueDecl *seed = nullptr;
  if (!owner || whoCanSeed(engine) != ClassSeeding::AllHere)
    return nullptr;
  for (const FieldDecl *field : owner->fields())
    if (isNumericSeed(field))
      seed = field;
  for (const CXXMethodDecl *method : owner->methods())
    for (const ParmVarDecl *parameter : method->parameters())
      if (isNumericSeed(parameter))
        seed = parameter;
  return seed;
}

bool RandomUse::isReplaced(const ValueDecl *variable) const {
  return llvm::any_of(unit_.writes(variable), [](const Write &write) {
    return write.kind == Write::Assign || write.kind == Write::Escape;
  });
}

bool RandomUse::hasSeededSibling(const Seeding &seeding) const {
  const FunctionDecl *constructor = unit_.functionAt(seeding.place);
  if (!isa_and_nonnull<CXXConstructorDecl>(constructor))
    return false;
  const auto *owner = cast<CXXRecordDecl>(constructor->getDeclContext());
  return llvm::any_of(owner->ctors(), [&](const CXXConstructorDecl *other) {
    return other->getCanonicalDecl() != constructor->getCanonicalDecl() &&
           llvm::any_of(other->parameters(), [&](const ParmVarDecl *parameter) {
             return isSeed(parameter);
           });
  });
}

bool RandomUse::canBeSeeded(const Seeding &seeding) const {
  if (hasSeededSibling(seeding))
    return true;
  const auto chosen = [&](const Seeding &other) {
    const OriginKind kind = other.origin.kind;
    return other.seed && other.at != seeding.at &&
           (kind == OriginKind::Parameter ||
            kind == OriginKind::Configuration ||
            (kind <= OriginKind::Unknown &&
             sameFunction(unit_, other.place, seeding.place)));
  };
  const bool member = seeding.generator.engine != nullptr &&
                      isa<FieldDecl>(seeding.generator.engine);
  for (const Seeding &other : seedings_) {
    if (!chosen(other) || other.kind == Seeding::Handed)
      continue;
    const bool here = sameFunction(unit_, other.place, seeding.place);
    if (other.generator == seeding.generator &&
        (seeding.generator.known() ? here || member || seeding.generator.engine
                                   : here && other.kind == seeding.kind))
      return true;
  }
  return false;
}

}  // namespace reproaudit
