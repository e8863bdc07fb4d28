// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What is a result and what is only for people: the judgement that keeps
/// clocks in log lines and addresses in debug output from being findings.
///
/// A *diagnostic* use (log, metric, timer, progress, assertion) never changes
/// what a program computes. *Printed* means standard output: for a rule about
/// the origin of a value (clock, address, environment) it is harmless, because
/// programs print how long they took; for a rule about order it is a result,
/// because the lines come out in another order.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>

namespace reproaudit {

/// Does \p variable collect text for people, by its type and its name: a list
/// of `warnings`, a stream `log`, exceptions? Numbers called `errors` are none.
bool holdsMessages(const clang::ValueDecl &variable);

/// What a value, or a statement, is good for.
enum class Use : std::uint8_t {
  Diagnostic,  ///< Log, metric, timer, progress, assertion.
  Printed,     ///< Standard output.
  Result,      ///< Returned, stored beyond the scope, written, hashed, seeded.
  Unknown,
};

/// Is \p function a diagnostic one, whatever is passed to it: LightGBM's
/// `Log::Info`, `spdlog::info`, `debug_print(const char *, ...)`, a method of a
/// timer. A logarithm is none: its values are numbers.
bool isDiagnosticFunction(const clang::FunctionDecl &function);

/// Is \p stream (the left-most operand of a chain of `<<`) `cerr`, `clog`, or
/// a logger (Diagnostic), `cout` (Printed), a file (Result)? A string stream
/// is Unknown: it depends on what becomes of the string.
Use useOfStream(const clang::Expr &stream);

/// What the call does with its arguments; `fprintf` is judged by its stream.
Use useOfCall(const clang::CallExpr &call);

/// Was \p at written inside a macro such as LOG, GGML_LOG_INFO, assert,
/// DCHECK_EQ or TRACE?
bool isInDiagnosticMacro(clang::SourceLocation at,
                         const clang::ASTContext &context);

/// What \p statement amounts to. Blocks and branches are as harmless as the
/// most harmful statement in them.
Use useOfStatement(const clang::Stmt &statement,
                   const clang::ASTContext &context);

/// Where the value of an expression goes next.
struct Destination {
  enum class Kind : std::uint8_t {
    Nowhere,     ///< Discarded, or only overwritten.
    Diagnostic,  ///< See Use.
    Printed,     ///< See Use.
    Variable,    ///< Into `target`, a local variable.
    Stored,      ///< Into a member, element, global or through a pointer.
    Returned,    ///< From the enclosing function.
    Written,     ///< To a file or serialiser.
    Hashed,      ///< Into a hash or checksum.
    Seeded,      ///< Into a random number generator.
    Argument,    ///< Of `call`, whose use of it is not known.
    Decision,    ///< Which way `at` (if, loop, switch, ?:) goes.
    Text,        ///< Into a string: a name or a message, no number.
    Unknown,
  };
  Kind kind = Kind::Unknown;
  const clang::Stmt *at = nullptr;  ///< The statement or call that takes it.
  const clang::NamedDecl *target = nullptr;  ///< Variable or member stored to.

  /// The same in three words.
  Use use() const;
};

/// Where the value of \p value goes: climbs through casts, arithmetic, pure
/// calls and constructors to the place that keeps it. \p ends is asked at each
/// expression on the way; once it says true the value is of no more interest
/// and goes Nowhere.
Destination
destinationOf(const clang::Expr &value, clang::ASTContext &context,
              llvm::function_ref<bool(const clang::Expr &)> ends = nullptr);

}  // namespace reproaudit
