// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Effects.h"

#include "Flow.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

using Kind = Effect::Kind;

/// Calls are followed this deep, and this many statements are looked at.
constexpr unsigned kCallDepth = 3;
constexpr unsigned kBudget = 20'000;

/// A condition that a statement depends on, in the frame that wrote it.
struct Guard {
  const Expr *condition;
  const Frame *frame;
  bool holds = true;  ///< False where the condition is known to fail.
};

/// What the conditions around a write say about it, weakest first.
enum class Verdict : std::uint8_t {
  Free,    ///< Nothing.
  Search,  ///< Only elements equal to something fixed.
  Tie,     ///< The better of two, and nothing about equally good ones.
  Exact,   ///< A minimum or maximum of the written value itself.
  Unique,  ///< At most one element, by its key.
};

/// Families of operators; within one, the order of operands is free.
enum Family : unsigned {
  kNone = 0,
  kAdd = 1,
  kMul = 2,
  kXor = 4,
  kOr = 8,
  kAnd = 16,
  kMinMax = 32,
  kMixed = 64
};

unsigned familyOf(BinaryOperatorKind op) {
  switch (op) {
  case BO_Add:
  case BO_AddAssign:
  case BO_Sub:
  case BO_SubAssign:
    return kAdd;
  case BO_Mul:
  case BO_MulAssign:
  case BO_Div:
  case BO_DivAssign:
    return kMul;
  case BO_Xor:
  case BO_XorAssign:
    return kXor;
  case BO_Or:
  case BO_OrAssign:
  case BO_LOr:
    return kOr;
  case BO_And:
  case BO_AndAssign:
  case BO_LAnd:
    return kAnd;
  default:
    return kMixed;
  }
}

bool isMinMax(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"min", "max", "fmin", "fmax", "fminf", "fmaxf", "gcd", "lcm"},
             true)
      .Cases({"Min", "Max", "MIN", "MAX"}, true)
      .Default(false);
}

bool isText(QualType type) {
  const auto *record = type.getNonReferenceType()->getAsCXXRecordDecl();
  return record && record->getIdentifier() &&
         record->getName() == "basic_string";
}

StringRef nameOf(const FunctionDecl *function) {
  return function && function->getIdentifier() ? function->getName()
                                               : StringRef();
}

bool isTuple(const Expr *expr) {
  if (const auto *call = dyn_cast<CallExpr>(expr)) {
    const StringRef name = nameOf(call->getDirectCallee());
    return name == "tie" || name.starts_with("make_") ||
           name == "forward_as_tuple";
  }
  return isa<CXXConstructExpr, InitListExpr>(expr);
}

class Classifier {
public:
  Classifier(const Iteration &iteration, const ASTContext &context)
      : iteration_(iteration), context_(context), flow_(iteration, context) {}

  std::vector<Effect> run();

private:
  using Guards = llvm::SmallVector<Guard, 4>;

  // Statements, with the conditions around them.
  void walk(const Stmt *stmt, const Frame &frame);
  void walkBlock(const CompoundStmt &block, const Frame &frame);
  void walkGuarded(const Expr *condition, const Frame &frame,
                   std::initializer_list<const Stmt *> parts);
  void walkChildren(const Stmt &stmt, const Frame &frame);
  void walkNestedLoop(const Stmt &loop, const Frame &frame);
  void returned(const ReturnStmt &stmt, const Frame &frame);

  // Writes.
  void binary(const BinaryOperator &op, const Frame &frame);
  void assigned(const Expr &target, const Expr *value, const Expr &at,
                const Frame &frame);
  void folded(const Expr &target, unsigned family, const Expr *value,
              const Expr &at, const Frame &frame);
  void foldedOuter(const Place &place, unsigned family, const Expr *value,
                   QualType type, const Expr &at, const Frame &frame);
  void stored(const Place &place, const Expr &target, const Expr *value,
              const Expr &at, const Frame &frame);
  unsigned pathToTarget(const Expr *value, const Expr &target,
                        unsigned &occurrences) const;

