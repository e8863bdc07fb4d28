// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Device.h"
#include "reproaudit/analysis/Objects.h"
#include "reproaudit/analysis/Rule.h"

#include "clang/AST/ASTContext.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace clang;

namespace reproaudit::gpu {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-gpu-atomic-slot",
    .family = Family::Gpu,
    .scope = Scope::Run,
    .language = Language::Cuda,
    .summary = "Output position handed out by a GPU atomic",
    .since = "0.1.0",
    .why = R"md(
`out[atomicAdd(count, 1)] = x` gives every thread a position of its own, in the
order in which the threads arrive. The set of results is the same in every run,
their order is not, and whatever depends on it (a sum, the winner of a tie, the
first k) is not either.)md",
    .bad = R"cpp(
__global__ void compact(const float *in, float *out, int *count, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && in[i] > 0) {
    const int slot = atomicAdd(count, 1);
    out[slot] = in[i];
  }
})cpp",
    .good = R"cpp(
__global__ void compact(const float *in, float *out, const int *slotOf, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && in[i] > 0)
    out[slotOf[i]] = in[i];
})cpp",
    .limits = "Tickets that are only compared, and work items that are claimed "
              "and written to their own place, are not reported. Whether "
              "somebody sorts the output is not known.",
});

class GpuAtomicSlotCheck final : public DeviceCheck {
public:
  GpuAtomicSlotCheck(StringRef name, tidy::ClangTidyContext *context)
      : DeviceCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function) override;
  void judgeAccess(const FunctionDecl &function, const Expr &access);
};

/// The variables of a function that hold something made from the old value of
/// one atomic.
class Slot {
public:
  Slot(const FunctionDecl &function, const Expr &access)
      : body_(*function.getBody()), access_(access) {
    // Assignments come in any order; a few rounds reach all of them.
    for (size_t before = ~0U; before != holders_.size();) {
      before = holders_.size();
      anyStmt(&body_, [&](const Stmt &stmt) {
        spread(stmt);
        return false;
      });
    }
  }

  /// True if \p stmt uses the old value.
  bool isIn(const Stmt *stmt) const {
    return anyStmt(stmt, [&](const Stmt &inner) {
      if (&inner == &access_)
        return true;
      const auto *reference = dyn_cast<DeclRefExpr>(&inner);
      return reference && holders_.contains(reference->getDecl());
    });
  }

  /// The place in memory made from the old value to which something is stored
  /// that is not itself read from there; null if there is none.
  const Expr *store() const {
    const Expr *found = nullptr;
    anyStmt(&body_, [&](const Stmt &stmt) {
      const auto [target, value] = assignment(stmt);
      if (target != nullptr && isPlacedBy(target) && !isIn(value))
        found = target;
      return found != nullptr;
    });
    return found;
  }

private:
  /// What a plain assignment, of numbers or of records, stores where.
  static std::pair<const Expr *, const Expr *> assignment(const Stmt &stmt) {
    if (const auto *assign = dyn_cast<BinaryOperator>(&stmt);
        assign != nullptr && assign->getOpcode() == BO_Assign)
      return {assign->getLHS(), assign->getRHS()};
    if (const auto *assign = dyn_cast<CXXOperatorCallExpr>(&stmt);
        assign != nullptr && assign->getOperator() == OO_Equal)
      return {assign->getArg(0), assign->getArg(1)};
    return {};
  }

  /// True if an index or offset in the address of \p target uses it.
  bool isPlacedBy(const Expr *target) const {
    target = bare(target);
    if (const auto *subscript = dyn_cast<ArraySubscriptExpr>(target))
      return isIn(subscript->getRHS()) || isPlacedBy(subscript->getLHS()) ||
             (isa<DeclRefExpr>(bare(subscript->getLHS())) &&
              isIn(subscript->getLHS()));
    if (const auto *member = dyn_cast<MemberExpr>(target))
      return isPlacedBy(member->getBase());
    if (const auto *unary = dyn_cast<UnaryOperator>(target))
      return unary->getOpcode() == UO_Deref && isIn(unary->getSubExpr());
    if (const auto *call = dyn_cast<CXXOperatorCallExpr>(target))
      return call->getNumArgs() == 2 && isIn(call->getArg(1));
    return false;
  }

  void spread(const Stmt &stmt) {
    if (const auto *declarations = dyn_cast<DeclStmt>(&stmt)) {
      for (const Decl *declaration : declarations->decls())
        if (const auto *variable = dyn_cast<VarDecl>(declaration);
            variable && variable->getInit() && isIn(variable->getInit()))
          holders_.insert(variable);
    } else if (const auto *assign = dyn_cast<BinaryOperator>(&stmt);
               assign && assign->isAssignmentOp() && isIn(assign->getRHS())) {
      const auto *variable =
          dyn_cast_or_null<VarDecl>(namedRoot(assign->getLHS()));
      if (variable != nullptr && !variable->getType()->isPointerType())
        holders_.insert(variable);
    }
  }

  const Stmt &body_;
  const Expr &access_;
  llvm::SmallPtrSet<const ValueDecl *, 8> holders_;
};

void GpuAtomicSlotCheck::judge(const FunctionDecl &function) {
  anyStmt(function.getBody(), [&](const Stmt &stmt) {
    const auto *expression = dyn_cast<Expr>(&stmt);
    const auto access = expression ? atomicAccess(*expression) : std::nullopt;
    if (access && access->op == AtomicAccess::Op::Add &&
        access->element->isIntegerType() &&
        !identityOfTarget(*access->target).thread)
      judgeAccess(function, *expression);
    return false;
  });
}

void GpuAtomicSlotCheck::judgeAccess(const FunctionDecl &function,
                                     const Expr &access) {
  const Expr *store = Slot(function, access).store();
  if (!store || !isNew(access.getBeginLoc()))
    return;
  const NamedDecl *output = namedRoot(store);
  finding(access.getBeginLoc(),
          "the position in %0 is the order in which threads arrive at this "
          "atomic")
      << (output ? "'" + output->getNameAsString() + "'" : "memory")
      << access.getSourceRange();
  step(store->getBeginLoc(), "the result is stored at that position");
  cure(access.getBeginLoc(), "compute positions by a prefix sum over the "
                             "inputs, or sort the output by a unique key");
}

}  // namespace

extern constinit const Rule GpuAtomicSlot =
    sourceRule<GpuAtomicSlotCheck>(kInfo);

}  // namespace reproaudit::gpu
