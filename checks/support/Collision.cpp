// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Collision.h"

#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Objects.h"
#include "reproaudit/analysis/Types.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/StmtCXX.h"

using namespace clang;

namespace reproaudit {
namespace {

/// Initialisers and parts of expressions are followed this far.
constexpr int kDepth = 12;

/// Of two parts of one index: two coarse parts may be unique together, as row
/// and column of a flat index are.
Origin together(Origin one, Origin other) {
  const Origin less = std::min(one, other);
  const Origin more = std::max(one, other);
  return more == Origin::Part && less != Origin::Common ? Origin::Own : more;
}

/// Tables whose entries are known to differ.
bool holdsUniqueEntries(const Expr &table) {
  const NamedDecl *named = namedRoot(&table);
  return named != nullptr &&
         hasWord(nameOf(named),
                 {"offset", "offsets", "start", "starts", "begin", "begins",
                  "ptr", "indptr", "rowptr", "perm", "permutation", "order",
                  "sorted", "unique", "slot", "slots", "indices", "rank",
                  "dest"});
}

/// The loop of \p region that \p variable counts, or null.
const ForStmt *countedLoop(const ParallelRegion &region,
                           const VarDecl &variable) {
  const ForStmt *found = nullptr;
  anyStmt(region.body, [&](const Stmt &stmt) {
    const auto *loop = dyn_cast<ForStmt>(&stmt);
    if (!loop || !loop->getInit())
      return false;
    if (const auto *declared = dyn_cast<DeclStmt>(loop->getInit())) {
      if (llvm::is_contained(declared->decls(), &variable))
        found = loop;
    } else if (const auto *assigned =
                   dyn_cast<BinaryOperator>(loop->getInit())) {
      if (namedVariable(assigned->getLHS()) == &variable)
        found = loop;
    }
    return found != nullptr;
  });
  return found;
}

/// True if the step of \p loop is one element.
bool stepsByOne(const ForStmt &loop) {
  const auto *step = dyn_cast_or_null<UnaryOperator>(loop.getInc());
  return step != nullptr && step->isIncrementDecrementOp();
}

/// True if \p call may set \p variable: it gets its address or a reference.
bool handsOut(const CallExpr &call, const VarDecl &variable) {
  return llvm::any_of(call.arguments(), [&](const Expr *argument) {
    argument = argument->IgnoreParens();
    const auto *address = dyn_cast<UnaryOperator>(argument);
    if (address && address->getOpcode() == UO_AddrOf)
      argument = address->getSubExpr()->IgnoreParens();
    const auto *reference = dyn_cast<DeclRefExpr>(argument);
    return reference && reference->getDecl() == &variable;
  });
}

bool isInputFile(QualType type) {
  const StringRef name = recordName(type);
  return name == "_IO_FILE" || name == "basic_istream" ||
         name == "basic_ifstream";
}

class OriginReader {
public:
  explicit OriginReader(const ParallelRegion &region) : region_(region) {}

  /// How \p target is chosen among all objects that it may name.
  Origin place(const Expr *target, int depth = kDepth);
  /// What the value of \p index is made of.
  Origin value(const Expr *index, int depth = kDepth);

private:
  Origin placeOfThis(int depth);
  Origin placeOfVariable(const VarDecl &variable, int depth);
  Origin placeOfCall(const CallExpr &call, int depth);
  Origin valueOfVariable(const VarDecl &variable, int depth);
  Origin valueOfLoop(const ForStmt &loop, const VarDecl &variable, int depth);
  Origin valueOfAssignments(const VarDecl &variable, int depth);
  Origin valueOfOperator(const BinaryOperator &op, int depth);
  Origin valueOfCall(const CallExpr &call, int depth);
  Origin lookup(const Expr &table, Origin index) const;
  bool isWritten(const VarDecl &variable) const;

