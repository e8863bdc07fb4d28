// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Atomics.h"
#include "reproaudit/analysis/Device.h"
#include "reproaudit/analysis/Names.h"
#include "reproaudit/analysis/Objects.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace clang;

namespace reproaudit::gpu {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-gpu-conflicting-store",
    .family = Family::Gpu,
    .scope = Scope::Run,
    .language = Language::Cuda,
    .summary = "GPU threads store to places that data chooses",
    .since = "0.1.0",
    .why = R"md(
`out[index[i]] = v[i]` has as many writers for one place as `index` has equal
elements, and the last one wins, which is another one in every run.
`out[index[i]] += v[i]` without an atomic also loses additions of threads that
read the same old value.)md",
    .bad = R"cpp(
__global__ void histogram(const int *bin, float *counts, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    counts[bin[i]] += 1;
})cpp",
    .good = R"cpp(
__global__ void histogram(const int *bin, int *counts, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    atomicAdd(&counts[bin[i]], 1);
})cpp",
    .limits = "Whether the elements of the index differ is not known: a plain "
              "store is a note, and indices that are named as permutations, "
              "offsets or positions are taken to differ.",
});

class GpuConflictingStoreCheck final : public DeviceCheck {
public:
  GpuConflictingStoreCheck(StringRef name, tidy::ClangTidyContext *context)
      : DeviceCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function) override;
  void walk(const Stmt *stmt);
  void judgeStore(const Expr &place, const Expr &target, const Expr *value,
                  bool adds);

  const ASTContext *context_ = nullptr;
  Identity single_;  ///< How far tests single the thread out.
};

/// What such a name says: no two threads find the same element there.
bool namesDistinct(const NamedDecl *index) {
  return (index != nullptr) &&
         hasWord(index->getName(),
                 {"perm",      "permutation", "permuted", "order",   "sorted",
                  "unique",    "offset",      "offsets",  "ptr",     "start",
                  "starts",    "begin",       "prefix",   "scan",    "position",
                  "positions", "pos",         "slot",     "slots",   "rank",
                  "ranks",     "inverse",     "inv",      "argsort", "free",
                  "rowptr"});
}

/// The element of an array that each thread picks for itself, from which
/// \p value is computed; null if there is none.
const ArraySubscriptExpr *pickedElement(const Expr *value, int depth = 4) {
  const ArraySubscriptExpr *found = nullptr;
  anyStmt(value, [&](const Stmt &stmt) {
    if (const auto *element = dyn_cast<ArraySubscriptExpr>(&stmt)) {
      const Identity own = identityOf(*element->getRHS());
      if (own.thread || own.block)
        found = element;
    } else if (const auto *reference = dyn_cast<DeclRefExpr>(&stmt);
               reference && depth > 0) {
      const VarDecl *variable = namedVariable(reference);
      if (variable && !isa<ParmVarDecl>(variable) && variable->getInit() &&
          variable->getType()->isScalarType())
        found = pickedElement(variable->getInit(), depth - 1);
    }
    return found != nullptr;
  });
  return found;
}

/// True if \p position is put together from two elements: a row and a column.
bool hasTwoCoordinates(const Expr &position) {
  const auto *sum = dyn_cast<BinaryOperator>(bare(&position));
  if (const VarDecl *variable = namedVariable(bare(&position));
      variable != nullptr && variable->getInit() != nullptr)
    sum = dyn_cast<BinaryOperator>(bare(variable->getInit()));
  return sum != nullptr && pickedElement(sum->getLHS()) != nullptr &&
         pickedElement(sum->getRHS()) != nullptr;
}

/// The index, or the offset of the pointer, that says where \p target is.
const Expr *positionOf(const Expr *target, int depth = 4) {
  target = bare(target);
  if (depth == 0)
    return nullptr;
  if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(target))
    return pickedElement(subscript->getRHS())
               ? subscript->getRHS()
               : positionOf(subscript->getLHS(), depth - 1);
  if (const auto *member = dyn_cast<MemberExpr>(target))
    return positionOf(member->getBase(), depth - 1);
  if (const auto *unary = dyn_cast<UnaryOperator>(target))
    return positionOf(unary->getSubExpr(), depth - 1);
  if (const auto *sum = dyn_cast<BinaryOperator>(target))
    return sum->getType()->isPointerType() ? sum->getRHS() : nullptr;
  const VarDecl *variable = namedVariable(target);
  return variable && !isa<ParmVarDecl>(variable) && variable->getInit() &&
                 variable->getType()->isPointerOrReferenceType()
             ? positionOf(variable->getInit(), depth - 1)
             : nullptr;
}

