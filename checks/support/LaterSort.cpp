// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/LaterSort.h"

#include "Mentions.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Callables.h"
#include "reproaudit/analysis/Comparators.h"
#include "reproaudit/analysis/Paths.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Sorts.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// What a use does with a sequence in arbitrary order, worst last.
enum class Step : std::uint8_t { None, Sorted, Hidden, Returned, Read };

/// Methods that tell nothing about the order of their object.
bool isBlind(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"size", "empty", "reserve", "clear", "resize", "length"}, true)
      .Cases({"shrink_to_fit", "capacity", "push_back", "emplace_back"}, true)
      .Cases({"append", "insert", "push_front", "push", "assign"}, true)
      .Cases({"end", "cend", "rend"}, true)
      .Default(false);
}

/// Algorithms whose result does not depend on the order of their range.
bool isBlindAlgorithm(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"count", "count_if", "any_of", "all_of", "none_of"}, true)
      .Cases({"size", "distance", "empty", "ssize", "is_permutation"}, true)
      .Cases({"end", "cend", "rend"}, true)
      .Cases({"min_element", "max_element", "binary_search", "back_inserter"},
             true)
      .Default(false);
}

/// Has what \p sort leaves an order that its input did not decide?
bool settles(const Sort &sort, bool uniqueFirst, const ASTContext &context) {
  if (sort.element.isNull())
    return true;  // A project's own sort is trusted.
  const Totality totality = compares(sort.comparator, sort.projection,
                                     sort.element, context, uniqueFirst)
                                .totality;
  return (sort.kind == Sort::Kind::Whole || sort.kind == Sort::Kind::First) &&
         (totality == Totality::Total || totality == Totality::Unknown);
}

bool isSetOrMap(QualType type) {
  const Shape shape = shapeOf(type);
  return shape == Shape::Set || shape == Shape::Map;
}

/// Does \p loop sort each of its elements?
bool sortsElements(const CXXForRangeStmt &loop, const ASTContext &context) {
  return anyStmt(loop.getBody(), [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    const std::optional<Sort> sort = call ? sortOf(*call) : std::nullopt;
    return sort && namedDecl(sort->sequence) == loop.getLoopVariable() &&
           settles(*sort, /*uniqueFirst=*/false, context);
  });
}

/// The variable or member that \p around assigns the mentioned sequence to.
const NamedDecl *copiedTo(const Stmt &around, const NamedDecl &sequence) {
  if (const auto *declaration = dyn_cast<DeclStmt>(&around))
    return declaration->isSingleDecl()
               ? dyn_cast<VarDecl>(declaration->getSingleDecl())
               : nullptr;
  const auto *op = dyn_cast<CXXOperatorCallExpr>(&around);
  if (!op || op->getOperator() != OO_Equal)
    return nullptr;
  const NamedDecl *target = namedDecl(op->getArg(0));
  return target != &sequence ? target : nullptr;
}

/// Is \p condition true exactly if \p sequence has no element? Nothing if it
/// does not ask.
std::optional<bool> trueIfEmpty(const Expr &condition,
                                const NamedDecl &sequence) {
  const Expr *expr = bare(&condition);
  if (const auto *unary = dyn_cast<UnaryOperator>(expr);
      unary && unary->getOpcode() == UO_LNot) {
    const auto inner = trueIfEmpty(*unary->getSubExpr(), sequence);
    return inner ? std::optional(!*inner) : std::nullopt;
  }
  const auto *comparison = dyn_cast<BinaryOperator>(expr);
  const Expr *asked = comparison ? bare(comparison->getLHS()) : expr;
  const auto *call = dyn_cast<CXXMemberCallExpr>(asked);
  if (!call || namedDecl(call->getImplicitObjectArgument()) != &sequence)
    return std::nullopt;
  const StringRef name = nameOf(call->getMethodDecl());
  if (!comparison)
    return name == "empty" ? std::optional(true) : std::nullopt;
  const auto *number = dyn_cast<IntegerLiteral>(bare(comparison->getRHS()));
  if (name != "size" || number == nullptr || number->getValue().ugt(2))
    return std::nullopt;
  switch (comparison->getOpcode()) {
  case BO_EQ:  // No or one element.
  case BO_LT:
  case BO_LE:
    return true;
  case BO_GT:
  case BO_GE:
  case BO_NE:
    return false;
  default:
    return std::nullopt;
  }
}

