// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the conditions around a write say about which elements reach it. Part
/// of the effect classifier.
#pragma once

#include "Flow.h"

#include "llvm/ADT/SmallVector.h"

namespace reproaudit {

/// A condition that a statement depends on, in the frame that wrote it.
struct Guard {
  const clang::Expr *condition;
  const Frame *frame;
  bool holds = true;  ///< False where the condition is known to fail.
};

/// What the conditions around a write say about it, weakest first.
enum class Verdict : std::uint8_t {
  Free,     ///< Nothing.
  Search,   ///< Only elements equal to something fixed.
  Tie,      ///< The better of two, and nothing about equally good ones.
  Exact,    ///< A minimum or maximum of the written value itself.
  Ordered,  ///< The better of two, by a key that no two elements share.
  Unique,   ///< At most one element, by its key.
};

class Conditions {
public:
  Conditions(const Flow &flow, const clang::ASTContext &context)
      : flow_(flow), context_(context) {}

  std::size_t size() const { return guards_.size(); }
  void push(const Guard &guard) { guards_.push_back(guard); }
  void negateLast() { guards_.back().holds = false; }
  void truncate(std::size_t size) { guards_.truncate(size); }

  /// The strongest thing that is known about a write to \p target, which may
  /// be null.
  Verdict verdict(const clang::Expr *target) const;

  /// Does at most one element come here?
  bool areUnique() const { return verdict(nullptr) == Verdict::Unique; }

  /// Do elements come here by their number, not by what they are?
  bool areCounted() const;

private:
  class Judge;

  const Flow &flow_;
  const clang::ASTContext &context_;
  llvm::SmallVector<Guard, 4> guards_;
};

}  // namespace reproaudit
