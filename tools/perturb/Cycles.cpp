// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The cycle counter. `rdtsc` is an instruction, so there is no function to
/// replace; but the kernel can be asked to let it fault, and the fault handler
/// answers. Only for programs whose code contains it.
#include "Perturb.h"

#ifdef __x86_64__

#include <csignal>
#include <cstdio>
#include <link.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/ucontext.h>

namespace reproaudit::perturb {
namespace {

bool trapping = false;
struct sigaction programHandler;  ///< What the program wants for SIGSEGV.

void trap(bool on) {
  if (trapping)
    prctl(PR_SET_TSC, on ? PR_TSC_SIGSEGV : PR_TSC_ENABLE);
}

/// The length of the instruction at \p code if it reads the counter, else 0.
int lengthOfRead(const unsigned char *code) {
  if (code[0] != 0x0f)
    return 0;
  if (code[1] == 0x31)
    return 2;
  return code[1] == 0x01 && code[2] == 0xf9 ? 3 : 0;
}

std::uint64_t readCounter() {
  ++self.busy;
  const Site site = callSite(Factor::Entropy, "rdtsc");
  self.clock += 1000;
  auto value = static_cast<std::uint64_t>(3 * self.clock) + 1'000'000'000;
  if (perturbs(Factor::Entropy, site))
    value += 1 + mix(seedOf(Factor::Entropy)) % 2900;
  --self.busy;
  return value;
}

void pass(int signal, siginfo_t *details, void *context) {
  if ((programHandler.sa_flags & SA_SIGINFO) && programHandler.sa_sigaction)
    return programHandler.sa_sigaction(signal, details, context);
  if (programHandler.sa_handler != SIG_DFL &&
      programHandler.sa_handler != SIG_IGN)
    return programHandler.sa_handler(signal);
  std::signal(SIGSEGV, SIG_DFL);  // It will fault again, and end.
}

void onFault(int signal, siginfo_t *details, void *raw) {
  auto &registers = static_cast<ucontext_t *>(raw)->uc_mcontext.gregs;
  const auto *code =
      reinterpret_cast<const unsigned char *>(registers[REG_RIP]);
  const bool isJump = details->si_code != SI_KERNEL;  // No page fault.
  const int length = isJump ? 0 : lengthOfRead(code);
  if (length == 0)
    return pass(signal, details, raw);
  const std::uint64_t value = readCounter();
  registers[REG_RAX] = static_cast<greg_t>(value & 0xffffffff);
  registers[REG_RDX] = static_cast<greg_t>(value >> 32);
  if (length == 3)
    registers[REG_RCX] = 0;
  registers[REG_RIP] += length;
}

int findReads(dl_phdr_info *module, std::size_t, void *found) {
  if (*module->dlpi_name)
    return 0;  // Only the program itself.
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const auto &segment = module->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
      continue;
    const auto *code = reinterpret_cast<const unsigned char *>(
        module->dlpi_addr + segment.p_vaddr);
    for (std::size_t k = 0; k + 3 <= segment.p_filesz; ++k)
      if (lengthOfRead(code + k) != 0)
        *static_cast<bool *>(found) = true;
  }
  return 1;
}

__attribute__((constructor)) void start();

}  // namespace

HOOK(int, sigaction, int signal, const struct sigaction *wanted,
     struct sigaction *old) {
  if (signal != SIGSEGV || !trapping)
    return REAL(sigaction)(signal, wanted, old);
  if (old)
    *old = programHandler;
  if (wanted)
    programHandler = *wanted;
  return 0;
}

namespace {

void start() {
  if (!config().active || !config().pinned)
    return;
  const Inside inside;
  bool found = false;
  dl_iterate_phdr(findReads, &found);
  if (!found)
    return;
  struct sigaction handler{};
  handler.sa_sigaction = onFault;
  handler.sa_flags = SA_SIGINFO | SA_NODEFER;
  REAL(sigaction)(SIGSEGV, &handler, &programHandler);
  trapping = true;
  trap(true);
}

}  // namespace

// The setting survives exec, where nobody would answer the faults of ld.so.

HOOK(pid_t, fork, void) {
  const pid_t child = REAL(fork)();
  if (child == 0)
    trap(false);
  return child;
}

HOOK(int, execve, const char *path, char *const *arguments,
     char *const *environment) {
  trap(false);
  const int status = REAL(execve)(path, arguments, environment);
  trap(true);
  return status;
}

HOOK(int, execv, const char *path, char *const *arguments) {
  trap(false);
  const int status = REAL(execv)(path, arguments);
  trap(true);
  return status;
}

HOOK(int, execvp, const char *file, char *const *arguments) {
  trap(false);
  const int status = REAL(execvp)(file, arguments);
  trap(true);
  return status;
}

#define HOOK_SPAWN(name)                                                       \
  HOOK(int, name, pid_t *child, const char *path,                              \
       const posix_spawn_file_actions_t *actions,                              \
       const posix_spawnattr_t *attributes, char *const *arguments,            \
       char *const *environment) {                                             \
    trap(false);                                                               \
    const int status =                                                         \
        REAL(name)(child, path, actions, attributes, arguments, environment);  \
    trap(true);                                                                \
    return status;                                                             \
  }
HOOK_SPAWN(posix_spawn)
HOOK_SPAWN(posix_spawnp)

HOOK(int, system, const char *command) {
  trap(false);
  const int status = REAL(system)(command);
  trap(true);
  return status;
}

HOOK(FILE *, popen, const char *command, const char *mode) {
  trap(false);
  FILE *stream = REAL(popen)(command, mode);
  trap(true);
  return stream;
}

}  // namespace reproaudit::perturb

#endif