  // Calls.
  bool call(const CallExpr &call, const Frame &frame);
  bool operatorCall(const CXXOperatorCallExpr &call, const Frame &frame);
  bool shift(const CallExpr &written, const Frame &frame);
  bool draws(const CallExpr &call, const Frame &frame);
  bool libraryCall(const CallExpr &call, const FunctionDecl &callee,
                   const Frame &frame);
  bool containerCall(const CallExpr &call, StringRef name,
                     const Expr &container, const Frame &frame);
  void unknownCall(const CallExpr &call, const FunctionDecl &callee,
                   const Frame &frame);
  bool inlined(const CallExpr &call, const Frame &frame);
  void lambdaArguments(const CallExpr &call, const Frame &frame);

  // Conditions.
  Verdict verdict(const Expr *target, const Frame &frame) const;
  Verdict comparison(const Expr *left, const Expr *right, bool equality,
                     const Guard &guard, const Expr *target,
                     unsigned &projections) const;
  Verdict judge(const Guard &guard, const Expr *target,
                unsigned &projections) const;
  bool isUniqueHere() const {
    return verdict(nullptr, flow_.root()) == Verdict::Unique;
  }

  bool argumentsDepend(const CallExpr &call, unsigned first,
                       const Frame &frame) const;
  void add(Kind kind, const Stmt &at, const Place &place, const Frame &frame,
           bool certain = true);
  void finish();

  const Iteration &iteration_;
  const ASTContext &context_;
  Flow flow_;
  Guards guards_;
  std::vector<Effect> effects_;
  /// What was applied to an outer integer so far.
  struct Fold {
    unsigned families = kNone;
    bool usesElement = false;
  };
  llvm::DenseMap<const NamedDecl *, Fold> folds_;
  bool breaks_ = false;
  unsigned nested_ = 0;
  unsigned budget_ = kBudget;
};

// ---------------------------------------------------------------------------
// Statements

/// Does \p stmt leave the rest of its block?
bool leaves(const Stmt *stmt) {
  if (const auto *block = dyn_cast_or_null<CompoundStmt>(stmt))
    stmt = block->body_empty() ? nullptr : block->body_back();
  return isa_and_nonnull<ContinueStmt, ReturnStmt, BreakStmt>(stmt);
}

void Classifier::walkBlock(const CompoundStmt &block, const Frame &frame) {
  const std::size_t before = guards_.size();
  for (const Stmt *stmt : block.body()) {
    walk(stmt, frame);
    // `if (worse) continue;` guards what follows.
    if (const auto *branch = dyn_cast<IfStmt>(stmt);
        branch && leaves(branch->getThen()))
      guards_.push_back({branch->getCond(), &frame, /*holds=*/false});
  }
  guards_.truncate(before);
}

void Classifier::walkGuarded(const Expr *condition, const Frame &frame,
                             std::initializer_list<const Stmt *> parts) {
  walk(condition, frame);
  guards_.push_back({condition, &frame});
  // The first part runs if the condition holds, the second if it does not.
  for (const Stmt *part : parts) {
    walk(part, frame);
    guards_.back().holds = false;
  }
  guards_.pop_back();
}

void Classifier::walkChildren(const Stmt &stmt, const Frame &frame) {
  for (const Stmt *child : stmt.children())
    walk(child, frame);
}

void Classifier::walkNestedLoop(const Stmt &loop, const Frame &frame) {
  ++nested_;
  walkChildren(loop, frame);
  --nested_;
}

