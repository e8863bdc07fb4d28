// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unistd.h>

namespace reproaudit {
namespace {

using Variables = std::map<std::string, std::string>;

void setThreads(Variables &variables, std::uint64_t count) {
  for (const char *variable : {"OMP_NUM_THREADS", "MKL_NUM_THREADS",
                               "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"})
    variables[variable] = std::to_string(count);
  // Waiting threads must not spin where there is one processor for all.
  variables["GOMP_SPINCOUNT"] = "0";
  variables["KMP_BLOCKTIME"] = "0";
}

void setIdentity(Variables &variables, const RunPaths &paths) {
  for (const char *variable : {"USER", "LOGNAME", "USERNAME", "HOSTNAME"})
    variables[variable] = "reproaudit";
  variables["HOME"] = paths.home.string();
  variables["SHELL"] = "/bin/false";
  variables["MAIL"] = "/var/mail/reproaudit";
  variables["TERM"] = "reproaudit";
}

void setDispatch(Variables &variables, std::uint64_t seed) {
  variables["GLIBC_TUNABLES"] =
      "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-FMA,-FMA4";
  variables["OPENBLAS_CORETYPE"] = seed % 2 == 1 ? "Nehalem" : "Sandybridge";
  variables["MKL_ENABLE_INSTRUCTIONS"] = "SSE4_2";
  variables["ONEDNN_MAX_CPU_ISA"] = "SSE41";
}

void setGpu(Variables &variables, std::uint64_t seed) {
  const bool odd = seed % 2 == 1;
  variables["CUBLAS_WORKSPACE_CONFIG"] = odd ? ":16:8" : ":4096:2";
  variables["CUDA_LAUNCH_BLOCKING"] = odd ? "1" : "0";
  variables["CUDA_DEVICE_MAX_CONNECTIONS"] = odd ? "1" : "32";
}

/// Factors that are not named here are the business of the preload library or
/// of the kernel.
void perturb(Variables &variables, Factor factor, std::uint64_t seed,
             const RunPaths &paths, bool everySite) {
  constexpr std::array kThreads = {3, 1, 8, 5};
  switch (factor) {
  case Factor::Threads:
    return setThreads(variables, kThreads[(seed - 1) % kThreads.size()]);
  case Factor::CpuDispatch:
    return setDispatch(variables, seed);
  case Factor::Tz:
    variables["TZ"] = seed % 2 == 1 ? "AAA-13:37" : "BBB+11:23";
    return;
  case Factor::Locale:
    variables["LC_ALL"] = kLocaleName;
    variables["LOCPATH"] = paths.locales.string();
    return;
  case Factor::Env:
    if (everySite)
      setIdentity(variables, paths);
    return;
  case Factor::Gpu:
    return setGpu(variables, seed);
  default:
    return;
  }
}

std::size_t bytesOf(const std::vector<std::string> &block) {
  std::size_t bytes = 0;
  for (const std::string &entry : block)
    bytes += entry.size() + 1;
  return bytes;
}

/// Fills \p block up to \p count variables and \p bytes bytes.
void pad(std::vector<std::string> &block, std::size_t count,
         std::size_t bytes) {
  for (unsigned i = 0; block.size() + 1 < count; ++i)
    block.push_back(fmt::format("REPROAUDIT_PAD{:02}=", i));
  std::string rest = "REPROAUDIT_PAD=";
  if (const std::size_t used = bytesOf(block) + rest.size() + 1; used < bytes)
    rest.append(bytes - used, '.');
  block.push_back(std::move(rest));
}

}  // namespace

std::vector<std::string> environmentOf(const Intervention &intervention,
                                       const Probe &probe,
                                       const std::vector<std::string> &own,
                                       const RunPaths &paths,
                                       const std::string &directory) {
  Variables variables;
  for (const std::string &entry : own)
    if (const std::size_t split = entry.find('='); split != std::string::npos)
      variables.emplace(entry.substr(0, split), entry.substr(split + 1));
  std::string &preload = variables["LD_PRELOAD"];
  preload = paths.library.string() + (preload.empty() ? "" : ":" + preload);
  variables["REPROAUDIT_PERTURB"] = paths.config.string();
  // Lazy binding leaves vector registers, which depend on the processor, where
  // uninitialised variables will be.
  variables["LD_BIND_NOW"] = "1";
  variables["PWD"] = directory;
  variables.erase("OLDPWD");
  if (probe.values)
    variables["REPROAUDIT_TRACE_FILE"] = paths.trace.string();
  if (intervention.pinned)
    setThreads(variables, kPinnedThreads);
  for (const auto &[factor, seed] : intervention.seeds)
    perturb(variables, factor, seed, paths, intervention.sites.empty());

  std::vector<std::string> block;
  for (const auto &[variable, value] : variables)
    block.push_back(fmt::format("{}={}", variable, value));
  pad(block, own.size() + 32, bytesOf(own) + 8192);
  return block;
}

namespace {

std::string textOf(const Probe &probe) {
  std::string text;
  if (probe.blocks)
    text += "trail-blocks 1\n";
  if (probe.contents)
    text += fmt::format("trail-contents {:x}\n", probe.epoch);
  if (probe.watch)
    text += fmt::format("trail-watch {:x}\n", probe.epoch);
  if (probe.printed)
    text += fmt::format("trail-print {:x}\n", *probe.printed);
  for (const Cell &cell : probe.cells)
    text += fmt::format("trail-cell {:x} {:x}\n", cell.block, cell.offset);
  return text;
}

}  // namespace

std::string configurationOf(const Intervention &intervention,
                            const Probe &probe, const RunPaths &paths,
                            const Binary &binary, unsigned processors,
                            bool realtime) {
  std::string text =
      fmt::format("log {}\nprocessors {}\n", paths.log.string(), processors);
  if (intervention.pinned)
    text += "pinned 1\n";
  if (realtime)
    text += "realtime 1\n";
  for (const std::uint64_t offset : binary.draws)
    text += fmt::format("trap {:x}\n", offset);
  if (binary.processorModel != 0)
    text += fmt::format("processor-model {:x}\n", binary.processorModel);
  for (const auto &[factor, seed] : intervention.seeds)
    text += fmt::format("{} {}\n", name(factor), seed);
  for (const std::uint64_t site : intervention.sites)
    text += fmt::format("site {:016x}\n", site);
  return text + textOf(probe);
}

std::vector<std::string> ownEnvironment() {
  std::vector<std::string> entries;
  for (char *const *entry = environ; *entry; ++entry)
    entries.emplace_back(*entry);
  std::ranges::sort(entries);
  return entries;
}

}  // namespace reproaudit
