// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where does a value come from? Follows an expression back through variables,
/// members, parameters, returned values and arithmetic to what produced it, as
/// far as the unit shows; silence beats a guess.
///
/// Layer 2: may include clang, llvm and layers 0-1.
#pragma once

#include "reproaudit/analysis/FlowStep.h"
#include "reproaudit/analysis/UnitIndex.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/SmallVector.h"

#include <string>

namespace reproaudit {

/// The kinds of producers, the most repeatable first. Arithmetic over several
/// values is as bad as the worst of them.
enum class OriginKind : std::uint8_t {
  None,  ///< Only itself: the new value of a counter, the end of a recursion.
  Constant,
  Parameter,      ///< Whoever calls the function decides.
  Configuration,  ///< Set elsewhere: option, file, environment, other unit.
  Unknown,
  Draw,      ///< Drawn from a random engine, whose own seed is another matter.
  Hash,      ///< std::hash: another value with another standard library.
  ThreadId,  ///< Which thread happens to run.
  Entropy,   ///< Another value in every run.
};

struct Origin {
  OriginKind kind = OriginKind::Unknown;
  /// Unrepeatable only if something else was not given:
  /// `seed ? seed : time(nullptr)`.
  bool optional = false;
  llvm::StringRef source;  ///< "the clock"; for Hash and worse.
  /// The way from the source to the value that was asked for.
  llvm::SmallVector<FlowStep, 4> flow;
  /// Parameters of functions that the value was computed from.
  llvm::SmallVector<const clang::ParmVarDecl *, 2> parameters;
  /// Members, global variables, and functions of other units that the value was
  /// computed from.
  llvm::SmallVector<const clang::ValueDecl *, 2> variables;

  bool isUnrepeatable() const { return kind >= OriginKind::ThreadId; }
};

class OriginFinder {
public:
  explicit OriginFinder(const UnitIndex &unit) : unit_(unit) {}

  /// The origin of \p value, which is used at \p place.
  Origin of(const clang::Expr *value, Place place);

  /// The calls that read entropy and were followed so far: their values are
  /// accounted for.
  const llvm::SmallPtrSetImpl<const clang::Expr *> &sources() const {
    return sources_;
  }

private:
  /// The call through which the analysis went into a function.
  struct Frame {
    const Call *call;
    const Frame *caller;
    Place place() const { return call->place; }
  };

  Origin visit(const clang::Expr *value, Place place);
  Origin visitText(const clang::StringLiteral *text);
  Origin visitWrapper(const clang::Expr *value, Place place);
  Origin visitCast(const clang::CastExpr *cast, Place place);
  Origin visitOperator(const clang::BinaryOperator *op, Place place);
  Origin visitChoice(const clang::AbstractConditionalOperator *choice,
                     Place place);
  Origin visitConstruct(const clang::CXXConstructExpr *construct, Place place);
  Origin visitCall(const clang::CallExpr *call, Place place);
  Origin visitLibraryCall(const clang::CallExpr *call,
                          const clang::FunctionDecl *callee, Place place);
  Origin visitMember(const clang::MemberExpr *member, Place place);
  Origin visitVariable(const clang::ValueDecl *variable, Place place);
  Origin visitParameter(const clang::ParmVarDecl *parameter);
  Origin visitWrite(const Write &write, const clang::ValueDecl *target);
  Origin visitEscape(const Write &write, const clang::ValueDecl *target);
  Origin returned(const clang::FunctionDecl *function, const Call &call);
  Origin writtenTo(const clang::ValueDecl *variable, Place place);
  template <class RangeT> Origin mixOf(const RangeT &values, Place place);
  llvm::SmallVector<Write, 4> reaching(const clang::ValueDecl *variable,
                                       Place place) const;
  Origin source(OriginKind kind, const clang::Expr *at, llvm::StringRef source,
                const llvm::Twine &message);

  const UnitIndex &unit_;
  const Frame *frame_ = nullptr;
  unsigned budget_ = 0;
  /// Functions and parameters that are being looked at.
  llvm::SmallPtrSet<const void *, 16> active_;
  /// Variables that are being looked at, and where their value was asked for.
  llvm::SmallDenseMap<const clang::ValueDecl *, unsigned, 8> since_;
  llvm::SmallPtrSet<const clang::Expr *, 8> sources_;
};

/// The definition of \p function if the user's part of the unit has one.
const clang::FunctionDecl *definitionOf(const clang::FunctionDecl *function);

}  // namespace reproaudit