void Classifier::walk(const Stmt *stmt, const Frame &frame) {
  if (!stmt || budget_ == 0 || isa<LambdaExpr, UnaryExprOrTypeTraitExpr>(stmt))
    return;
  --budget_;
  if (isInDiagnosticMacro(stmt->getBeginLoc(), context_))
    return;
  if (const auto *block = dyn_cast<CompoundStmt>(stmt))
    return walkBlock(*block, frame);
  if (const auto *branch = dyn_cast<IfStmt>(stmt)) {
    walk(branch->getInit(), frame);
    walk(branch->getConditionVariableDeclStmt(), frame);
    return walkGuarded(branch->getCond(), frame,
                       {branch->getThen(), branch->getElse()});
  }
  if (const auto *choice = dyn_cast<ConditionalOperator>(stmt))
    return walkGuarded(choice->getCond(), frame,
                       {choice->getTrueExpr(), choice->getFalseExpr()});
  if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt, SwitchStmt>(stmt))
    return walkNestedLoop(*stmt, frame);
  if (const auto *result = dyn_cast<ReturnStmt>(stmt))
    returned(*result, frame);
  else if (isa<BreakStmt>(stmt))
    breaks_ |= nested_ == 0 && iteration_.isLoop && !isUniqueHere();
  else if (const auto *op = dyn_cast<BinaryOperator>(stmt)) {
    if (op->isLogicalOp())
      return walkGuarded(op->getLHS(), frame, {op->getRHS()});
    binary(*op, frame);
  } else if (const auto *unary = dyn_cast<UnaryOperator>(stmt)) {
    if (unary->isIncrementDecrementOp())
      folded(*unary->getSubExpr(), kAdd, nullptr, *unary, frame);
  } else if (const auto *made = dyn_cast<CallExpr>(stmt)) {
    if (call(*made, frame))
      return;
  }
  walkChildren(*stmt, frame);
}

void Classifier::returned(const ReturnStmt &stmt, const Frame &frame) {
  const Expr *value = stmt.getRetValue();
  if (!value || frame.call)
    return;
  if (iteration_.accumulator) {
    const DeclRefExpr *target = flow_.accumulator();
    if (target)
      assigned(*target, value, *value, frame);
    return;
  }
  if (iteration_.isLoop && (flow_.depends(value, frame) & Flow::kElement) &&
      !isUniqueHere())
    add(Kind::FirstElement, stmt, {}, frame, /*certain=*/false);
}

// ---------------------------------------------------------------------------
// Writes

void Classifier::binary(const BinaryOperator &op, const Frame &frame) {
  if (op.getOpcode() == BO_Assign)
    assigned(*op.getLHS(), op.getRHS(), op, frame);
  else if (op.isCompoundAssignmentOp())
    folded(*op.getLHS(), familyOf(op.getOpcode()), op.getRHS(), op, frame);
}

/// The families of the operators between the root of \p value and \p target
/// inside it; \p occurrences counts how often target was met.
unsigned Classifier::pathToTarget(const Expr *value, const Expr &target,
                                  unsigned &occurrences) const {
  value = bare(value);
  if (sameObject(*value, target, context_)) {
    ++occurrences;
    return kNone;
  }
  unsigned family = kMixed;
  if (const auto *op = dyn_cast<BinaryOperator>(value))
    family = familyOf(op->getOpcode());
  else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(value))
    family = familyOf(BinaryOperator::getOverloadedOpcode(call->getOperator()));
  else if (const auto *call = dyn_cast<CallExpr>(value)) {
    const StringRef name = nameOf(call->getDirectCallee());
    if (isMinMax(name) && call->getNumArgs() <= 2)
      family = kMinMax;
    else if (name.starts_with("fma"))
      family = kAdd;
  }
  unsigned path = kNone;
  for (const Stmt *child : value->children())
    if (const auto *part = dyn_cast_or_null<Expr>(child)) {
      const unsigned before = occurrences;
      const unsigned below = pathToTarget(part, target, occurrences);
      if (occurrences > before)
        path |= family | below;
    }
  return path;
}

