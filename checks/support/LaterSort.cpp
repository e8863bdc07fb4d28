// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/LaterSort.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Sinks.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ExprCXX.h"
#include "clang/Analysis/CFG.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
using llvm::StringRef;

namespace reproaudit {
namespace {

StringRef nameOf(const FunctionDecl *function) {
  return function && function->getIdentifier() ? function->getName()
                                               : StringRef();
}

/// `first` of `v.begin()`, `std::begin(v)`, `v.data() + n`, `&v[0]`: v.
const Expr *containerOf(const Expr *first) {
  for (first = bare(first);;) {
    const Expr *inner = nullptr;
    if (const auto *method = dyn_cast<CXXMemberCallExpr>(first)) {
      const StringRef name = nameOf(method->getMethodDecl());
      if (name == "begin" || name == "data" || name == "rbegin" ||
          name == "cbegin" || name == "end" || name == "cend")
        inner = method->getImplicitObjectArgument();
    } else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(first)) {
      if (op->getOperator() == OO_Plus || op->getOperator() == OO_Subscript)
        inner = op->getArg(0);
    } else if (const auto *op = dyn_cast<BinaryOperator>(first)) {
      if (op->isAdditiveOp())
        inner = op->getLHS();
    } else if (const auto *unary = dyn_cast<UnaryOperator>(first)) {
      inner = unary->getSubExpr();
    } else if (const auto *element = dyn_cast<ArraySubscriptExpr>(first)) {
      inner = element->getBase();
    } else if (const auto *call = dyn_cast<CallExpr>(first)) {
      const StringRef name = nameOf(call->getDirectCallee());
      if (call->getNumArgs() > 0 &&
          (name == "begin" || name == "data" || name == "make_move_iterator"))
        inner = call->getArg(0);
    }
    if (!inner)
      return first;
    first = bare(inner);
  }
}

QualType elementUnder(const Expr *first, const Expr *container) {
  if (QualType element = elementOf(container->getType()); !element.isNull())
    return element;
  const QualType type = first->getType().getNonReferenceType();
  if (type->isPointerType())
    return type->getPointeeType();
  // An iterator class: its first argument is a pointer to the element.
  const QualType argument = firstArgument(type);
  return !argument.isNull() && argument->isPointerType()
             ? argument->getPointeeType()
             : QualType();
}

bool isCallable(const Expr *expr) {
  const QualType type = expr->getType().getNonReferenceType();
  if (type->isFunctionPointerType() || type->isFunctionType())
    return true;
  const CXXRecordDecl *record = type->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition())
    return false;
  return record->isLambda() ||
         llvm::any_of(record->methods(), [](const CXXMethodDecl *method) {
           return method->getOverloadedOperator() == OO_Call;
         });
}

enum class Family : std::uint8_t { None, Whole, Part, Project };

Family familyOf(const FunctionDecl &callee) {
  static constexpr llvm::StringLiteral kSort[] = {"sort", "qsort", "argsort"};
  const StringRef name = nameOf(&callee);
  const Family family =
      llvm::StringSwitch<Family>(name)
          .Cases({"sort", "stable_sort", "sort_heap", "qsort"}, Family::Whole)
          .Cases({"parallel_sort", "pdqsort", "qsort_r"}, Family::Whole)
          .Cases({"partial_sort", "nth_element", "partial_sort_copy"},
                 Family::Part)
          .Default(Family::None);
  if (family != Family::None)
    return family;
  return name.contains_insensitive("sort") && hasWord(name, kSort) &&
                 !callee.isVariadic()
             ? Family::Project
             : Family::None;
}

std::optional<Sort> sortOfList(const CallExpr &call) {
  const auto *method = dyn_cast<CXXMemberCallExpr>(&call);
  if (!method || nameOf(method->getMethodDecl()) != "sort")
    return std::nullopt;
  const Expr *list = method->getImplicitObjectArgument();
  if (!list || shapeOf(list->getType()) != Shape::Sequence)
    return std::nullopt;
  return Sort{.call = &call,
              .sequence = bare(list),
              .comparator = call.getNumArgs() ? call.getArg(0) : nullptr,
              .element = elementOf(list->getType()),
              .stable = true};
}

