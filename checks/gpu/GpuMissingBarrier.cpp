// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Device.h"
#include "reproaudit/analysis/Rule.h"
#include "reproaudit/analysis/SharedMemory.h"

using namespace clang;

namespace reproaudit::gpu {
namespace {

constexpr RuleInfo kInfo = validated({
    .name = "repro-gpu-missing-barrier",
    .family = Family::Gpu,
    .scope = Scope::Run,
    .language = Language::Cuda,
    .summary = "Shared memory accessed by other threads without a barrier",
    .since = "0.1.0",
    .why = R"md(
The threads of a block do not run in step. Between writing shared memory and
reading what another thread wrote, and between reading it and filling it again,
the block must pass a barrier; without one a thread sees old or new values as
the scheduler likes. Such a race often goes unnoticed until another GPU, another
block size or another compiler.)md",
    .bad = R"cpp(
__global__ void reverse(const float *in, float *out) {
  __shared__ float tile[256];
  tile[threadIdx.x] = in[threadIdx.x];
  out[threadIdx.x] = tile[255 - threadIdx.x];
})cpp",
    .good = R"cpp(
__global__ void reverse(const float *in, float *out) {
  __shared__ float tile[256];
  tile[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = tile[255 - threadIdx.x];
})cpp",
    .limits = "One finding for each variable of a kernel. Accesses through "
              "structures, volatile memory, and libraries that are given "
              "shared memory are not followed. Barriers count for the block, "
              "even those of a warp.",
});

class GpuMissingBarrierCheck final : public DeviceCheck {
public:
  GpuMissingBarrierCheck(StringRef name, tidy::ClangTidyContext *context)
      : DeviceCheck(kInfo, name, context) {}

private:
  void judge(const FunctionDecl &function) override;
};

void GpuMissingBarrierCheck::judge(const FunctionDecl &function) {
  for (const MissingBarrier &missing : missingBarriers(function)) {
    // Both kinds are reported where the memory is written.
    const Expr &write = missing.isReuse ? *missing.second : *missing.first;
    const Expr &read = missing.isReuse ? *missing.first : *missing.second;
    const SourceLocation place = write.getBeginLoc();
    if (!isNew(place))
      continue;
    finding(place, missing.isReuse
                       ? "%0 is written while other threads of the block may "
                         "still read it"
                       : "%0 is written and then read by other threads of the "
                         "block, which may come too early")
        << missing.variable << write.getSourceRange();
    step(read.getBeginLoc(), "another thread may be reading here");
    cure(place, "put __syncthreads() between the two, where every thread of "
                "the block passes");
  }
}

}  // namespace

extern constinit const Rule GpuMissingBarrier =
    sourceRule<GpuMissingBarrierCheck>(kInfo);

}  // namespace reproaudit::gpu
