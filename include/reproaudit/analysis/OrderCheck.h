// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The base class of the rules about order, and the words that they share.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/Check.h"
#include "reproaudit/analysis/UnitOrder.h"

#include <string>
#include <vector>

namespace reproaudit {

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
  void onEndOfTranslationUnit() final { forgetUnitOrder(); }

protected:
  virtual void judge(const Visit & /*visit*/) {}
  virtual void judge(const Sorting & /*sorting*/) {}

  /// Opens a finding, or a note if \p certain is false.
  clang::DiagnosticBuilder report(bool certain, clang::SourceLocation at,
                                  llvm::StringRef message);

  /// Adds the calls that lead to \p effect, where it happens, and where the
  /// order is read, as far as they are elsewhere than \p at.
  void flow(const Effect &effect, clang::SourceLocation at);

  /// Adds where the elements are compared, if that is a function of its own.
  void flow(const Sorting &sorting);

private:
  std::vector<llvm::StringRef> containers_;
};

/// How a message names what is visited: `'losses'`, or "a temporary".
std::string described(const clang::Expr *sequence);

/// How a message names what is written: `'total'`, or "a value".
std::string described(const clang::NamedDecl *target);

/// "hash order", "the order of addresses", ...
llvm::StringRef described(Order order);

}  // namespace reproaudit