  const ParallelRegion &region_;
  llvm::SmallPtrSet<const VarDecl *, 8> active_;
};

Origin OriginReader::place(const Expr *target, int depth) {
  if (depth == 0)
    return Origin::Own;
  target = bare(target);
  if (isa<CXXThisExpr>(target))
    return placeOfThis(depth);
  if (const VarDecl *variable = namedVariable(target))
    return placeOfVariable(*variable, depth);
  if (const auto *member = dyn_cast<MemberExpr>(target))
    return place(member->getBase(), depth - 1);
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(target))
    return together(place(subscript->getBase(), depth - 1),
                    value(subscript->getIdx(), depth - 1));
  if (const auto *unary = dyn_cast<UnaryOperator>(target))
    return place(unary->getSubExpr(), depth - 1);
  if (const auto *sum = dyn_cast<BinaryOperator>(target);
      sum && sum->isAdditiveOp()) {
    const bool pointerFirst = sum->getLHS()->getType()->isPointerType();
    return together(
        place(pointerFirst ? sum->getLHS() : sum->getRHS(), depth - 1),
        value(pointerFirst ? sum->getRHS() : sum->getLHS(), depth - 1));
  }
  if (const auto *call = dyn_cast<CallExpr>(target))
    return placeOfCall(*call, depth);
  return Origin::Own;
}

Origin OriginReader::placeOfThis(int depth) {
  if (region_.object)
    return place(region_.object, depth - 1);
  const bool isCopied = region_.callable != nullptr &&
                        region_.lambda == nullptr &&
                        isa<CXXMethodDecl>(region_.callable);
  return isCopied ? Origin::Own : Origin::Common;
}

Origin OriginReader::placeOfVariable(const VarDecl &variable, int depth) {
  if (region_.isShared(variable))
    return Origin::Common;
  if (auto argument = region_.arguments.find(&variable);
      argument != region_.arguments.end())
    return place(argument->second, depth - 1);
  const bool leadsOn = variable.getType()->isPointerOrReferenceType();
  if (!leadsOn || !variable.getInit() || region_.indices.contains(&variable) ||
      isWritten(variable))
    return Origin::Own;
  return place(variable.getInit(), depth - 1);
}

Origin OriginReader::placeOfCall(const CallExpr &call, int depth) {
  const auto *method = dyn_cast<CXXMemberCallExpr>(&call);
  const bool overloaded = isa<CXXOperatorCallExpr>(call);
  if (!method && !overloaded)
    return Origin::Own;
  const StringRef name = nameOf(call.getDirectCallee());
  const bool known = overloaded || name == "at" || name == "data" ||
                     name == "begin" || name == "get" || name == "front" ||
                     name == "back";
  if (!known)
    return Origin::Own;
  ArrayRef<const Expr *> indices(call.getArgs(), call.getNumArgs());
  const Expr *base =
      method ? method->getImplicitObjectArgument() : indices.consume_front();
  Origin origin = place(base, depth - 1);
  for (const Expr *index : indices)
    origin = together(origin, value(index, depth - 1));
  return origin;
}

Origin OriginReader::value(const Expr *index, int depth) {
  if (depth == 0 || !index || index->isTypeDependent())
    return Origin::Own;
  index = bare(index);
  if (const VarDecl *variable = namedVariable(index))
    return valueOfVariable(*variable, depth);
  if (const auto *op = dyn_cast<BinaryOperator>(index))
    return valueOfOperator(*op, depth);
  if (const auto *unary = dyn_cast<UnaryOperator>(index)) {
    const Origin inner = value(unary->getSubExpr(), depth - 1);
    return unary->getOpcode() == UO_Deref && inner == Origin::Own ? Origin::Data
                                                                  : inner;
  }
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(index))
    return lookup(*subscript->getBase(),
                  together(place(subscript->getBase(), depth - 1),
                           value(subscript->getIdx(), depth - 1)));
  if (const auto *member = dyn_cast<MemberExpr>(index))
    return isa<CXXThisExpr>(bare(member->getBase()))
               ? Origin::Common
               : lookup(*member->getBase(),
                        value(member->getBase(), depth - 1));
  if (const auto *choice = dyn_cast<ConditionalOperator>(index))
    return std::max(value(choice->getTrueExpr(), depth - 1),
                    value(choice->getFalseExpr(), depth - 1));
  if (const auto *call = dyn_cast<CallExpr>(index))
    return valueOfCall(*call, depth);
  if (isa<IntegerLiteral, CharacterLiteral, UnaryExprOrTypeTraitExpr,
          FloatingLiteral, SubstNonTypeTemplateParmExpr>(index))
    return Origin::Common;
  return Origin::Own;
}