std::optional<Sort> sortOfC(const CallExpr &call) {
  if (call.getNumArgs() < 4)
    return std::nullopt;
  const Expr *base = bare(call.getArg(0));
  const QualType type = base->getType();
  Sort sort{.call = &call,
            .sequence = containerOf(base),
            .comparator = call.getArg(3)};
  if (type->isPointerType())
    sort.element = type->getPointeeType();
  else if (const ArrayType *array = type->getAsArrayTypeUnsafe())
    sort.element = array->getElementType();
  return sort;
}

/// std::ranges::sort and its kind are objects: (range, comparator, projection)
/// or (first, last, comparator, projection).
std::optional<Sort> sortOfRange(const CallExpr &call) {
  const auto *object = dyn_cast<CXXOperatorCallExpr>(&call);
  if (!object || object->getOperator() != OO_Call || object->getNumArgs() < 2)
    return std::nullopt;
  const auto *algorithm = dyn_cast<DeclRefExpr>(bare(object->getArg(0)));
  if (!algorithm || !algorithm->getDecl()->getIdentifier() ||
      !isInStd(*algorithm->getDecl()))
    return std::nullopt;
  const StringRef name = algorithm->getDecl()->getName();
  if (name != "sort" && name != "stable_sort" && name != "partial_sort" &&
      name != "nth_element")
    return std::nullopt;
  const Expr *first = object->getArg(1);
  const Expr *container = containerOf(first);
  Sort sort{.call = &call,
            .sequence = container,
            .element = elementUnder(first, container),
            .whole = name == "sort" || name == "stable_sort",
            .stable = name == "stable_sort"};
  for (unsigned i = 2; i < object->getNumArgs(); ++i) {
    const Expr *argument = object->getArg(i);
    const bool isLast = i + 1 == object->getNumArgs();
    if (!isa<CXXDefaultArgExpr>(argument) &&
        (isCallable(argument) || argument->getType()->isMemberPointerType()))
      (isLast ? sort.projection : sort.comparator) = argument;
  }
  return sort;
}

}  // namespace

std::optional<Sort> sortOf(const CallExpr &call) {
  const FunctionDecl *callee = call.getDirectCallee();
  if (!callee)
    return std::nullopt;
  if (isa<CXXMemberCallExpr>(call) && nameOf(callee) == "sort")
    return sortOfList(call);
  const Family family = familyOf(*callee);
  if (family == Family::None || call.getNumArgs() == 0)
    return sortOfRange(call);
  if (nameOf(callee).starts_with("qsort"))
    return sortOfC(call);
  // An execution policy comes first, and is no iterator.
  const bool hasPolicy = call.getNumArgs() > 2 &&
                         call.getArg(0)->getType()->isRecordType() &&
                         containerOf(call.getArg(0)) == bare(call.getArg(0)) &&
                         elementUnder(call.getArg(0), call.getArg(0)).isNull();
  const Expr *first = call.getArg(hasPolicy ? 1 : 0);
  const Expr *container = containerOf(first);
  Sort sort{.call = &call,
            .sequence = container,
            .element = elementUnder(first, container),
            .whole = family != Family::Part,
            .stable = nameOf(callee).contains("stable")};
  const Expr *last = call.getArg(call.getNumArgs() - 1);
  if (isCallable(last))
    sort.comparator = last;
  if (family == Family::Project && !sort.comparator)
    sort.element = {};
  return sort;
}

namespace {

bool names(const Stmt *stmt, const NamedDecl &sequence) {
  if (const auto *reference = dyn_cast_or_null<DeclRefExpr>(stmt))
    return reference->getDecl() == &sequence;
  const auto *member = dyn_cast_or_null<MemberExpr>(stmt);
  return member && member->getMemberDecl() == &sequence;
}

/// What a statement does to a sequence in arbitrary order.
enum class Step : std::uint8_t { None, Sorted, Read, Hidden, Returned };

/// Methods that tell nothing about the order of their object.
bool isBlind(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"size", "empty", "reserve", "clear", "resize", "length"}, true)
      .Cases({"shrink_to_fit", "capacity", "push_back", "emplace_back"}, true)
      .Cases({"append", "insert", "push_front", "push", "assign"}, true)
      .Default(false);
}

/// Algorithms whose result does not depend on the order of their range.
bool isBlindAlgorithm(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"count", "count_if", "any_of", "all_of", "none_of"}, true)
      .Cases({"size", "distance", "empty", "ssize", "is_permutation"}, true)
      .Cases({"min_element", "max_element", "binary_search", "back_inserter"},
             true)
      .Default(false);
}

}  // namespace

