// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the analysis knows about random numbers of libraries: which functions
/// return entropy, which seed a generator and which draw from it, and which
/// classes are engines. Tables, not code; checks/support/RandomApi.cpp.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/AST/Type.h"
#include "llvm/ADT/StringRef.h"

namespace reproaudit {

/// A generator that a library keeps for the whole process or thread.
struct GlobalGenerator {
  llvm::StringLiteral name;    ///< As in "draws from rand()".
  llvm::StringLiteral seeder;  ///< What to call before the first draw.
  bool entropic;               ///< Seeded from entropy unless told otherwise.
  bool perThread;              ///< Every thread has its own.
};

enum class RandomRole : std::uint8_t {
  Entropy,   ///< Returns, or stores to its arguments, another value per run.
  ThreadId,  ///< Says which thread runs.
  Seed,      ///< Seeds a generator from an argument.
  EntropicSeed,  ///< Seeds a generator from entropy of its own choice.
  Draw,          ///< Draws from a global generator.
  Restore,       ///< Gives a generator a state, which is often an older one.
  Engine,        ///< Returns a reference to a global generator.
};

struct RandomFunction {
  llvm::StringLiteral name;  ///< Qualified, without inline namespaces.
  RandomRole role;
  llvm::StringLiteral source;        ///< Entropy, ThreadId: where from.
  const GlobalGenerator *generator;  ///< Seed, Draw: of whom; null: a handle.
  unsigned seedArgument;             ///< Seed: which argument.
};

/// What \p function is, or nullptr if it has nothing to do with random numbers.
const RandomFunction *randomFunction(const clang::FunctionDecl *function);

/// The generator called \p name, or nullptr.
const GlobalGenerator *globalGenerator(llvm::StringRef name);

/// The generator of Armadillo, which its constructors draw from.
const GlobalGenerator &armadilloGenerator();

/// The generator behind `rand`, which also std::random_shuffle draws from.
const GlobalGenerator &cGenerator();

/// Classes whose values are sources of entropy, such as std::random_device.
bool isEntropyClass(clang::QualType type);

/// Classes with the interface of a uniform random bit generator, those of the
/// standard library and Boost as well as the project's own; not entropy.
bool isEngine(clang::QualType type);

/// Engines that take entropy unless they are given a seed.
bool isEntropicEngine(clang::QualType type);

/// Engines of libraries: what their default constructor does is known.
bool isLibraryEngine(clang::QualType type);

/// Class templates such as std::normal_distribution: an engine's numbers made
/// into values.
bool isDistribution(clang::QualType type);

/// A handle of torch: a call that gets one does not draw from the default
/// generator.
bool isTorchGenerator(clang::QualType type);

/// `arma::fill::randu` and the like: they fill what is constructed with them.
bool isRandomFill(clang::QualType type);

/// True if \p function computes a hash: its seed is no generator's.
bool isHashFunction(const clang::FunctionDecl *function);

/// `std::random_shuffle`, whose two-argument form draws from rand().
bool isRandomShuffle(const clang::FunctionDecl *function);

/// The name of \p decl without inline namespaces: `std::chrono::system_clock`.
std::string plainName(const clang::NamedDecl *decl);

/// True for identifiers that speak of a seed: `seed`, `randomState`,
/// `rng_seed`.
bool soundsLikeSeed(llvm::StringRef name);

/// True if \p decl or what encloses it speaks of secrets, identifiers or
/// scratch names, where being unpredictable is the purpose.
bool wantsUnpredictable(const clang::Decl *decl);

}  // namespace reproaudit