/// What is found at an execution's own place is data.
Origin OriginReader::lookup(const Expr &table, Origin index) const {
  if (index == Origin::Common)
    return Origin::Common;
  return holdsUniqueEntries(table) ? Origin::Own : Origin::Data;
}

Origin OriginReader::valueOfVariable(const VarDecl &variable, int depth) {
  if (region_.indices.contains(&variable))
    return Origin::Own;
  if (auto argument = region_.arguments.find(&variable);
      argument != region_.arguments.end())
    return Origin::Own;  // Whoever starts the thread chose it.
  if (region_.isShared(variable))
    return isWritten(variable) ? Origin::Own : Origin::Common;
  if (region_.lambda && region_.surrounds(variable))
    return Origin::Own;  // A copy of what the starting loop had.
  if (!active_.insert(&variable).second)
    return Origin::Common;
  const ForStmt *loop = countedLoop(region_, variable);
  const Origin origin = loop ? valueOfLoop(*loop, variable, depth)
                             : valueOfAssignments(variable, depth);
  active_.erase(&variable);
  return origin;
}

/// The executions run over separate ranges if both ends are their own; with
/// one end in common the ranges overlap.
Origin OriginReader::valueOfLoop(const ForStmt &loop, const VarDecl &variable,
                                 int depth) {
  const auto *condition = dyn_cast_or_null<BinaryOperator>(
      loop.getCond() ? bare(loop.getCond()) : nullptr);
  if (!stepsByOne(loop) || !condition)
    return Origin::Own;
  const Expr *first = variable.getInit();
  if (const auto *assigned = dyn_cast<BinaryOperator>(loop.getInit()))
    first = assigned->getRHS();
  const bool onLeft = namedVariable(condition->getLHS()) == &variable;
  const Expr *last = onLeft ? condition->getRHS() : condition->getLHS();
  const bool commonFirst = value(first, depth - 1) == Origin::Common;
  const bool commonLast = value(last, depth - 1) == Origin::Common;
  return commonFirst || commonLast ? Origin::Common : Origin::Own;
}

Origin OriginReader::valueOfAssignments(const VarDecl &variable, int depth) {
  Origin origin = Origin::Common;
  if (variable.getInit() && !variable.isCXXForRangeDecl())
    origin = value(variable.getInit(), depth - 1);
  else if (isa<ParmVarDecl>(variable))
    return Origin::Own;  // Whatever the caller gives.
  anyStmt(region_.body, [&](const Stmt &stmt) {
    if (const auto *range = dyn_cast<CXXForRangeStmt>(&stmt);
        range && range->getLoopVariable() == &variable)
      origin = lookup(*range->getRangeInit(), Origin::Own);
    const auto *assign = dyn_cast<BinaryOperator>(&stmt);
    if (assign && assign->isAssignmentOp() &&
        namedVariable(assign->getLHS()) == &variable)
      origin = std::max(origin, value(assign->getRHS(), depth - 1));
    if (const auto *call = dyn_cast<CallExpr>(&stmt);
        call && handsOut(*call, variable))
      origin = Origin::Own;
    return origin == Origin::Own;
  });
  return origin;
}

Origin OriginReader::valueOfOperator(const BinaryOperator &op, int depth) {
  const Origin left = value(op.getLHS(), depth - 1);
  const Origin right = value(op.getRHS(), depth - 1);
  switch (op.getOpcode()) {
  case BO_Add:
  case BO_Sub:
  case BO_Mul:
  case BO_Or:
  case BO_Xor:
  case BO_Shl:
    return together(left, right);
  case BO_Rem:
  case BO_Div:
  case BO_Shr:
  case BO_And:
    return left == Origin::Own && right == Origin::Common
               ? Origin::Part
               : std::max(left, right);
  default:
    return Origin::Own;
  }
}