/// One walk over the control-flow graph of a function.
class LaterSort::Walk {
public:
  Walk(const LaterSort &later, const NamedDecl &sequence, const Stmt *fill,
       const FunctionDecl &function, bool uniqueFirst, unsigned depth)
      : later_(later), sequence_(sequence), fill_(fill), function_(function),
        uniqueFirst_(uniqueFirst), depth_(depth) {}

  std::optional<Reveal> run();

private:
  bool isInsideFill(const Stmt &stmt) const;
  Step stepOf(const Stmt &stmt);
  Step use(const Stmt *parent, const Stmt *grand);
  Step call(const CallExpr &call);
  Step loopOver(const DeclStmt &range);
  void visit(const CFGBlock &block, std::size_t from);
  bool outlivesFunction() const;

  const LaterSort &later_;
  const NamedDecl &sequence_;
  const Stmt *fill_;
  const FunctionDecl &function_;
  bool uniqueFirst_;
  unsigned depth_;
  llvm::DenseSet<const CFGBlock *> seen_;
  const CFGBlock *exit_ = nullptr;
  std::optional<Reveal> reveal_;
  bool returned_ = false;
  bool left_ = false;
  const Stmt *hidden_ = nullptr;
};

bool LaterSort::Walk::isInsideFill(const Stmt &stmt) const {
  const SourceManager &sources = later_.context_.getSourceManager();
  return fill_ &&
         sources.isPointWithin(sources.getExpansionLoc(stmt.getBeginLoc()),
                               sources.getExpansionLoc(fill_->getBeginLoc()),
                               sources.getExpansionLoc(fill_->getEndLoc()));
}

bool LaterSort::Walk::outlivesFunction() const {
  const auto *variable = dyn_cast<VarDecl>(&sequence_);
  return !variable || !variable->hasLocalStorage() ||
         variable->getType()->isReferenceType() ||
         variable->getType()->isPointerType();
}

Step LaterSort::Walk::loopOver(const DeclStmt &range) {
  const CXXForRangeStmt *loop = nullptr;
  anyStmt(function_.getBody(), [&](const Stmt &stmt) {
    const auto *candidate = dyn_cast<CXXForRangeStmt>(&stmt);
    if (candidate && candidate->getRangeStmt() == &range)
      loop = candidate;
    return loop != nullptr;
  });
  return loop && later_.innocent_(*loop, function_) ? Step::None : Step::Read;
}

Step LaterSort::Walk::call(const CallExpr &call) {
  if (const std::optional<Sort> sort = sortOf(call);
      sort && names(sort->sequence, sequence_)) {
    if (sort->element.isNull())
      return Step::Sorted;  // A project's own sort is trusted.
    const Totality totality =
        compares(sort->comparator, sort->projection, sort->element,
                 later_.context_, uniqueFirst_)
            .totality;
    return sort->whole && (totality == Totality::Total ||
                           totality == Totality::Unknown)
               ? Step::Sorted
               : Step::Read;
  }
  const FunctionDecl *callee = call.getDirectCallee();
  const StringRef name = nameOf(callee);
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call)) {
    const Expr *object = method->getImplicitObjectArgument();
    if (object && names(bare(object), sequence_))
      return isBlind(name) ? Step::None : Step::Read;
    // set.insert(v.begin(), v.end()): the set has an order of its own.
    const Shape shape = object ? shapeOf(object->getType()) : Shape::Other;
    if (shape == Shape::Set || shape == Shape::Map)
      return Step::None;
    if (shape == Shape::Sequence)
      return Step::Read;
  }
  if (!callee)
    return Step::Hidden;
  if (isDiagnosticFunction(*callee) || isBlindAlgorithm(name))
    return Step::None;
  if (later_.context_.getSourceManager().isInSystemHeader(
          callee->getLocation()))
    return Step::Read;
  // Into the callee, as the parameter that takes the sequence.
  const FunctionDecl *definition = nullptr;
  if (depth_ == 0 || !callee->hasBody(definition))
    return Step::Hidden;
  for (unsigned i = 0; i < call.getNumArgs() && i < definition->getNumParams();
       ++i)
    if (names(bare(call.getArg(i)), sequence_)) {
      Walk inner(later_, *definition->getParamDecl(i), nullptr, *definition,
                 uniqueFirst_, depth_ - 1);
      const std::optional<Reveal> found = inner.run();
      if (inner.returned_ || (found && found->at))
        return found->certain ? Step::Read : Step::Hidden;
      // Left as it came, or sorted through a reference on every path.
      return inner.left_ ? Step::None : Step::Sorted;
    }
  return Step::Hidden;
}

