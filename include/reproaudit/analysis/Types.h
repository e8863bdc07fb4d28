// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Questions about types, answered through canonical types so that aliases,
/// references, `auto` and views do not matter.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "clang/AST/Type.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace reproaudit {

/// What decides the order in which the elements of a sequence are visited.
enum class Order : std::uint8_t {
  Specified,  ///< The program: insertion, index or key values.
  Hash,       ///< Hash, library version and history of insertions.
  Address,    ///< Where the allocator put the keys; another in every run.
  Directory,  ///< The file system.
  Arrival,    ///< Which thread came first.
};

/// The order of iterating over a \p type: containers, views and adaptors of
/// them, classes derived from them, directory and hash iterators. \p extra
/// names class templates of the user that are to count as hash containers.
Order orderOf(clang::QualType type, llvm::ArrayRef<llvm::StringRef> extra = {});

/// Where the elements of a container of this \p type stand.
enum class Shape : std::uint8_t {
  Other,
  Sequence,  ///< Where they were put: vector, deque, list, string, queue.
  Set,       ///< Where their value belongs, once.
  Map,       ///< Likewise, by their key.
  MultiSet,  ///< By value; equal ones in the order of insertion.
  MultiMap,
  Heap,  ///< std::priority_queue: equal ones in any order.
};
Shape shapeOf(clang::QualType type);

/// The type of the elements of container, view or array \p type, or null.
clang::QualType elementOf(clang::QualType type);

/// The first argument of a class template specialisation, or null.
clang::QualType firstArgument(clang::QualType type);

/// Does a comparison of such values by `<` end up at an address: pointers,
/// smart pointers, pairs and tuples of them? Text (`const char *`) counts:
/// `<` compares where it lies.
bool comparesAddresses(clang::QualType type);

/// A random number engine of the standard library, Boost, PCG or absl.
bool isRandomEngine(clang::QualType type);

/// An iterator class, of whatever library; pointers are none.
bool isIterator(clang::QualType type);

/// std::string and its kind.
bool isText(clang::QualType type);

/// A standard or Boost output stream.
bool isOutputStream(clang::QualType type);

/// Is \p decl, or a class it is nested in, inside namespace std (inline and
/// internal namespaces included)?
bool isInStd(const clang::Decl &decl);

/// The name of \p decl if it is an identifier, otherwise "": null, operators.
llvm::StringRef nameOf(const clang::NamedDecl *decl);

/// The name that \p call calls, also where a template has not resolved it yet;
/// "" for operators and calls through pointers.
llvm::StringRef calledName(const clang::CallExpr &call);

/// The name of the class that \p type is, refers or points to, or "".
llvm::StringRef recordName(clang::QualType type);

}  // namespace reproaudit