void Classifier::assigned(const Expr &target, const Expr *value, const Expr &at,
                          const Frame &frame) {
  unsigned occurrences = 0;
  const unsigned path = pathToTarget(value, target, occurrences);
  const bool isChoice = isa<ConditionalOperator>(bare(value));
  if (occurrences > 0 && !isChoice)
    return folded(target, occurrences > 1 ? path | kMixed : path, value, at,
                  frame);
  stored(flow_.written(&target, frame), target, value, at, frame);
}

void Classifier::folded(const Expr &target, unsigned family, const Expr *value,
                        const Expr &at, const Frame &frame) {
  const Place place = flow_.written(&target, frame);
  const unsigned uses = value ? flow_.depends(value, frame) : 0;
  if (place.kind == Place::Kind::Element || place.isKeyed()) {
    // Only this element is touched, but with what others left behind.
    if ((uses & Flow::kCarried) && place.kind == Place::Kind::Element)
      add(Kind::Number, at, place, frame);
    return;
  }
  if (place.kind == Place::Kind::Outer && !isUniqueHere())
    foldedOuter(place, family, value, target.getType(), at, frame);
}

void Classifier::foldedOuter(const Place &place, unsigned family,
                             const Expr *value, QualType type, const Expr &at,
                             const Frame &frame) {
  const unsigned uses = value ? flow_.depends(value, frame) : 0;
  if (isText(type)) {
    if (uses & Flow::kElement)
      add(Kind::Output, at, place, frame);
    return;
  }
  if (!roundingType(type).isNull()) {
    const std::optional<Accumulation> sum = accumulation(at, context_);
    const Expr *added = sum && sum->value ? sum->value : value;
    // A double holds every count that a program can reach.
    const bool counts = context_.hasSameUnqualifiedType(roundingType(type),
                                                        context_.DoubleTy) &&
                        bare(added)->getType()->isIntegralOrEnumerationType();
    if (family != kMinMax && (uses & Flow::kElement) && !counts &&
        !addsExactly(added, context_) && !measuresTime(added))
      add(Kind::FloatFold, at, place, frame);
    return;
  }
  if (!type.getNonReferenceType()->isIntegralOrEnumerationType())
    return;
  // `h ^= v + (h << 6)` uses what it changes.
  if (value && place.variable && family != kMinMax &&
      accumulation(at, context_) == std::nullopt &&
      flow_.mentions(value, *place.variable) && isa<BinaryOperator>(at) &&
      cast<BinaryOperator>(at).isCompoundAssignmentOp())
    family |= kMixed;
  if ((uses & Flow::kElement) && (family & kMixed))
    return add(Kind::OrderedFold, at, place, frame);
  if (family & kMinMax)
    return;
  // `h ^= x; h *= prime;`: each commutes with itself, not with the other.
  Fold &known = folds_[place.target];
  known.families |= family;
  known.usesElement |= (uses & Flow::kElement) != 0;
  if (llvm::popcount(known.families) > 1 && known.usesElement)
    add(Kind::OrderedFold, at, place, frame);
}

void Classifier::stored(const Place &place, const Expr &target,
                        const Expr *value, const Expr &at, const Frame &frame) {
  const unsigned uses = flow_.depends(value, frame);
  if (place.kind == Place::Kind::Local || isUniqueHere())
    return;
  if (place.kind == Place::Kind::Element || place.isIndexed()) {
    if ((uses & Flow::kCarried) &&
        bare(value)->getType()->isIntegralOrEnumerationType())
      add(Kind::Number, at, place, frame);
    return;
  }
  if (!(uses & Flow::kElement))
    return;
  if (place.counted)
    return add(Kind::Append, at, place, frame);
  const auto *choice = dyn_cast<ConditionalOperator>(bare(value));
  if (choice)
    guards_.push_back({choice->getCond(), &frame});
  const Verdict found = verdict(&target, frame);
  if (choice)
    guards_.pop_back();
  switch (found) {
  case Verdict::Unique:
  case Verdict::Exact:
    return;
  case Verdict::Tie:
    return add(Kind::TieBreak, at, place, frame, /*certain=*/false);
  case Verdict::Search:
    return add(Kind::FirstElement, at, place, frame, /*certain=*/false);
  case Verdict::Free:
    return add(Kind::Overwrite, at, place, frame);
  }
}

