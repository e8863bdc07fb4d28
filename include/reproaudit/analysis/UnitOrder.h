// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Every place of a translation unit where the order of elements matters: one
/// walk over the user's code, shared by all rules about order.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/Effects.h"
#include "reproaudit/analysis/LaterSort.h"
#include "reproaudit/analysis/Types.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <vector>

namespace reproaudit {

/// A sequence in unspecified order is visited, and something comes of it.
struct Visit {
  Order order = Order::Specified;
  const clang::Stmt *site = nullptr;      ///< The loop, or the call.
  const clang::Expr *sequence = nullptr;  ///< What is visited.
  std::vector<Effect> effects = {};       ///< At least one.

  /// The first effect that satisfies \p wanted, certain ones before others.
  const Effect *
  mostCertain(llvm::function_ref<bool(const Effect &)> wanted) const;
};

/// A sort, or a heap, and what it compares.
struct Sorting {
  Sort sort;
  clang::SourceLocation at;
  const clang::NamedDecl *target = nullptr;  ///< The sequence, if it is named.
  bool isHeap = false;  ///< A priority queue: compares as long as it lives.
  /// Nothing but duplicates and membership is asked of the sorted sequence.
  bool onlyGroups = false;
  Comparison comparison = {};
};

struct UnitOrder {
  std::vector<Visit> visits;
  std::vector<Sorting> sortings;
};

/// The option of every rule that looks at visits.
inline constexpr OptionInfo kUnorderedContainers{
    .name = "UnorderedContainers",
    .fallback = "",
    .summary = "More class templates whose iteration order is unspecified, by "
               "qualified name",
};

/// A rule about order: called once for each place, in source order.
class OrderCheck : public Check {
public:
  OrderCheck(const RuleInfo &info, llvm::StringRef name,
             clang::tidy::ClangTidyContext *context);

  void registerMatchers(clang::ast_matchers::MatchFinder *finder) final;
  void check(const clang::ast_matchers::MatchFinder::MatchResult &result) final;
  void onEndOfTranslationUnit() final;

protected:
  virtual void judge(const Visit & /*visit*/) {}
  virtual void judge(const Sorting & /*sorting*/) {}

  /// Opens a finding, or a note if \p certain is false.
  clang::DiagnosticBuilder report(bool certain, clang::SourceLocation at,
                                  llvm::StringRef message);

  /// Adds the calls that lead to \p effect, where it happens, and where the
  /// order is read, as far as they are elsewhere than \p at.
  void flow(const Effect &effect, clang::SourceLocation at);

private:
  std::vector<llvm::StringRef> containers_;
};

/// How a message names what is visited: `'losses'`, or "a sequence".
std::string described(const clang::Expr *sequence);

/// How a message names what is written: `'total'`, or "a value".
std::string described(const clang::NamedDecl *target);

/// "hash order", "the order of addresses", ...
llvm::StringRef described(Order order);

}  // namespace reproaudit