/// A mention of the sequence below \p parent.
Step LaterSort::Walk::use(const Stmt *parent, const Stmt *grand) {
  if (!parent)
    return Step::None;
  if (const auto *called = dyn_cast<CallExpr>(parent)) {
    if (const auto *op = dyn_cast<CXXOperatorCallExpr>(called)) {
      if (op->getOperator() == OO_Equal &&
          names(bare(op->getArg(0)), sequence_))
        return Step::Sorted;  // Replaced.
      return op->getOperator() == OO_Call ? call(*op) : Step::Read;
    }
    return call(*called);
  }
  if (const auto *member = dyn_cast<MemberExpr>(parent)) {
    const auto *called = dyn_cast_or_null<CXXMemberCallExpr>(grand);
    if (!called || called->getCallee() != member)
      return Step::Read;
    const StringRef name = nameOf(called->getMethodDecl());
    if (isBlind(name) || name == "end" || name == "cend")
      return Step::None;
    return name == "sort" ? call(*called) : Step::Read;
  }
  if (isa<ReturnStmt>(parent))
    return Step::Returned;
  if (isa<CXXConstructExpr>(parent))
    return Step::Hidden;
  return Step::Read;
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
    if (variable && variable->isImplicit())
      return variable->getInit() && names(bare(variable->getInit()), sequence_)
                 ? loopOver(*declaration)
                 : Step::None;
  }
  // The innermost call around each mention decides.
  Step worst = Step::None;
  bool sorted = false;
  const std::function<void(const Stmt *, llvm::SmallVector<const Stmt *, 8> &)>
      search =
          [&](const Stmt *stmt, llvm::SmallVector<const Stmt *, 8> &parents) {
            if (!stmt)
              return;
            if (names(stmt, sequence_)) {
              // `v.begin()` passes v on to the call around it.
              std::size_t up = parents.size();
              const auto above = [&]() -> const Stmt * {
                while (up > 0) {
                  const Stmt *parent = parents[--up];
                  const auto *made = dyn_cast<CXXConstructExpr>(parent);
                  if (isa<CastExpr, ParenExpr, MaterializeTemporaryExpr,
                          ExprWithCleanups, CXXBindTemporaryExpr>(parent) ||
                      (made && made->getConstructor()->isCopyOrMoveConstructor()))
                    continue;
                  return parent;
                }
                return nullptr;
              };
              const Stmt *parent = above();
              const auto *member = dyn_cast_or_null<MemberExpr>(parent);
              if (member && member->getMemberDecl()->getIdentifier()) {
                const StringRef name = member->getMemberDecl()->getName();
                if (name == "begin" || name == "cbegin" || name == "data" ||
                    name == "end" || name == "cend") {
                  above();  // the call of begin
                  parent = above();
                  const Step step = parent ? use(parent, nullptr) : Step::None;
                  const auto *made = dyn_cast_or_null<CXXConstructExpr>(parent);
                  const Shape shape =
                      made ? shapeOf(made->getType()) : Shape::Other;
                  if (step == Step::Sorted)
                    sorted = true;
                  else if (shape != Shape::Set && shape != Shape::Map)
                    worst = std::max(worst, made ? Step::Read : step);
                  return;
                }
              }
              const Step step = use(parent, above());
              if (step == Step::Sorted)
                sorted = true;
              else
                worst = std::max(worst, step);
              return;
            }
            parents.push_back(stmt);
            for (const Stmt *child : stmt->children())
              search(child, parents);
            parents.pop_back();
          };
  llvm::SmallVector<const Stmt *, 8> parents;
  search(&root, parents);
  return sorted ? Step::Sorted : worst;
}