// ---------------------------------------------------------------------------
// Conditions

Verdict Classifier::comparison(const Expr *left, const Expr *right,
                               bool equality, const Guard &guard,
                               const Expr *target,
                               unsigned &projections) const {
  const Frame &frame = *guard.frame;
  const unsigned uses =
      flow_.depends(left, frame) | flow_.depends(right, frame);
  if (!(uses & Flow::kElement))
    return Verdict::Free;
  const bool byKey = flow_.hasKey(left, frame) || flow_.hasKey(right, frame);
  if (equality)
    return byKey && !(uses & Flow::kCarried) ? Verdict::Unique
                                             : Verdict::Search;
  if (!(uses & Flow::kCarried))
    return Verdict::Free;
  if (byKey)
    return Verdict::Unique;
  for (const Expr *side : {bare(left), bare(right)}) {
    if (!target)
      continue;
    const bool whole = sameObject(*side, *target, context_);
    const bool inside = anyStmt(side, [&](const Stmt &part) {
      const auto *expr = dyn_cast<Expr>(&part);
      return expr && sameObject(*expr, *target, context_);
    });
    if (whole || (inside && isTuple(side)))
      return Verdict::Exact;
    projections += inside ? 1 : 0;
  }
  return projections > 1 ? Verdict::Exact : Verdict::Tie;
}

Verdict Classifier::judge(const Guard &guard, const Expr *target,
                          unsigned &projections) const {
  Verdict best = Verdict::Free;
  anyStmt(guard.condition, [&](const Stmt &part) {
    Verdict found = Verdict::Free;
    // Being unequal to something singles nothing out.
    const auto singlesOut = [&](bool equal) { return equal == guard.holds; };
    if (const auto *op = dyn_cast<BinaryOperator>(&part)) {
      if (op->isComparisonOp() &&
          (!op->isEqualityOp() || singlesOut(op->getOpcode() == BO_EQ)))
        found = comparison(op->getLHS(), op->getRHS(), op->isEqualityOp(),
                           guard, target, projections);
    } else if (const auto *call = dyn_cast<CXXOperatorCallExpr>(&part);
               call && call->isComparisonOp() && call->getNumArgs() == 2) {
      const auto op = call->getOperator();
      const bool equality = op == OO_EqualEqual || op == OO_ExclaimEqual;
      if (!equality || singlesOut(op == OO_EqualEqual))
        found = comparison(call->getArg(0), call->getArg(1), equality, guard,
                           target, projections);
    } else if (const auto *call = dyn_cast<CallExpr>(&part);
               call && call->getNumArgs() >= 2 &&
               call->getType()->isBooleanType()) {
      // A comparator of the project's: `better(candidate, best)`.
      const unsigned n = call->getNumArgs();
      found = comparison(call->getArg(n - 2), call->getArg(n - 1), false, guard,
                         target, projections);
      found = std::min(found, Verdict::Tie);
    } else if (const auto *reference = dyn_cast<DeclRefExpr>(&part)) {
      // `const bool better = score > best; if (better) ...`
      const auto *flag = dyn_cast<VarDecl>(reference->getDecl());
      if (flag && flag->getType()->isBooleanType() && flag->hasInit() &&
          flow_.isLocal(*flag, *guard.frame))
        found = judge({flag->getInit(), guard.frame, guard.holds}, target,
                      projections);
    }
    best = std::max(best, found);
    return false;
  });
  return best;
}

Verdict Classifier::verdict(const Expr *target, const Frame &) const {
  Verdict best = Verdict::Free;
  unsigned projections = 0;
  for (const Guard &guard : guards_)
    if (guard.condition)
      best = std::max(best, judge(guard, target, projections));
  return best;
}

// ---------------------------------------------------------------------------
// Calls