/// Is \p variable a position, `const auto middle = v.begin() + n;`, that only
/// sorts and erasures take?
bool isOnlyAPosition(const VarDecl &variable, const Stmt &body) {
  if (!isIterator(variable.getType()))
    return false;
  const auto usesIn = [&](const Stmt &root) {
    unsigned uses = 0;
    anyStmt(&root, [&](const Stmt &stmt) {
      const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
      uses += reference && reference->getDecl() == &variable ? 1 : 0;
      return false;
    });
    return uses;
  };
  unsigned positions = 0;
  anyStmt(&body, [&](const Stmt &stmt) {
    const auto *call = dyn_cast<CallExpr>(&stmt);
    if (call && (sortOf(*call) || nameOf(call->getDirectCallee()) == "erase"))
      positions += usesIn(stmt);
    return false;
  });
  return usesIn(body) == positions;
}

}  // namespace

/// One walk over the control-flow graph of a function.
class LaterSort::Walk {
public:
  Walk(const LaterSort &later, const Shuffled &shuffled, unsigned depth)
      : later_(later), shuffled_(shuffled), depth_(depth) {}

  std::optional<Reveal> run();
  bool isReturned() const { return returned_; }
  bool isLeftAsItWas() const { return left_; }

private:
  Step stepOf(const Stmt &root);
  Step use(const Mention &mention);
  Step call(const CallExpr &call, bool isRange);
  Step method(const CXXMemberCallExpr &call, bool isObject);
  Step callee(const CallExpr &call, const FunctionDecl &definition);
  Step made(const CXXConstructExpr &made, bool isRange);
  Step loopOver(const DeclStmt &range);
  Step indexed(const Stmt &at);
  Step follow(const NamedDecl &copy, const Stmt &fill);
  bool outlivesFunction() const;

  const LaterSort &later_;
  const Shuffled &shuffled_;
  unsigned depth_;
  std::optional<Reveal> reveal_;
  bool returned_ = false;
  bool left_ = false;
  const Stmt *hidden_ = nullptr;
};

bool LaterSort::Walk::outlivesFunction() const {
  const auto *variable = dyn_cast<VarDecl>(shuffled_.sequence);
  return variable == nullptr || !variable->hasLocalStorage() ||
         variable->getType()->isReferenceType() ||
         variable->getType()->isPointerType();
}

Step LaterSort::Walk::loopOver(const DeclStmt &range) {
  const CXXForRangeStmt *loop = nullptr;
  anyStmt(shuffled_.function->getBody(), [&](const Stmt &stmt) {
    const auto *candidate = dyn_cast<CXXForRangeStmt>(&stmt);
    if (candidate && candidate->getRangeStmt() == &range)
      loop = candidate;
    return loop != nullptr;
  });
  if (loop && shuffled_.within && sortsElements(*loop, later_.context_))
    return Step::Sorted;
  return loop && later_.innocent_(*loop, shuffled_) ? Step::None : Step::Read;
}

/// `v[i]` in a loop over the indices.
Step LaterSort::Walk::indexed(const Stmt &at) {
  const ForStmt *loop = nullptr;
  const SourceManager &sources = later_.context_.getSourceManager();
  anyStmt(shuffled_.function->getBody(), [&](const Stmt &stmt) {
    const auto *candidate = dyn_cast<ForStmt>(&stmt);
    if (candidate &&
        sources.isPointWithin(at.getBeginLoc(), candidate->getBeginLoc(),
                              candidate->getEndLoc()))
      loop = candidate;  // The innermost one is met last.
    return false;
  });
  return loop && later_.innocent_(*loop, shuffled_) ? Step::None : Step::Read;
}

/// A copy of the sequence has the same order.
Step LaterSort::Walk::follow(const NamedDecl &copy, const Stmt &fill) {
  if (depth_ == 0)
    return Step::Read;
  const auto found = later_.revealed({.sequence = &copy,
                                      .fill = &fill,
                                      .function = shuffled_.function,
                                      .uniqueFirst = shuffled_.uniqueFirst},
                                     depth_ - 1);
  return !found ? Step::None : found->certain ? Step::Read : Step::Hidden;
}

