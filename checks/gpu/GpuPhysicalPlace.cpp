// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Accumulation.h"
#include "reproaudit/analysis/Atomics.h"
#include "reproaudit/analysis/Device.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/Types.h"
#include "reproaudit/analysis/ValueFlow.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/StmtCXX.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace reproaudit::gpu {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-gpu-physical-place",
    .family = Family::Gpu,
    .scope = Scope::Run,
    .language = Language::Cuda,
    .summary = "Where the GPU runs a thread decides data",
    .since = "0.1.0",
    .why = R"md(
Which multiprocessor runs a block (`%smid`), which slot a warp has (`%warpid`)
and which threads of a warp happen to be together (`__activemask()`) change from
launch to launch. What is stored at such a place, or computed from it, changes
with them.)md",
    .bad = R"cpp(
__global__ void sums(const float *values, float *perUnit) {
  unsigned unit;
  asm volatile("mov.u32 %0, %%smid;" : "=r"(unit));
  perUnit[unit] = values[blockIdx.x];
})cpp",
    .good = R"cpp(
__global__ void sums(const float *values, float *perBlock) {
  perBlock[blockIdx.x] = values[blockIdx.x];
})cpp",
    .limits = "Values that are only compared, printed or passed on as the mask "
              "of a warp operation are not reported.",
});

class GpuPhysicalPlaceCheck final : public DeviceCheck {
public:
  GpuPhysicalPlaceCheck(StringRef name, tidy::ClangTidyContext *context)
      : DeviceCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function) override;
  void report(SourceLocation at, StringRef source,
              const llvm::SmallVectorImpl<Arrival> &arrivals);

  ASTContext *context_ = nullptr;
};

/// The special register that \p assembly reads, as people say it.
StringRef registerIn(StringRef assembly) {
  if (assembly.contains("smid"))
    return "the number of the multiprocessor";
  if (assembly.contains("warpid"))
    return "the slot of the warp";
  if (assembly.contains("activemask"))
    return "the set of threads that run together";
  return {};
}

StringRef valueOf(const CallExpr &call) {
  return llvm::StringSwitch<StringRef>(calledName(call))
      .Cases({"get_sreg_smid", "__nv_ptx_builtin_ptx_read_smid", "__smid",
              "__nvvm_read_ptx_sreg_smid"},
             "the number of the multiprocessor")
      .Cases({"get_sreg_warpid", "__nvvm_read_ptx_sreg_warpid"},
             "the slot of the warp")
      .Case("__activemask", "the set of threads that run together")
      .Default({});
}

/// True if \p expression is a position in an array: what is there moves.
bool isStoredAt(const VarDecl &variable, const FunctionDecl &function) {
  return anyStmt(function.getBody(), [&](const Stmt &stmt) {
    const auto *assign = dyn_cast<BinaryOperator>(&stmt);
    if (!assign || !assign->isAssignmentOp())
      return false;
    const auto *element =
        dyn_cast<ArraySubscriptExpr>(assign->getLHS()->IgnoreParens());
    return element && anyStmt(element->getRHS(), [&](const Stmt &inner) {
             const auto *reference = dyn_cast<DeclRefExpr>(&inner);
             return reference && reference->getDecl() == &variable;
           });
  });
}

/// Masks of warp operations, and sums of integers, which are exact.
bool isHarmless(const Expr &expression) {
  const auto *call = dyn_cast<CallExpr>(&expression);
  const auto access = atomicAccess(expression);
  return ((call != nullptr) && calledName(*call).ends_with("_sync")) ||
         (access && access->op == AtomicAccess::Op::Add &&
          access->element->isIntegerType());
}

void GpuPhysicalPlaceCheck::judge(const FunctionDecl &function) {
  context_ = &function.getASTContext();
  anyStmt(function.getBody(), [&](const Stmt &stmt) {
    if (const auto *assembly = dyn_cast<GCCAsmStmt>(&stmt)) {
      const std::string text = assembly->getAsmString();
      const StringRef source = registerIn(text);
      const VarDecl *variable =
          !source.empty() && assembly->getNumOutputs() == 1
              ? namedVariable(bare(assembly->getOutputExpr(0)))
              : nullptr;
      if (variable && variable->hasLocalStorage()) {
        auto arrivals = arrivalsOf(*variable, *context_, isHarmless);
        if (isStoredAt(*variable, function))
          arrivals.push_back(
              {{Destination::Kind::Stored, assembly, variable}, {}});
        report(assembly->getBeginLoc(), source, arrivals);
      }
    } else if (const auto *call = dyn_cast<CallExpr>(&stmt);
               call && !valueOf(*call).empty()) {
      report(call->getBeginLoc(), valueOf(*call),
             arrivalsOf(*call, *context_, isHarmless));
    }
    return false;
  });
}

void GpuPhysicalPlaceCheck::report(
    SourceLocation at, StringRef source,
    const llvm::SmallVectorImpl<Arrival> &arrivals) {
  const auto kept = llvm::find_if(arrivals, [](const Arrival &arrival) {
    return arrival.destination.kind == Destination::Kind::Stored ||
           arrival.destination.kind == Destination::Kind::Seeded;
  });
  if (kept == arrivals.end() || !isNew(at))
    return;
  finding(at, "%0 changes from launch to launch and reaches data") << source;
  if (kept->destination.at)
    step(kept->destination.at->getBeginLoc(), "it decides what is stored here");
  cure(at, "use blockIdx and threadIdx, or a mask that the algorithm fixes");
}

}  // namespace

extern constinit const Rule GpuPhysicalPlace =
    sourceRule<GpuPhysicalPlaceCheck>(kInfo);

}  // namespace reproaudit::gpu