bool Classifier::argumentsDepend(const CallExpr &call, unsigned first,
                                 const Frame &frame) const {
  for (unsigned i = first; i < call.getNumArgs(); ++i)
    if (flow_.depends(call.getArg(i), frame) & Flow::kElement)
      return true;
  return false;
}

/// True if the call is dealt with, arguments included.
bool Classifier::call(const CallExpr &call, const Frame &frame) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee)
    return false;
  if (isDiagnosticFunction(*callee) || useOfCall(call) == Use::Diagnostic)
    return true;
  if (draws(call, frame))
    return false;
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call))
    if (operatorCall(*op, frame))
      return false;
  if (shift(call, frame))
    return true;
  lambdaArguments(call, frame);
  if (inlined(call, frame))
    return false;
  if (context_.getSourceManager().isInSystemHeader(callee->getLocation()))
    libraryCall(call, *callee, frame);
  else
    unknownCall(call, *callee, frame);
  return false;
}

bool Classifier::operatorCall(const CXXOperatorCallExpr &call,
                              const Frame &frame) {
  if (call.getNumArgs() == 0)
    return false;
  const Expr &target = *call.getArg(0);
  const Expr *value = call.getNumArgs() > 1 ? call.getArg(1) : nullptr;
  const OverloadedOperatorKind op = call.getOperator();
  if (op == OO_Equal && value) {
    assigned(target, value, call, frame);
    return true;
  }
  const bool isFold = op == OO_PlusEqual || op == OO_MinusEqual ||
                      op == OO_StarEqual || op == OO_SlashEqual;
  if (isFold && value &&
      (isText(target.getType()) || !roundingType(target.getType()).isNull())) {
    folded(target, op == OO_PlusEqual || op == OO_MinusEqual ? kAdd : kMul,
           value, call, frame);
    return true;
  }
  return false;
}

// `out << key << value`, `archive & value`: the chain is one write.
bool Classifier::shift(const CallExpr &written, const Frame &frame) {
  const auto *call = dyn_cast<CXXOperatorCallExpr>(&written);
  if (!call || call->getNumArgs() != 2 ||
      (call->getOperator() != OO_LessLess && call->getOperator() != OO_Amp))
    return false;
  const Expr *stream = call;
  bool depends = false;
  while (const auto *link = dyn_cast<CXXOperatorCallExpr>(stream)) {
    if (link->getNumArgs() != 2 ||
        (link->getOperator() != OO_LessLess && link->getOperator() != OO_Amp))
      break;
    depends |= (flow_.depends(link->getArg(1), frame) & Flow::kElement) != 0;
    stream = bare(link->getArg(0));
  }
  const Use use = useOfStream(*stream);
  if (use == Use::Diagnostic)
    return true;
  if (!stream->getType()->isRecordType() || !depends)
    return isOutputStream(stream->getType());
  const Place place = flow_.resolve(stream, frame);
  if (place.kind == Place::Kind::Outer && !place.isIndexed() && !isUniqueHere())
    add(Kind::Output, *call, place, frame, use != Use::Printed);
  return true;
}

bool Classifier::draws(const CallExpr &call, const Frame &frame) {
  const FunctionDecl *callee = call.getDirectCallee();
  const bool isC = llvm::StringSwitch<bool>(nameOf(callee))
                       .Cases({"rand", "random", "drand48", "lrand48"}, true)
                       .Cases({"mrand48", "rand_r", "erand48"}, true)
                       .Default(false) &&
                   !isa<CXXMethodDecl>(callee) && callee->isExternC();
  llvm::SmallVector<const Expr *, 4> operands(call.arguments());
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call))
    if (const auto *target = method->getMethodDecl();
        target && !target->isConst() && nameOf(target) != "seed")
      operands.push_back(method->getImplicitObjectArgument());
  Place place;
  const bool usesEngine = llvm::any_of(operands, [&](const Expr *operand) {
    if (!isRandomEngine(operand->getType()) ||
        operand->getType().isConstQualified() || !operand->isLValue())
      return false;
    place = flow_.resolve(operand, frame);
    return place.kind == Place::Kind::Outer && !place.isIndexed();
  });
  if (!isC && !usesEngine)
    return false;
  if (isa<CXXConstructExpr>(&call) || isUniqueHere())
    return true;
  add(Kind::Draw, call, place, frame);
  return true;
}