Step LaterSort::Walk::callee(const CallExpr &call,
                             const FunctionDecl &definition) {
  const unsigned first =
      isa<CXXOperatorCallExpr>(call) && isa<CXXMethodDecl>(definition) ? 1 : 0;
  for (unsigned i = 0;
       first + i < call.getNumArgs() && i < definition.getNumParams(); ++i) {
    if (namedDecl(call.getArg(first + i)) != shuffled_.sequence)
      continue;
    const Shuffled parameter{.sequence = definition.getParamDecl(i),
                             .fill = nullptr,
                             .function = &definition,
                             .uniqueFirst = shuffled_.uniqueFirst,
                             .within = shuffled_.within};
    Walk inner(later_, parameter, depth_ - 1);
    const std::optional<Reveal> found = inner.run();
    if (found && (inner.isReturned() || found->at))
      return found->certain ? Step::Read : Step::Hidden;
    // Left as it came, or sorted through a reference on every path.
    return inner.isLeftAsItWas() ? Step::None : Step::Sorted;
  }
  return Step::Hidden;
}

Step LaterSort::Walk::method(const CXXMemberCallExpr &call, bool isObject) {
  if (isObject)
    return isBlind(nameOf(call.getMethodDecl())) ? Step::None : Step::Read;
  const Expr *object = call.getImplicitObjectArgument();
  // set.insert(v.begin(), v.end()): the set has an order of its own.
  if (object && isSetOrMap(object->getType()))
    return Step::None;
  return object && shapeOf(object->getType()) == Shape::Sequence ? Step::Read
                                                                 : Step::Hidden;
}

Step LaterSort::Walk::call(const CallExpr &call, bool isRange) {
  if (const std::optional<Sort> sort = sortOf(call);
      sort && namedDecl(sort->sequence) == shuffled_.sequence &&
      sort->kind != Sort::Kind::Best)
    return settles(*sort, shuffled_.uniqueFirst, later_.context_) ? Step::Sorted
                                                                  : Step::Read;
  const FunctionDecl *target = call.getDirectCallee();
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call)) {
    if (op->getOperator() == OO_Equal &&
        namedDecl(op->getArg(0)) == shuffled_.sequence)
      return Step::Sorted;  // Replaced.
    if (op->getOperator() == OO_Subscript)
      return indexed(call);
    if (op->getOperator() != OO_Call)
      return Step::Read;
    target = functionBehind(op->getArg(0));
  }
  if (!target)
    return Step::Hidden;
  if (isDiagnosticFunction(*target) || isBlindAlgorithm(nameOf(target)))
    return Step::None;
  if (const auto *member = dyn_cast<CXXMemberCallExpr>(&call))
    if (const Step step = method(*member, /*isObject=*/false);
        step != Step::Hidden)
      return step;
  if (later_.context_.getSourceManager().isInSystemHeader(
          target->getLocation()))
    return Step::Read;
  const FunctionDecl *definition = nullptr;
  return depth_ > 0 && !isRange && target->hasBody(definition)
             ? callee(call, *definition)
             : Step::Hidden;
}

Step LaterSort::Walk::made(const CXXConstructExpr &made, bool isRange) {
  if (isSetOrMap(made.getType()))
    return Step::None;
  if (isRange)
    return Step::Read;
  const QualType element = elementOf(
      cast<ValueDecl>(shuffled_.sequence)->getType().getNonReferenceType());
  return sortsItsArgument(made) &&
                 compares(nullptr, nullptr, element, later_.context_)
                         .totality == Totality::Total
             ? Step::Sorted
             : Step::Hidden;
}

Step LaterSort::Walk::use(const Mention &mention) {
  const Stmt *around = mention.around;
  if (!around)
    return Step::None;
  if (const auto *member = dyn_cast<CXXMemberCallExpr>(around);
      member && mention.isObject)
    return sortOf(*member) ? call(*member, false) : method(*member, true);
  if (const NamedDecl *copy = copiedTo(*around, *shuffled_.sequence);
      copy && !mention.isRange)
    return follow(*copy, *around);
  if (const auto *called = dyn_cast<CallExpr>(around))
    return call(*called, mention.isRange);
  if (const auto *construct = dyn_cast<CXXConstructExpr>(around))
    return made(*construct, mention.isRange);
  if (isa<ReturnStmt>(around))
    return Step::Returned;
  return isa<ArraySubscriptExpr>(around) ? indexed(*around) : Step::Read;
}

