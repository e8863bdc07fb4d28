// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Calls that ask the world outside the program: what time it is, what the
/// machine, the user and the working directory are called.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"

namespace reproaudit {

/// A value from outside. Either the call itself has it, or it was written to
/// the variable whose address was passed.
struct OutsideValue {
  const clang::CallExpr *call = nullptr;
  const clang::VarDecl *filled = nullptr;

  explicit operator bool() const { return call != nullptr; }
};

/// Does \p call read a clock? `time`, `clock_gettime`, `std::chrono::...::now`,
/// `omp_get_wtime`, `localtime` and the like.
OutsideValue clockRead(const clang::CallExpr &call);

/// Does \p call read the environment: `getenv`, `gethostname`, `getcwd`,
/// `std::filesystem::current_path`, `getlogin`?
OutsideValue environmentRead(const clang::CallExpr &call);

/// Does \p name say that it holds a time or a duration: `start_`, `timestamp`,
/// `elapsed_ms`, `nowSeconds`?
bool isNamedLikeTime(llvm::StringRef name);

/// Is \p type made for times: `time_t`, `timespec`, `std::chrono::...`?
bool isTimeType(clang::QualType type);

}  // namespace reproaudit
