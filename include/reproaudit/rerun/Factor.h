// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What `rerun` can change about a run. The names are a contract: command line,
/// reports and the preload library use them.
///
/// Layer 3, but standard library only and header-only: the preload library
/// includes it too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reproaudit {

enum class Factor : std::uint8_t {
  Entropy,
  HashOrder,
  SortTies,
  HeapOrder,
  Aslr,
  HeapFill,
  StackFill,
  Threads,
  Nprocs,
  Sched,
  DirOrder,
  CpuDispatch,
  Rounding,
  Tz,
  Locale,
  Cwd,
  Env,
  Gpu,
};

struct FactorInfo {
  Factor factor;
  std::string_view name;     ///< As in `--factors` and in reports.
  std::string_view changes;  ///< What a perturbed run has that others have not.
  std::string_view cure;     ///< What to do in the program, one sentence.
  unsigned seeds;            ///< Settings tried when it is tested alone.
  bool hasSites;             ///< Can be applied to single call sites.
  bool everyRun;             ///< Can change from run to run on one machine.
};

inline constexpr std::array<FactorInfo, 18> kFactors{{
    {Factor::Entropy, "entropy",
     "clocks, file times, random devices, process ids and host name",
     "derive the value from a seed or an input that the run records", 3, true,
     true},
    {Factor::HashOrder, "hash-order", "iteration order of unordered containers",
     "iterate in sorted order or use an ordered container", 4, true, false},
    {Factor::SortTies, "sort-ties", "order of elements that compare equal",
     "break ties by a unique key", 3, true, false},
    {Factor::HeapOrder, "heap-order", "order of the addresses of heap objects",
     "order by a stable id instead of the address", 3, true, false},
    {Factor::Aslr, "aslr", "base addresses of stack, heap and libraries",
     "keep addresses out of results, seeds and hashes", 3, false, true},
    {Factor::HeapFill, "heap-fill", "content of fresh heap memory",
     "initialise the memory before it is read", 2, true, true},
    {Factor::StackFill, "stack-fill", "content of fresh stack memory",
     "initialise the variable before it is read", 2, false, true},
    {Factor::Threads, "threads", "size of the OpenMP and BLAS thread pools",
     "make the result independent of the partition, or fix the thread count", 3,
     false, false},
    {Factor::Nprocs, "nprocs", "number of processors that the program sees",
     "take the number of workers from the configuration", 3, true, false},
    {Factor::Sched, "sched", "order in which threads run",
     "combine results in a fixed order, not in order of arrival", 12, false,
     true},
    {Factor::DirOrder, "dir-order",
     "order of directory entries and inode numbers",
     "sort the entries before use", 3, true, false},
    {Factor::CpuDispatch, "cpu-dispatch",
     "instruction sets that libm and BLAS choose from",
     "fix the code path or compare with a tolerance", 2, false, false},
    {Factor::Rounding, "rounding", "treatment of subnormal numbers",
     "set the floating-point environment at start", 1, false, false},
    {Factor::Tz, "tz", "time zone", "use UTC", 2, false, false},
    {Factor::Locale, "locale", "locale of the environment",
     "use the classic locale for data", 1, false, false},
    {Factor::Cwd, "cwd", "path of the working directory",
     "keep absolute paths out of results", 1, false, false},
    {Factor::Env, "env", "user, home and variables that the program asks for",
     "keep the user's environment out of results", 1, true, false},
    {Factor::Gpu, "gpu", "settings of CUDA libraries",
     "use deterministic kernels and a fixed workspace", 2, false, true},
}};

constexpr const FactorInfo &info(Factor factor) {
  return kFactors[static_cast<std::size_t>(factor)];
}

constexpr std::string_view name(Factor factor) { return info(factor).name; }

constexpr bool factorsAreInOrder() {
  for (std::size_t i = 0; i < kFactors.size(); ++i)
    if (kFactors[i].factor != static_cast<Factor>(i))
      return false;
  return true;
}
static_assert(factorsAreInOrder());

}  // namespace reproaudit
