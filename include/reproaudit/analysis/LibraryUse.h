// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where a unit uses a library in a way that the catalogue describes.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Catalogue.h"
#include "reproaudit/analysis/UnitIndex.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <string>
#include <vector>

namespace reproaudit {

/// A place in the unit that a catalogue::Use describes.
struct LibraryUse {
  const clang::Expr *at = nullptr;
  const clang::NamedDecl *decl = nullptr;  ///< Called, stored to or mentioned.
  Place place;
  /// The object that it is about, or null: a variable, a member, or the
  /// function that returns it.
  const clang::ValueDecl *object = nullptr;
  bool makesObject = false;  ///< The object exists only from here on.
  bool isSure = true;  ///< False if an argument's value is not known here.
  const clang::Expr *choice = nullptr;  ///< Where that value is written down.
  std::string value;                    ///< Of that argument.
};

class LibraryUses {
public:
  explicit LibraryUses(clang::ASTContext &context);

  const UnitIndex &unit() const { return unit_; }

  /// Every place that \p use describes, in source order.
  std::vector<LibraryUse> find(const catalogue::Use &use) const;

  /// True if \p one and \p other can be the same object: one may be a parameter
  /// that is given the other, or a reference to it.
  bool isSameObject(const clang::ValueDecl *one,
                    const clang::ValueDecl *other) const;

private:
  struct Site {
    catalogue::Use::Kind kind;
    const clang::Expr *at;
    const clang::NamedDecl *decl;
    const clang::Expr *value;  ///< Of a Store.
    Place place;
  };

  void add(catalogue::Use::Kind kind, const clang::Expr *at,
           const clang::NamedDecl *decl, Place place,
           const clang::Expr *value = nullptr);
  bool isNamed(const Site &site, llvm::StringRef name) const;
  bool holds(const catalogue::ArgumentTest &test, const Site &site,
             LibraryUse &found) const;
  const clang::ValueDecl *objectOf(const Site &site,
                                   const catalogue::Use &use) const;

  const UnitIndex &unit_;
  llvm::DenseMap<clang::DeclarationName, std::vector<Site>> sites_;
  llvm::DenseMap<const clang::Expr *, const clang::ValueDecl *> made_;
};

}  // namespace reproaudit
