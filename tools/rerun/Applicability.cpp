// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Applicability.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

namespace reproaudit {
namespace {

/// What a program that does not acknowledge the factor lacks; null: the factor
/// works without the preload library.
const char *lacks(Factor factor) {
  switch (factor) {
  case Factor::Entropy:
    return "the program asks no clock, random device or process id";
  case Factor::HashOrder:
    return "no unordered container of libstdc++.so or libc++.so is used";
  case Factor::SortTies:
    return "qsort is not called, and std::sort is compiled into the program";
  case Factor::HeapOrder:
  case Factor::HeapFill:
    return "the program does not use malloc of the C library";
  case Factor::StackFill:
  case Factor::Rounding:
    return "the start of main is not in reach";
  case Factor::Threads:
    return "no OpenMP or BLAS library is loaded";
  case Factor::Nprocs:
    return "the program does not ask for the number of processors";
  case Factor::Sched:
    return "the program starts no threads or processes";
  case Factor::DirOrder:
    return "no directory is listed and no inode number asked for";
  case Factor::CpuDispatch:
    return "no library is loaded that chooses code by processor";
  case Factor::Env:
    return "no environment variable is read";
  default:
    return nullptr;
  }
}

}  // namespace

std::string obstacle(Factor factor, const Observation &reference,
                     const Capabilities &capabilities) {
  if (factor == Factor::Gpu && !std::filesystem::exists("/dev/nvidiactl"))
    return "there is no GPU on this machine";
  if (factor == Factor::Aslr && !capabilities.fixedAddresses)
    return "address randomisation cannot be switched off here";
  if (factor == Factor::Locale && !capabilities.locale)
    return "no other locale is installed and localedef cannot compile one";
  const char *lack = lacks(factor);
  if (!lack || reference.acknowledged.contains(factor))
    return "";
  if (!reference.loaded)
    return "the preload library was not loaded: the program is linked "
           "statically, privileged or not a glibc program";
  return lack;
}

std::vector<std::string> limitations(const Capabilities &capabilities) {
  std::vector<std::string> notes;
  if (!capabilities.mounts)
    notes.emplace_back("no private mounts: the program runs in a copy of the "
                       "work directory, and what it writes elsewhere stays");
  else if (!capabilities.processes)
    notes.emplace_back("no private process ids: a process that the program "
                       "leaves behind may outlive its run for a moment, and "
                       "their number is not limited");
  if (capabilities.mounts && !capabilities.uncovered.empty())
    notes.push_back(fmt::format("what the program writes below {} stays and is "
                                "not compared: no overlay is possible there",
                                fmt::join(capabilities.uncovered, ", ")));
  if (!capabilities.fixedAddresses)
    notes.emplace_back("address randomisation stays on in pinned runs");
  if (!capabilities.realtime)
    notes.emplace_back("no real-time scheduling: threads are confined to one "
                       "processor, which fixes their order only mostly");
  return notes;
}

}  // namespace reproaudit