Step LaterSort::Walk::stepOf(const Stmt &root) {
  if (isInDiagnosticMacro(root.getBeginLoc(), later_.context_))
    return Step::None;
  if (const auto *declaration = dyn_cast<DeclStmt>(&root)) {
    const auto *variable = declaration->isSingleDecl()
                               ? dyn_cast<VarDecl>(declaration->getSingleDecl())
                               : nullptr;
    if (variable && variable->isCXXForRangeDecl())
      return Step::None;
    if (variable && isOnlyAPosition(*variable, *shuffled_.function->getBody()))
      return Step::None;
    if (variable && variable->isImplicit())
      return variable->getInit() &&
                     namedDecl(variable->getInit()) == shuffled_.sequence
                 ? loopOver(*declaration)
                 : Step::None;
  }
  Step worst = Step::None;
  forEachMention(root, *shuffled_.sequence, [&](const Mention &mention) {
    const Step step = use(mention);
    worst = worst == Step::Sorted || step == Step::Sorted
                ? Step::Sorted
                : std::max(worst, step);
  });
  return worst;
}

std::optional<Reveal> LaterSort::Walk::run() {
  const auto goesOn = [&](const Stmt &stmt) {
    switch (stepOf(stmt)) {
    case Step::None:
      return true;
    case Step::Hidden:
      hidden_ = hidden_ ? hidden_ : &stmt;
      return true;
    case Step::Sorted:
      return false;
    case Step::Returned:
      returned_ = true;
      return false;
    case Step::Read:
      if (!reveal_)
        reveal_ = {.at = &stmt};
      return false;
    }
    llvm_unreachable("every step is dealt with");
  };
  const auto mayBe = [&](const Expr &condition, bool value) {
    const auto empty = trueIfEmpty(condition, *shuffled_.sequence);
    return !empty || *empty != value;
  };
  const std::optional<bool> ends =
      followPaths(*shuffled_.function, shuffled_.fill, later_.context_,
                  {.goesOn = goesOn, .mayBe = mayBe});
  if (!ends)
    return Reveal{.at = shuffled_.fill, .certain = false};
  left_ = *ends;
  if (reveal_)
    return reveal_;
  if (returned_ || (left_ && outlivesFunction()))
    return Reveal{};
  if (hidden_)
    return Reveal{.at = hidden_, .certain = false};
  return std::nullopt;
}

namespace {

/// The variable of the caller that \p call fills or whose value it gives, and
/// the statement that does.
Shuffled takenBy(const Caller &caller, const ParmVarDecl *parameter) {
  Shuffled taken{
      .sequence = nullptr, .fill = caller.call, .function = caller.function};
  if (parameter) {
    const unsigned index = parameter->getFunctionScopeIndex();
    if (!isa<CXXOperatorCallExpr>(caller.call) &&
        index < caller.call->getNumArgs())
      taken.sequence = namedVariable(caller.call->getArg(index));
    return taken;
  }
  anyStmt(caller.function->getBody(), [&](const Stmt &stmt) {
    if (const auto *declaration = dyn_cast<DeclStmt>(&stmt)) {
      for (const Decl *decl : declaration->decls())
        if (const auto *variable = dyn_cast<VarDecl>(decl);
            variable && variable->getInit() &&
            bare(variable->getInit()) == caller.call)
          taken.sequence = variable;
    } else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&stmt);
               op && op->getOperator() == OO_Equal &&
               bare(op->getArg(1)) == caller.call) {
      taken.sequence = namedDecl(op->getArg(0));
    }
    if (taken.sequence)
      taken.fill = &stmt;
    return taken.sequence != nullptr;
  });
  return taken;
}

}  // namespace

/// `auto keys = keysOf(map); std::sort(...)`: what every caller does with the
/// value or with its own variable behind a reference parameter.
std::optional<Reveal> LaterSort::inCallers(const Shuffled &shuffled,
                                           unsigned depth) const {
  const auto known = callers_.find(shuffled.function->getCanonicalDecl());
  if (known == callers_.end() || depth == 0)
    return Reveal{};
  for (const Caller &caller : known->second) {
    if (!caller.function || !caller.function->getBody())
      return Reveal{};
    Shuffled taken = takenBy(caller, dyn_cast<ParmVarDecl>(shuffled.sequence));
    taken.uniqueFirst = shuffled.uniqueFirst;
    taken.within = shuffled.within;
    if (taken.sequence == nullptr || revealed(taken, depth - 1))
      return Reveal{};
  }
  return std::nullopt;
}

std::optional<Reveal> LaterSort::revealed(const Shuffled &shuffled,
                                          unsigned depth) const {
  if (!shuffled.function->getBody())
    return Reveal{};
  const std::optional<Reveal> found = Walk(*this, shuffled, depth).run();
  if (!found || found->at)
    return found;
  const auto *variable = dyn_cast<VarDecl>(shuffled.sequence);
  if (!variable || variable->hasGlobalStorage())
    return found;
  return inCallers(shuffled, depth);
}

}  // namespace reproaudit
