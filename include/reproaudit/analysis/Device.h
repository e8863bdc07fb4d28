// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// GPU code: which thread of which block computes what.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Atomics.h"
#include "reproaudit/analysis/Check.h"

#include "clang/AST/Decl.h"
#include "llvm/ADT/DenseSet.h"

#include <optional>

namespace reproaudit {

/// True for kernels and for functions that run on the device.
bool isDeviceCode(const clang::FunctionDecl &function);
bool isKernel(const clang::FunctionDecl &function);

/// What no two threads have in common.
struct Identity {
  bool thread = false;  ///< Differs between the threads of a block.
  bool block = false;   ///< Differs between blocks.

  Identity operator|(Identity other) const {
    return {thread || other.thread, block || other.block};
  }
};

/// Which threads are sure to compute different values of \p index: it adds or
/// multiplies `threadIdx` or `blockIdx` without a look-up or a remainder.
Identity identityOf(const clang::Expr &index);

/// The same for the address that \p target, an object or a pointer, names.
Identity identityOfTarget(const clang::Expr &target);

/// Which threads pass \p condition at most one by one: `threadIdx.x == 0`.
Identity singledOutBy(const clang::Expr &condition);

/// True if \p variable lives in the memory that a block shares.
bool isBlockShared(const clang::VarDecl &variable);

/// An addition that several threads make to one floating-point location.
struct DeviceSum {
  const clang::Expr *place = nullptr;   ///< Where it is made or called.
  const clang::Expr *target = nullptr;  ///< Null for assembly.
  clang::QualType element;  ///< Dependent in a template nobody instantiates.
  const clang::FunctionDecl *wrapper = nullptr;  ///< Called to make it.
};

/// The atomic floating-point additions of \p function, in source order: direct
/// ones, swap loops, assembly, and calls of functions that make one at an
/// address that they are given. A function that only does the latter has none.
std::vector<DeviceSum> deviceSums(const clang::FunctionDecl &function);

/// The base of rules that judge device code function by function.
class DeviceCheck : public Check {
public:
  using Check::Check;

  void registerMatchers(clang::ast_matchers::MatchFinder *finder) final;
  void check(const clang::ast_matchers::MatchFinder::MatchResult &result) final;

protected:
  /// Judges a kernel or device function outside system headers.
  virtual void judge(const clang::FunctionDecl &function) = 0;

  /// True the first time that \p place is reported.
  bool isNew(clang::SourceLocation place) {
    return reported_.insert(place).second;
  }

private:
  llvm::DenseSet<clang::SourceLocation> reported_;
};

}  // namespace reproaudit
