// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a unit does with random numbers: which engines it declares, who seeds
/// them from what, and who draws. The randomness rules are judgements over
/// these three lists.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/RandomApi.h"
#include "reproaudit/analysis/SeedOrigin.h"
#include "reproaudit/analysis/UnitIndex.h"

#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/SmallSet.h"

#include <string>
#include <vector>

namespace reproaudit {

/// True if \p decl is a number that is called a seed.
bool isNumericSeed(const clang::ValueDecl *decl);

/// Whose state is drawn from or seeded: a variable, a member, or a generator
/// that a library keeps. Neither for a temporary.
struct Generator {
  const clang::ValueDecl *engine = nullptr;
  const GlobalGenerator *global = nullptr;

  bool known() const { return engine != nullptr || global != nullptr; }
  bool operator==(const Generator &) const = default;
};

struct Seeding {
  enum Kind : std::uint8_t {
    Made,      ///< An engine is constructed.
    Reseeded,  ///< A seed function or method is called.
    Handed,    ///< Given to a parameter, member or option that is a seed.
    Chosen,    ///< The library takes entropy of its own.
  };
  Kind kind;
  const clang::Expr *at;
  const clang::Expr *seed;  ///< Null if the generator's own default is used.
  Generator generator;
  std::string subject;  ///< For messages: "'rng'", "rand()", "'seed' of 'fit'".
  Place place;
  Origin origin;

  /// A seed that somebody chose arrives at a generator here.
  bool isChosen() const {
    return kind != Handed && seed != nullptr &&
           (origin.kind == OriginKind::Parameter ||
            origin.kind == OriginKind::Configuration);
  }
};

struct Drawing {
  const clang::Expr *at;
  const clang::Expr *object;  ///< The engine as written; null for a global one.
  Generator generator;
  Place place;
  bool entropic = false;  ///< From std::random_device or the like.
};

/// Who gives an engine its first state, as far as the unit shows.
enum class SeedState : std::uint8_t {
  Known,  ///< Something here seeds it or may do so, or nothing is known.
  Open,   ///< Nothing here; another unit may.
  Never,  ///< Nobody: it keeps the seed of its default constructor.
};

/// An engine given to a function of the project, which may draw from it.
struct Pass {
  const Call *call;
  unsigned parameter;
  bool isDrawn = false;
};

class RandomUse {
public:
  explicit RandomUse(clang::ASTContext &context);

  const UnitIndex &unit() const { return unit_; }
  const std::vector<Seeding> &seedings() const { return seedings_; }
  const std::vector<Drawing> &drawings() const { return drawings_; }
  /// True if the unit reads entropy anywhere.
  bool readsEntropy() const { return readsEntropy_; }
  const std::vector<Pass> &passes() const { return passes_; }
  /// Variables and members that are engines.
  const std::vector<UnitIndex::Declared> &engines() const { return engines_; }

  /// True if the unit shows that \p value ends in a seed.
  bool endsInSeed(const clang::Expr *value) const {
    return seedSources_.contains(value);
  }
  /// True if what is given to \p parameter ends in a seed.
  bool isSeed(const clang::ParmVarDecl *parameter) const;
  /// True if \p generator is seeded by something that can be chosen, near
  /// \p seeding: in its function or in its class.
  bool canBeSeeded(const Seeding &seeding) const;
  /// True if \p seeding is in a constructor whose class has another one that
  /// takes a seed.
  bool hasSeededSibling(const Seeding &seeding) const;
  /// The variable or member that the construction \p expr makes, or nullptr.
  const clang::ValueDecl *madeBy(const clang::Expr *expr) const {
    return made_.lookup(expr);
  }
  /// True if \p variable gets another value after its initialiser, or a callee
  /// may give it one.
  bool isReplaced(const clang::ValueDecl *variable) const;
  /// Who seeds \p engine, which its default constructor makes.
  SeedState seedStateOf(const clang::DeclaratorDecl *engine) const;
  SeedState seedStateOf(const Generator &generator) const;
  /// True if this unit seeds \p generator, or may do so.
  bool seeds(const Generator &generator) const;
  bool draws(const Generator &generator) const;
  /// A seed that the function of \p drawing gives to another generator than
  /// the one that is drawn from, which nothing here seeds; or nullptr.
  const Seeding *seedBeside(const Drawing &drawing) const;
  /// The seed that the class of \p engine takes, by a member or a parameter;
  /// nullptr if it takes none or is not defined here as a whole.
  const clang::ValueDecl *seedFor(const clang::FieldDecl *engine) const;
  /// The engine that \p expr names, through references and accessors; the
  /// accessor itself if another unit defines it.
  const clang::ValueDecl *engineOf(const clang::Expr *expr) const;
  /// The generator that \p expr names.
  Generator generatorOf(const clang::Expr *expr) const;
  /// The function that returns a reference to \p engine; or nullptr.
  const clang::FunctionDecl *accessorOf(const clang::ValueDecl *engine) const;

  /// The drawings and the calls in the body of \p function, lambdas excluded.
  llvm::ArrayRef<const Drawing *>
  drawingsIn(const clang::FunctionDecl *function) const;
  llvm::ArrayRef<const Call *>
  callsIn(const clang::FunctionDecl *function) const;
  /// The generators that outlive a call of \p function and that it draws from,
  /// itself or through what it calls.
  llvm::SmallVector<Generator, 2>
  drawnBy(const clang::FunctionDecl *function) const;

private:
  static const clang::ParmVarDecl *
  canonical(const clang::ParmVarDecl *parameter);
  void findEngines();
  void collect(const Call &call);
  void collectEngine(const Call &call, clang::QualType type);
  void collectKnown(const Call &call, const RandomFunction &function);
  void collectMethod(const Call &call);
  void collectArguments(const Call &call);
  void collectNamed(const Call &call);
  void collectOption(const Call &call);
  void collectText(const Call &call);
  void collectState(const Assignment &assignment);
  void collectStores();
  void propagate();
  void hand(const Call &call, const clang::FunctionDecl *receiver);
  void add(Seeding seeding);
  void draw(const Call &call, const clang::Expr *object, Generator generator,
            bool entropic = false) {
    drawings_.push_back({call.expr, object, generator, call.place, entropic});
  }
  void resolvePasses();
  bool maySeed(const Write &write) const;
  bool isAlias(const clang::VarDecl *variable) const;
  Seeding seeding(Seeding::Kind kind, const Call &call,
                  const clang::Expr *seed) const;
  std::string nameOf(const Generator &generator, clang::QualType type) const;

  void drawnBy(const clang::FunctionDecl *function,
               llvm::SmallPtrSetImpl<const clang::FunctionDecl *> &visited,
               llvm::SmallVectorImpl<Generator> &drawn) const;

  const UnitIndex &unit_;
  std::vector<Pass> passes_;
  bool readsEntropy_ = false;
  template <class ValueT>
  using PerFunction = llvm::DenseMap<const clang::FunctionDecl *,
                                     llvm::SmallVector<const ValueT *, 2>>;
  PerFunction<Drawing> drawingsIn_;
  PerFunction<Call> callsIn_;
  std::vector<Seeding> seedings_;
  std::vector<Drawing> drawings_;
  std::vector<UnitIndex::Declared> engines_;
  llvm::DenseMap<const clang::Expr *, const clang::ValueDecl *> made_;
  llvm::SmallPtrSet<const clang::ParmVarDecl *, 8> seedParameters_;
  llvm::SmallPtrSet<const clang::Expr *, 8> seedSources_;
  llvm::SmallPtrSet<const clang::Expr *, 8> judged_;
};

}  // namespace reproaudit