/// True if the thread has a variable of its own behind \p target.
bool isPrivate(const Expr &target) {
  const VarDecl *root = rootVariable(&target);
  return (root != nullptr) && root->hasLocalStorage() &&
         !isBlockShared(*root) &&
         !root->getType()->isPointerOrReferenceType() &&
         (root->getType()->isArrayType() || !isa<ParmVarDecl>(root));
}

void GpuConflictingStoreCheck::judge(const FunctionDecl &function) {
  context_ = &function.getASTContext();
  single_ = {};
  walk(function.getBody());
}

void GpuConflictingStoreCheck::walk(const Stmt *stmt) {
  if (!stmt)
    return;
  if (const auto *branch = dyn_cast<IfStmt>(stmt)) {
    // Who wins an atomic is the only one behind it.
    const bool claims = anyStmt(branch->getCond(), [](const Stmt &inner) {
      const auto *expression = dyn_cast<Expr>(&inner);
      return expression && atomicAccess(*expression).has_value();
    });
    llvm::SaveAndRestore<Identity> const single(
        single_, claims ? Identity{true, true}
                        : single_ | singledOutBy(*branch->getCond()));
    walk(branch->getThen());
    return walk(branch->getElse());
  }
  if (const auto *assign = dyn_cast<BinaryOperator>(stmt);
      assign && assign->isAssignmentOp())
    judgeStore(*assign, *assign->getLHS(), assign->getRHS(),
               assign->isCompoundAssignmentOp());
  else if (const auto *unary = dyn_cast<UnaryOperator>(stmt);
           unary && unary->isIncrementDecrementOp())
    judgeStore(*unary, *unary->getSubExpr(), nullptr, /*adds=*/true);
  for (const Stmt *child : stmt->children())
    walk(child);
}

void GpuConflictingStoreCheck::judgeStore(const Expr &place, const Expr &target,
                                          const Expr *value, bool adds) {
  const VarDecl *root = rootVariable(&target);
  const Identity own = identityOfTarget(target) | single_;
  const bool sameForAll =
      !adds && value != nullptr && value->isEvaluatable(*context_);
  if ((own.thread &&
       (own.block || (root != nullptr && isBlockShared(*root)))) ||
      sameForAll || isPrivate(target))
    return;
  const Expr *position = positionOf(&target);
  const ArraySubscriptExpr *element =
      position != nullptr ? pickedElement(position) : nullptr;
  const NamedDecl *index = element != nullptr ? namedRoot(element) : nullptr;
  if (element == nullptr || namesDistinct(index) || !isNew(place.getBeginLoc()))
    return;
  const NamedDecl *output = namedRoot(&target);
  const std::string name =
      output ? "'" + output->getNameAsString() + "'" : "memory";
  const std::string chooser =
      index ? "'" + index->getNameAsString() + "'" : "data";
  // Two coordinates are rarely equal together.
  if (adds && !hasTwoCoordinates(*position))
    finding(place.getBeginLoc(),
            "threads for which %1 is equal add to the same element of %0 and "
            "overwrite each other")
        << name << chooser << place.getSourceRange();
  else
    noteworthy(place.getBeginLoc(),
               "which thread stores last to an element of %0 is not specified "
               "where %1 has equal elements")
        << name << chooser << place.getSourceRange();
  step(element->getBeginLoc(), "the place is chosen here");
  cure(place.getBeginLoc(),
       "sort by the index and let one thread do each place, or let a rule on "
       "the values decide (atomicMax on a key and the value together)");
}

}  // namespace

extern constinit const Rule GpuConflictingStore =
    sourceRule<GpuConflictingStoreCheck>(kInfo);

}  // namespace reproaudit::gpu