void LaterSort::Walk::visit(const CFGBlock &block, std::size_t from) {
  if (&block == exit_) {
    left_ = true;
    return;
  }
  std::size_t index = 0;
  for (const CFGElement &element : block) {
    if (index++ < from)
      continue;
    const std::optional<CFGStmt> stmt = element.getAs<CFGStmt>();
    if (!stmt || isInsideFill(*stmt->getStmt()))
      continue;
    switch (stepOf(*stmt->getStmt())) {
    case Step::None:
      break;
    case Step::Sorted:
      return;
    case Step::Hidden:
      hidden_ = hidden_ ? hidden_ : stmt->getStmt();
      break;
    case Step::Returned:
      returned_ = true;
      return;
    case Step::Read:
      if (!reveal_)
        reveal_ = {.at = stmt->getStmt()};
      return;
    }
  }
  for (const CFGBlock *next : block.succs())
    if (next && seen_.insert(next).second)
      visit(*next, 0);
}

std::optional<Reveal> LaterSort::Walk::run() {
  CFG::BuildOptions options;
  options.AddImplicitDtors = false;
  const std::unique_ptr<CFG> graph =
      CFG::buildCFG(&function_, function_.getBody(),
                    const_cast<ASTContext *>(&later_.context_), options);
  if (!graph)
    return Reveal{.at = fill_, .certain = false};
  exit_ = &graph->getExit();
  if (!fill_)
    visit(graph->getEntry(), 0);
  else
    for (const CFGBlock *block : *graph) {
      std::size_t index = 0;
      std::optional<std::size_t> last;
      for (const CFGElement &element : *block) {
        ++index;
        if (const auto stmt = element.getAs<CFGStmt>();
            stmt && isInsideFill(*stmt->getStmt()))
          last = index;
      }
      if (last)
        visit(*block, *last);
    }
  if (reveal_)
    return reveal_;
  if (returned_ || (left_ && outlivesFunction()))
    return Reveal{.at = nullptr};
  if (hidden_)
    return Reveal{.at = hidden_, .certain = false};
  return std::nullopt;
}

/// `auto keys = keysOf(map); std::sort(...)`: what every caller does with the
/// value or with its own variable behind a reference parameter.
std::optional<Reveal> LaterSort::inCallers(const NamedDecl &sequence,
                                           const Stmt *at,
                                           const FunctionDecl &function,
                                           bool uniqueFirst,
                                           unsigned depth) const {
  const auto known = callers_.find(function.getCanonicalDecl());
  const Reveal unknown{.at = at};
  if (known == callers_.end() || depth == 0)
    return unknown;
  const auto *parameter = dyn_cast<ParmVarDecl>(&sequence);
  for (const Caller &caller : known->second) {
    if (!caller.function || !caller.function->getBody())
      return unknown;
    const NamedDecl *taken = nullptr;
    const Stmt *fill = caller.call;
    if (parameter) {
      const unsigned index = parameter->getFunctionScopeIndex();
      const bool isOperator = isa<CXXOperatorCallExpr>(caller.call);
      if (!isOperator && index < caller.call->getNumArgs())
        taken = namedVariable(caller.call->getArg(index));
    } else {
      anyStmt(caller.function->getBody(), [&](const Stmt &stmt) {
        if (const auto *declaration = dyn_cast<DeclStmt>(&stmt)) {
          for (const Decl *decl : declaration->decls())
            if (const auto *variable = dyn_cast<VarDecl>(decl);
                variable && variable->getInit() &&
                bare(variable->getInit()) == caller.call) {
              taken = variable;
              fill = &stmt;
            }
        } else if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&stmt);
                   op && op->getOperator() == OO_Equal &&
                   bare(op->getArg(1)) == caller.call) {
          taken = namedVariable(op->getArg(0));
          fill = &stmt;
        }
        return taken != nullptr;
      });
    }
    if (!taken ||
        revealed(*taken, *fill, *caller.function, uniqueFirst, depth - 1))
      return unknown;
  }
  return std::nullopt;
}

std::optional<Reveal> LaterSort::revealed(const NamedDecl &sequence,
                                          const Stmt &fill,
                                          const FunctionDecl &function,
                                          bool uniqueFirst,
                                          unsigned depth) const {
  if (!function.getBody())
    return Reveal{};
  Walk walk(*this, sequence, &fill, function, uniqueFirst, depth);
  const std::optional<Reveal> found = walk.run();
  if (!found || found->at)
    return found;
  const auto *variable = dyn_cast<VarDecl>(&sequence);
  if (!variable || variable->hasGlobalStorage())
    return found;
  return inCallers(sequence, found->at, function, uniqueFirst, depth);
}

}  // namespace reproaudit
