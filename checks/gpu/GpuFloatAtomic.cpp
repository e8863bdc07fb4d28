// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Device.h"
#include "reproaudit/analysis/Objects.h"
#include "reproaudit/analysis/Rule.h"

using namespace clang;

namespace reproaudit::gpu {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-gpu-float-atomic",
    .family = Family::Gpu,
    .scope = Scope::Run,
    .language = Language::Cuda,
    .summary = "Floating-point accumulation by GPU atomics",
    .since = "0.1.0",
    .why = R"md(
Threads of a GPU reach an atomic in an order that changes from launch to launch.
Floating-point addition is not associative, so the sum differs in its last bits,
and a training run diverges from there. This is the most reported cause of
results that do not repeat on GPUs.)md",
    .bad = R"cpp(
__global__ void sum(const float *values, float *total, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    atomicAdd(total, values[i]);
})cpp",
    .good = R"cpp(
__global__ void countPositive(const float *values, int *positive, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count && values[i] > 0)
    atomicAdd(positive, 1);
})cpp",
    .limits = "Integer atomics are exact. An address that contains the whole "
              "index of the thread has one writer, values that are rounded in "
              "advance add exactly, and neither is reported. Whether the grid "
              "has one block is not known.",
});

class GpuFloatAtomicCheck final : public DeviceCheck {
public:
  GpuFloatAtomicCheck(StringRef name, tidy::ClangTidyContext *context)
      : DeviceCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function) override;
  void onEndOfTranslationUnit() override;
  void report(const DeviceSum &sum);

  /// Sums in templates: an instantiation may yet tell the type.
  std::vector<DeviceSum> waiting_;
  llvm::DenseSet<SourceLocation> judged_;
};

void GpuFloatAtomicCheck::judge(const FunctionDecl &function) {
  if (function.isTemplateInstantiation())
    judged_.insert(function.getLocation());
  for (const DeviceSum &sum : deviceSums(function)) {
    if (!sum.element->isDependentType())
      report(sum);
    else if (!judged_.contains(function.getLocation()))
      waiting_.push_back(sum);
  }
}

void GpuFloatAtomicCheck::report(const DeviceSum &sum) {
  const SourceLocation place = sum.place->getBeginLoc();
  if (!isNew(place))
    return;
  const NamedDecl *target = namedRoot(sum.target);
  const std::string name =
      target ? "'" + target->getNameAsString() + "'" : "memory";
  if (sum.element->isDependentType())
    noteworthy(place, "%0 takes additions in the order in which threads "
                      "arrive; that is visible if its type is floating-point")
        << name << sum.place->getSourceRange();
  else
    finding(place, "%0 takes floating-point additions in the order in which "
                   "threads arrive")
        << name << sum.place->getSourceRange();
  if (sum.wrapper)
    step(sum.wrapper->getLocation(), "this function adds atomically");
  cure(place, "reduce in a fixed order (one partial sum per block, combined by "
              "block index; or sort by key and reduce each segment), or "
              "accumulate in integers of a fixed scale");
}

void GpuFloatAtomicCheck::onEndOfTranslationUnit() {
  for (const DeviceSum &sum : waiting_)
    report(sum);
  waiting_.clear();
  judged_.clear();
}

}  // namespace

extern constinit const Rule GpuFloatAtomic =
    sourceRule<GpuFloatAtomicCheck>(kInfo);

}  // namespace reproaudit::gpu