bool Classifier::containerCall(const CallExpr &call, StringRef name,
                               const Expr &container, const Frame &frame) {
  const Shape shape = shapeOf(container.getType()->isPointerType()
                                  ? container.getType()->getPointeeType()
                                  : container.getType());
  if (shape == Shape::Other && !isText(container.getType()))
    return false;
  const Place place = flow_.resolve(&container, frame);
  if (place.kind != Place::Kind::Outer || place.isKeyed() || isUniqueHere() ||
      !argumentsDepend(call, 0, frame))
    return true;
  const bool carried =
      llvm::any_of(call.arguments(), [&](const Expr *argument) {
        return (flow_.depends(argument, frame) & Flow::kCarried) != 0;
      });
  const bool puts = llvm::StringSwitch<bool>(name)
                        .Cases({"push_back", "emplace_back", "append"}, true)
                        .Cases({"push_front", "emplace_front", "push"}, true)
                        .Cases({"insert", "emplace", "assign"}, true)
                        .Cases({"enqueue", "grow_by", "splice"}, true)
                        .Default(false);
  if (!puts && name != "try_emplace" && name != "insert_or_assign")
    return true;
  if (shape == Shape::Map && carried) {
    add(Kind::Number, call, place, frame);
    return true;
  }
  if (isText(container.getType()))
    add(Kind::Output, call, place, frame);
  else if (shape == Shape::Sequence)
    add(Kind::Append, call, place, frame);
  else if (shape == Shape::MultiMap &&
           orderOf(container.getType()) == Order::Specified)
    add(Kind::TieBreak, call, place, frame, /*certain=*/false);
  return true;
}

bool Classifier::libraryCall(const CallExpr &call, const FunctionDecl &callee,
                             const Frame &frame) {
  const StringRef name = nameOf(&callee);
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call)) {
    const Expr *object = method->getImplicitObjectArgument();
    if (!object || containerCall(call, name, *object, frame))
      return true;
    if (isOutputStream(object->getType()) &&
        (name == "write" || name == "put") && argumentsDepend(call, 0, frame)) {
      const Place place = flow_.resolve(object, frame);
      if (place.kind == Place::Kind::Outer && !place.isIndexed())
        add(Kind::Output, call, place, frame);
    }
    return true;
  }
  if (name == "back_inserter" && call.getNumArgs() == 1) {
    const Place place = flow_.resolve(call.getArg(0), frame);
    if (place.kind == Place::Kind::Outer && !place.isKeyed())
      add(Kind::Append, call, place, frame);
    return true;
  }
  const bool writes = llvm::StringSwitch<bool>(name)
                          .Cases({"fprintf", "fwrite", "fputs", "fputc"}, true)
                          .Cases({"printf", "puts", "putchar"}, true)
                          .Default(false);
  if (writes && argumentsDepend(call, 0, frame) && !isUniqueHere()) {
    const Expr *file = name == "fprintf" ? call.getArg(0)
                       : call.getNumArgs() > 1 && name != "printf"
                           ? call.getArg(call.getNumArgs() - 1)
                           : nullptr;
    const Place place =
        file ? flow_.resolve(file, frame) : Place{.kind = Place::Kind::Outer};
    if (place.kind == Place::Kind::Outer && !place.isIndexed())
      add(Kind::Output, call, place, frame, useOfCall(call) != Use::Printed);
  }
  if (name == "hash_combine" && call.getNumArgs() > 1 &&
      argumentsDepend(call, 1, frame)) {
    const Place place = flow_.resolve(call.getArg(0), frame);
    if (place.kind == Place::Kind::Outer && !place.isKeyed())
      add(Kind::OrderedFold, call, place, frame);
  }
  return true;
}

