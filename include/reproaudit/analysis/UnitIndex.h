// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// One walk over the user's part of a unit: who writes, calls and returns what,
/// and where. Origins of values and uses of random engines are read off it, so
/// that no rule walks the tree again. Rules get it by `perUnit<UnitIndex>`.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace reproaudit {

/// A position in the order of the source text, and the block around it.
struct Place {
  unsigned order = 0;
  unsigned block = 0;
};

/// What runs as a whole or not at all: a function, one branch of an `if`, the
/// body of a loop, an OpenMP region.
struct Block {
  unsigned parent = 0;
  const clang::Stmt *owner = nullptr;  ///< The `if`, loop, lambda, directive.
  const clang::FunctionDecl *function = nullptr;
};

/// A store to a variable or member, or a call that may store to it.
struct Write {
  enum Kind : std::uint8_t {
    Initial,  ///< Its initialiser, in the declaration or in a constructor.
    Assign,   ///< The whole value is replaced.
    Update,   ///< A part of it changes: compound assignment, element, method.
    Escape,   ///< A callee got a mutable reference or pointer to it.
  };
  Kind kind;
  const clang::Expr *value;  ///< What is stored; the call for methods, Escape.
  Place place;
};

/// A call of a function or constructor whose declaration is known.
struct Call {
  const clang::Expr *expr;
  const clang::FunctionDecl *callee;
  /// Where the callee's arguments begin among those of \ref expr: 1 for member
  /// operators and for `std::thread(worker, seed)`. A library function that
  /// passes its arguments on, such as `std::make_unique`, is a second call.
  unsigned skip;
  Place place;

  unsigned argumentCount() const;
  const clang::Expr *argument(unsigned parameter) const;
};

/// `target = value`.
struct Assignment {
  const clang::Expr *target;
  const clang::Expr *value;
  Place place;
};

/// An enumerator, or a variable that is not local, is named; or something is
/// called whose callee is only a candidate: a function in a template that
/// nobody instantiates, a pointer in a record.
struct Reference {
  const clang::Expr *expr;
  const clang::NamedDecl *decl;
  Place place;
};

struct Return {
  const clang::Expr *value;
  Place place;
};

class UnitIndex {
public:
  explicit UnitIndex(clang::ASTContext &context);

  clang::ASTContext &context() const { return context_; }
  llvm::ArrayRef<Write> writes(const clang::ValueDecl *target) const;
  llvm::ArrayRef<Return> returns(const clang::FunctionDecl *function) const;
  /// Expressions that name \p variable, a member or global that is a number.
  llvm::ArrayRef<const clang::Expr *>
  mentions(const clang::ValueDecl *variable) const;
  llvm::ArrayRef<Call> calls() const { return calls_; }
  llvm::ArrayRef<Assignment> assignments() const { return assignments_; }
  llvm::ArrayRef<Reference> references() const { return references_; }

  /// Variables, members and parameters of the unit with the place of their
  /// declaration, in source order.
  struct Declared {
    const clang::DeclaratorDecl *decl;
    Place place;
  };
  llvm::ArrayRef<Declared> declared() const { return declared_; }
  llvm::ArrayRef<const clang::FunctionDecl *> functions() const {
    return functions_;
  }

  const Block &block(unsigned index) const { return blocks_[index]; }
  const clang::FunctionDecl *functionAt(Place place) const {
    return blocks_[place.block].function;
  }
  /// True if block \p inner is \p outer or lies in it.
  bool encloses(unsigned outer, unsigned inner) const;
  /// True if whoever reaches \p later has passed \p earlier.
  bool dominates(Place earlier, Place later) const;
  /// True if \p place is reached whenever its function runs.
  bool unconditional(Place place) const;

private:
  friend class UnitIndexer;

  clang::ASTContext &context_;
  std::vector<Block> blocks_{Block{}};
  std::vector<Call> calls_;
  std::vector<Assignment> assignments_;
  std::vector<Reference> references_;
  std::vector<Declared> declared_;
  std::vector<const clang::FunctionDecl *> functions_;
  template <class ValueT>
  using PerDecl =
      llvm::DenseMap<const clang::Decl *, llvm::SmallVector<ValueT, 1>>;
  PerDecl<Write> writes_;
  PerDecl<Return> returns_;
  PerDecl<const clang::Expr *> mentions_;
};

/// The variable or member that the lvalue \p expr names or is a part of, seen
/// through casts, `&`, `*`, elements, iterators and `std::ref`; or nullptr.
const clang::ValueDecl *rootOf(const clang::Expr *expr);

/// True if \p decl, or the macro that spells it, comes from a system header.
bool inSystemHeader(const clang::ASTContext &context, const clang::Decl *decl);

}  // namespace reproaudit
