// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Values that several rules need are computed once for each unit.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "llvm/ADT/DenseMap.h"

#include <memory>

namespace reproaudit {

/// The \p ValueT that is made from \p context: made on first use and kept as
/// long as the context lives.
template <class ValueT> const ValueT &perUnit(clang::ASTContext &context) {
  using Values = llvm::DenseMap<const void *, std::unique_ptr<ValueT>>;
  static thread_local Values values;
  if (const auto found = values.find(&context); found != values.end())
    return *found->second;
  context.AddDeallocation([](void *dead) { values.erase(dead); }, &context);
  auto value = std::make_unique<ValueT>(context);
  return *(values[&context] = std::move(value));
}

}  // namespace reproaudit