/// A function of another unit, or one that is too deep to follow: its name is
/// all there is.
void Classifier::unknownCall(const CallExpr &call, const FunctionDecl &callee,
                             const Frame &frame) {
  static constexpr llvm::StringLiteral kVerbs[] = {
      "write", "save", "serialize", "emit",   "append", "push",   "add",
      "put",   "dump", "encode",    "output", "pack",   "enqueue"};
  if (callee.isVariadic() || isUniqueHere() ||
      !hasWord(nameOf(&callee), kVerbs) || !argumentsDepend(call, 0, frame))
    return;
  llvm::SmallVector<const Expr *, 4> written;
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call))
    if (method->getMethodDecl() && !method->getMethodDecl()->isConst())
      written.push_back(method->getImplicitObjectArgument());
  for (unsigned i = 0; i < call.getNumArgs() && i < callee.getNumParams();
       ++i) {
    const QualType type = callee.getParamDecl(i)->getType();
    if ((type->isReferenceType() || type->isPointerType()) &&
        !type->getPointeeType().isConstQualified())
      written.push_back(call.getArg(i));
  }
  for (const Expr *object : written) {
    const Place place = flow_.resolve(object, frame);
    if (place.kind != Place::Kind::Outer || place.isIndexed())
      continue;
    if (containerCall(call, "push_back", *object, frame))
      return;
    return add(Kind::HandOver, call, place, frame, /*certain=*/false);
  }
}

bool Classifier::inlined(const CallExpr &call, const Frame &frame) {
  const Frame *inner = flow_.enter(call, frame, kCallDepth);
  if (!inner)
    return false;
  ++nested_;
  walk(inner->body, *inner);
  --nested_;
  return true;
}

/// `std::for_each(row.begin(), row.end(), [&](float x) { total += x; })`:
/// what is passed to be called is called.
void Classifier::lambdaArguments(const CallExpr &call, const Frame &frame) {
  for (const Expr *argument : call.arguments())
    if (const auto *lambda = dyn_cast<LambdaExpr>(bare(argument)))
      if (const Frame *inner = flow_.enter(*lambda, call, frame, kCallDepth)) {
        ++nested_;
        walk(inner->body, *inner);
        --nested_;
      }
}

// ---------------------------------------------------------------------------

void Classifier::add(Kind kind, const Stmt &at, const Place &place,
                     const Frame &frame, bool certain) {
  for (const Effect &known : effects_)
    if (known.kind == kind && known.target == place.target &&
        (place.target || known.at == &at))
      return;
  Effect effect{kind, &at, place.target, place.variable, certain};
  for (const Frame *inner = &frame; inner->call; inner = inner->caller)
    effect.calls.insert(effect.calls.begin(), inner->call);
  effects_.push_back(std::move(effect));
}

std::vector<Effect> Classifier::run() {
  walk(iteration_.body, flow_.root());
  for (Effect &effect : effects_)
    if (effect.kind == Kind::Overwrite && breaks_) {
      effect.kind = Kind::FirstElement;
      effect.certain = false;
    }
  // What nobody reads afterwards was only a scratch variable.
  std::erase_if(effects_, [&](const Effect &effect) {
    switch (effect.kind) {
    case Kind::FloatFold:
    case Kind::OrderedFold:
    case Kind::Overwrite:
    case Kind::TieBreak:
    case Kind::FirstElement:
      return effect.variable && flow_.isDeadAfter(*effect.variable);
    default:
      return false;
    }
  });
  return std::move(effects_);
}

}  // namespace

std::vector<Effect> effectsOf(const Iteration &iteration,
                              const ASTContext &context) {
  return Classifier(iteration, context).run();
}

}  // namespace reproaudit
