// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Instructions that draw randomness, in programs whose code contains them.
/// There is no function to replace. The kernel can be asked to let `rdtsc`
/// fault, and the fault handler answers; `rdrand` and `rdseed` are overwritten
/// with a breakpoint at the places where the audit found them.
#include "Perturb.h"

#ifdef __x86_64__

#include <csignal>
#include <cstdio>
#include <link.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/ucontext.h>

namespace reproaudit::perturb {
namespace {

bool trapping = false;
struct sigaction programHandler;  ///< What the program wants for SIGSEGV.

}  // namespace

void trapCycles(bool on) {
  if (trapping)
    prctl(PR_SET_TSC, on ? PR_TSC_SIGSEGV : PR_TSC_ENABLE);
}

namespace {

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
  if ((programHandler.sa_flags & SA_SIGINFO) != 0 &&
      programHandler.sa_sigaction)
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

struct Program {
  std::uintptr_t base = 0;
  bool readsCounter = false;
};

int lookAtProgram(dl_phdr_info *module, std::size_t, void *found) {
  if ((*module->dlpi_name) != 0)
    return 0;  // Only the program itself.
  auto &program = *static_cast<Program *>(found);
  program.base = module->dlpi_addr;
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const auto &segment = module->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0)
      continue;
    const auto *code = reinterpret_cast<const unsigned char *>(
        module->dlpi_addr + segment.p_vaddr);
    for (std::size_t k = 0; k + 3 <= segment.p_filesz; ++k)
      if (lengthOfRead(code + k) != 0)
        program.readsCounter = true;
  }
  return 1;
}

// -- rdrand and rdseed -------------------------------------------------------

/// An instruction that a breakpoint stands for.
struct Draw {
  unsigned length = 0;  ///< 0: not one of them.
  unsigned width = 0;   ///< Bytes drawn.
  int target = 0;       ///< Number of the register.
};

Draw decode(const unsigned char *code) {
  Draw draw;
  draw.width = 4;
  const unsigned char *at = code;
  if (*at == 0x66)
    draw.width = 2, ++at;
  if ((*at & 0xf0) == 0x40) {
    if ((*at & 8) != 0)
      draw.width = 8;
    draw.target = (*at & 1) << 3;
    ++at;
  }
  if (at[0] != 0x0f || at[1] != 0xc7 || at[2] < 0xf0)
    return {};
  draw.target |= at[2] & 7;
  draw.length = static_cast<unsigned>(at + 3 - code);
  return draw;
}

/// The bytes that breakpoints have replaced, by position in Config::traps.
struct Patch {
  unsigned char *at;
  Draw draw;
};
constinit Patch patches[Config::kMaxTraps] = {};
unsigned patchCount = 0;

/// Registers as instructions number them.
constexpr int kRegisters[] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

void onBreakpoint(int signal, siginfo_t *, void *raw) {
  auto &registers = static_cast<ucontext_t *>(raw)->uc_mcontext.gregs;
  auto *at = reinterpret_cast<unsigned char *>(registers[REG_RIP] - 1);
  for (unsigned i = 0; i < patchCount; ++i) {
    const auto &[place, instruction] = patches[i];
    if (place != at)
      continue;
    std::uint64_t word = 0;
    if (!draw("rdrand", &word, sizeof word))
      word = mix(static_cast<std::uint64_t>(registers[REG_RSP]));
    greg_t &target = registers[kRegisters[instruction.target]];
    if (instruction.width == 2)
      target = static_cast<greg_t>(
          (static_cast<std::uint64_t>(target) & ~std::uint64_t{0xffff}) |
          (word & 0xffff));
    else
      target = static_cast<greg_t>(instruction.width == 8 ? word
                                                          : word & 0xffffffff);
    constexpr greg_t kCarry = 1, kFlags = 0x8d5;  // The others are cleared.
    registers[REG_EFL] = (registers[REG_EFL] & ~kFlags) | kCarry;
    registers[REG_RIP] += instruction.length - 1;
    return;
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

void placeBreakpoints(std::uintptr_t base) {
  constexpr std::uintptr_t kPage = 4096;
  for (unsigned i = 0; i < config().trapCount; ++i) {
    auto *at = reinterpret_cast<unsigned char *>(base + config().traps[i]);
    const Draw draw = decode(at);
    const auto page = reinterpret_cast<std::uintptr_t>(at) & ~(kPage - 1);
    if (draw.length == 0 || mprotect(reinterpret_cast<void *>(page), 2 * kPage,
                                     PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
      continue;
    patches[patchCount++] = {at, draw};
    *at = 0xcc;
    mprotect(reinterpret_cast<void *>(page), 2 * kPage, PROT_READ | PROT_EXEC);
  }
  if (patchCount == 0)
    return;
  struct sigaction handler{};
  handler.sa_sigaction = onBreakpoint;
  handler.sa_flags = SA_SIGINFO | SA_NODEFER;
  next<int(int, const struct sigaction *, struct sigaction *)>("sigaction")(
      SIGTRAP, &handler, nullptr);
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
  Program program;
  dl_iterate_phdr(lookAtProgram, &program);
  placeBreakpoints(program.base);
  if (!program.readsCounter)
    return;
  struct sigaction handler{};
  handler.sa_sigaction = onFault;
  handler.sa_flags = SA_SIGINFO | SA_NODEFER;
  REAL(sigaction)(SIGSEGV, &handler, &programHandler);
  trapping = true;
  trapCycles(true);
}

}  // namespace

// The setting survives exec, where nobody would answer the faults of ld.so.

HOOK(int, execve, const char *path, char *const *arguments,
     char *const *environment) {
  trapCycles(false);
  const int status = REAL(execve)(path, arguments, environment);
  trapCycles(true);
  return status;
}

HOOK(int, execv, const char *path, char *const *arguments) {
  trapCycles(false);
  const int status = REAL(execv)(path, arguments);
  trapCycles(true);
  return status;
}

HOOK(int, execvp, const char *file, char *const *arguments) {
  trapCycles(false);
  const int status = REAL(execvp)(file, arguments);
  trapCycles(true);
  return status;
}

#define HOOK_SPAWN(name)                                                       \
  HOOK(int, name, pid_t *child, const char *path,                              \
       const posix_spawn_file_actions_t *actions,                              \
       const posix_spawnattr_t *attributes, char *const *arguments,            \
       char *const *environment) {                                             \
    trapCycles(false);                                                         \
    const int status =                                                         \
        REAL(name)(child, path, actions, attributes, arguments, environment);  \
    trapCycles(true);                                                          \
    return status;                                                             \
  }
HOOK_SPAWN(posix_spawn)
HOOK_SPAWN(posix_spawnp)

HOOK(int, system, const char *command) {
  trapCycles(false);
  const int status = REAL(system)(command);
  trapCycles(true);
  return status;
}

HOOK(FILE *, popen, const char *command, const char *mode) {
  trapCycles(false);
  FILE *stream = REAL(popen)(command, mode);
  trapCycles(true);
  return stream;
}

}  // namespace reproaudit::perturb

#else

namespace reproaudit::perturb {
void trapCycles(bool) {}
}  // namespace reproaudit::perturb

#endif
