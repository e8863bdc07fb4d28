// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Who reads and who writes the data members of the user's classes in one unit.
///
/// Templates are looked at as they are written, once: a member of an
/// instantiation and the member it was made from share one entry.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/Expr.h"
#include "clang/Basic/Diagnostic.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringSet.h"

#include <vector>

namespace reproaudit {

class FieldUses {
public:
  struct Uses {
    const clang::Expr *firstRead = nullptr;
    bool escapes = false;  ///< Its address or a mutable reference got away.
    /// Functions that give it a new value, constructors included.
    llvm::SmallVector<const clang::FunctionDecl *, 2> writers;
  };

  /// Walks the part of the unit that is outside system headers.
  explicit FieldUses(clang::ASTContext &context);

  /// The uses in \p context, collected once and kept as long as it lives.
  static const FieldUses &in(clang::ASTContext &context);

  const Uses &of(const clang::FieldDecl &field) const;

  /// Is a member of that name read, or given a value, where only its name is
  /// known (in a template, through a dependent type)?
  bool isReadByName(llvm::StringRef name) const {
    return readNames_.contains(name);
  }
  bool isWrittenByName(llvm::StringRef name) const {
    return writtenNames_.contains(name);
  }

  /// Is an object of \p record filled as a whole: memset, an initialiser list?
  bool isFilledAsAWhole(const clang::RecordDecl &record) const;

  /// The same, by memset and the like only: padding is filled too.
  bool isByteFilled(const clang::RecordDecl &record) const;

  /// Is an object of \p record made by `T()` or `new T()`, which is zero if no
  /// constructor was written?
  bool isValueInitialised(const clang::RecordDecl &record) const;

  /// Every constructor with a body or initialisers that the user wrote, in
  /// source order, and every other function with a body.
  llvm::ArrayRef<const clang::FunctionDecl *> functions() const {
    return functions_;
  }

private:
  friend class FieldUsesWalk;

  llvm::DenseMap<clang::SourceLocation, Uses> uses_;
  llvm::DenseSet<clang::SourceLocation> filled_;
  llvm::DenseSet<clang::SourceLocation> byteFilled_;
  llvm::DenseSet<clang::SourceLocation> valueInitialised_;
  llvm::StringSet<> readNames_;
  llvm::StringSet<> writtenNames_;
  std::vector<const clang::FunctionDecl *> functions_;
};

/// What a constructor or an initialising function does to the members of one
/// object.
struct Initialisation {
  /// False: the object gets out of sight, so nothing is known.
  bool isKnown = true;
  /// Members that have a value afterwards, at least on some path, and the place
  /// that gives it to them.
  llvm::DenseMap<const clang::FieldDecl *, clang::SourceLocation> set;
};

/// What \p constructor leaves behind, methods that it calls included.
Initialisation initialisationBy(const clang::CXXConstructorDecl &constructor);

/// Is \p word written anywhere in \p range? A unit with errors has lost parts
/// of its tree; its text has them still.
bool isMentionedIn(clang::SourceRange range, llvm::StringRef word,
                   const clang::ASTContext &context);

/// Can \p field hold an indeterminate value: arithmetic, enumeration or pointer
/// without an initialiser in the class?
bool needsInitialiser(const clang::FieldDecl &field);

/// The fix that gives \p variable a value where it is declared; none if its
/// name comes from a macro, or in C.
clang::FixItHint initialiserFor(const clang::NamedDecl &variable);

/// Is \p decl written in the file that the unit is compiled from? Clang's
/// SourceManager::isInMainFile says no where units share the parse of headers:
/// the file is then included by what is parsed before it.
bool isInMainFile(const clang::Decl &decl);

/// Can every function that may write \p field be seen in this unit?
bool allWritersAreVisible(const clang::FieldDecl &field);

}  // namespace reproaudit