Origin OriginReader::valueOfCall(const CallExpr &call, int depth) {
  ArrayRef<const Expr *> arguments(call.getArgs(), call.getNumArgs());
  if (const auto *op = dyn_cast<CXXOperatorCallExpr>(&call);
      op && op->getOperator() == OO_Subscript)
    return lookup(*arguments[0], together(place(arguments[0], depth - 1),
                                          value(arguments[1], depth - 1)));
  if (const auto *method = dyn_cast<CXXMemberCallExpr>(&call);
      method && nameOf(method->getMethodDecl()) == "size")
    return place(method->getImplicitObjectArgument(), depth - 1) ==
                   Origin::Common
               ? Origin::Common
               : Origin::Own;
  // Nothing is known about what hands out numbers.
  if (arguments.empty() || isa<CXXMemberCallExpr, CXXOperatorCallExpr>(call))
    return Origin::Own;
  // What a function reads from an open file may be read by others, too.
  if (llvm::any_of(arguments, [](const Expr *argument) {
        return isInputFile(argument->getType());
      }))
    return Origin::Data;
  Origin origin = Origin::Common;
  for (const Expr *argument : arguments)
    origin = std::max(origin, value(argument, depth - 1));
  return origin;
}

bool OriginReader::isWritten(const VarDecl &variable) const {
  return anyStmt(region_.body, [&](const Stmt &stmt) {
    if (const auto *assign = dyn_cast<BinaryOperator>(&stmt))
      return assign->isAssignmentOp() &&
             namedVariable(assign->getLHS()) == &variable;
    const auto *unary = dyn_cast<UnaryOperator>(&stmt);
    return unary &&
           (unary->isIncrementDecrementOp() ||
            unary->getOpcode() == UO_AddrOf) &&
           namedVariable(unary->getSubExpr()) == &variable;
  });
}

/// The array and the index of an element, however it is spelt.
struct Element {
  const Expr *array = nullptr;
  const Expr *index = nullptr;
};

Element elementNamed(const Expr &expression) {
  const Expr *plain = bare(&expression);
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(plain))
    return {subscript->getBase(), subscript->getIdx()};
  const auto *op = dyn_cast<CXXOperatorCallExpr>(plain);
  if (op && op->getOperator() == OO_Subscript)
    return {op->getArg(0), op->getArg(1)};
  return {};
}

/// True if \p index is \p variable plus or minus something that is not zero.
bool isNextTo(const Expr &index, const VarDecl &variable) {
  const auto *op = dyn_cast<BinaryOperator>(bare(&index));
  return op != nullptr && op->isAdditiveOp() &&
         namedVariable(op->getLHS()) == &variable &&
         isa<IntegerLiteral>(bare(op->getRHS()));
}

/// The first element of \p array that \p region reads at an index that is
/// \p wanted.
const Expr *findRead(const ParallelRegion &region, const Expr &array,
                     const ASTContext &context,
                     llvm::function_ref<bool(const Expr &)> wanted) {
  const Expr *found = nullptr;
  anyStmt(region.body, [&](const Stmt &stmt) {
    const auto *read = dyn_cast<ImplicitCastExpr>(&stmt);
    if (!read || read->getCastKind() != CK_LValueToRValue)
      return false;
    const Element element = elementNamed(*read);
    if (element.array && sameObject(*element.array, array, context) &&
        wanted(*element.index))
      found = read;
    return found != nullptr;
  });
  return found;
}

const ASTContext &contextOf(const ParallelRegion &region) {
  return region.enclosing.front()->getASTContext();
}

}  // namespace

Origin elementOrigin(const ParallelRegion &region, const Expr &target) {
  return OriginReader(region).place(&target);
}

const Expr *neighbourRead(const ParallelRegion &region, const Expr &written) {
  const Element element = elementNamed(written);
  const VarDecl *variable =
      element.index ? namedVariable(element.index) : nullptr;
  if (!variable || !region.indices.contains(variable))
    return nullptr;
  const ForStmt *loop = countedLoop(region, *variable);
  if (!loop || !stepsByOne(*loop))
    return nullptr;
  return findRead(
      region, *element.array, contextOf(region),
      [&](const Expr &index) { return isNextTo(index, *variable); });
}

const Expr *ownRead(const ParallelRegion &region, const Expr &written) {
  const Element element = elementNamed(written);
  if (!element.array)
    return nullptr;
  OriginReader reader(region);
  return findRead(
      region, *element.array, contextOf(region),
      [&](const Expr &index) { return reader.value(&index) == Origin::Own; });
}

}  // namespace reproaudit
