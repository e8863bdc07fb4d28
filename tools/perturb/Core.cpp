// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Perturb.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace reproaudit::perturb {

thread_local ThreadState self;

long kernelCall(long number, const long (&arguments)[6]) {
#ifdef __x86_64__
  long result = 0;
  register long r10 asm("r10") = arguments[3];
  register long r8 asm("r8") = arguments[4];
  register long r9 asm("r9") = arguments[5];
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(arguments[0]), "S"(arguments[1]),
                 "d"(arguments[2]), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  constexpr long kLastError = -4095;
  if (result >= kLastError && result < 0) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
#else
  return syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                 arguments[4], arguments[5]);
#endif
}

// -- Configuration -----------------------------------------------------------

namespace {

constexpr char kConfigVariable[] = "REPROAUDIT_PERTURB=";
constexpr std::size_t kMaxConfig = 1 << 18;

Config theConfig;
char configText[kMaxConfig];
bool configRead = false;

/// `environ` and not getenv: that one is a hook.
const char *configPath() {
  for (char **entry = environ; entry && *entry; ++entry)
    if (std::strncmp(*entry, kConfigVariable, sizeof kConfigVariable - 1) == 0)
      return *entry + sizeof kConfigVariable - 1;
  return nullptr;
}

/// The audit writes the file just before it starts the run.
bool readFile(const char *path, char *text, std::size_t capacity) {
  const long fd = kernel(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  std::size_t size = 0;
  while (size + 1 < capacity) {
    const long got = kernel(SYS_read, fd, text + size, capacity - 1 - size);
    if (got <= 0)
      break;
    size += static_cast<std::size_t>(got);
  }
  text[size] = 0;
  struct stat written{};
  if (kernel(SYS_fstat, fd, &written) == 0)
    theConfig.start =
        written.st_mtim.tv_sec * 1'000'000'000L + written.st_mtim.tv_nsec;
  kernel(SYS_close, fd);
  return true;
}

void setFactor(const char *key, std::uint64_t value) {
  for (const FactorInfo &factor : kFactors)
    if (factor.name == key)
      theConfig.seed[static_cast<std::size_t>(factor.factor)] = value;
}

/// `trail WHAT` and its operands; false: another word.
bool setTrail(const char *key, const char *value) {
  TrailConfig &trail = theConfig.trail;
  char *end = nullptr;
  const std::uint64_t number = std::strtoull(value, &end, 16);
  if (std::strcmp(key, "trail-blocks") == 0) {
    trail.blocks = true;
  } else if (std::strcmp(key, "trail-contents") == 0) {
    trail.contents = true;
    trail.epoch = number;
  } else if (std::strcmp(key, "trail-watch") == 0) {
    trail.watch = true;
    trail.epoch = number;
  } else if (std::strcmp(key, "trail-print") == 0) {
    trail.print = true;
    trail.printed = number;
  } else if (std::strcmp(key, "trail-cell") == 0) {
    if (trail.cellCount < TrailConfig::kMaxCells)
      trail.cells[trail.cellCount++] = {number,
                                        std::strtoull(end, nullptr, 16)};
  } else {
    return false;
  }
  return trail.any = true;
}

/// One line of the configuration: a word and its value.
void set(const char *key, const char *value) {
  if (setTrail(key, value))
    return;
  if (std::strcmp(key, "log") == 0) {
    std::strncpy(theConfig.log, value, sizeof theConfig.log - 1);
  } else if (std::strcmp(key, "pinned") == 0) {
    theConfig.pinned = true;
  } else if (std::strcmp(key, "realtime") == 0) {
    theConfig.realtime = true;
  } else if (std::strcmp(key, "processors") == 0) {
    theConfig.processors =
        static_cast<unsigned>(std::strtoul(value, nullptr, 10));
  } else if (std::strcmp(key, "site") == 0) {
    if (theConfig.siteCount < Config::kMaxSites)
      theConfig.sites[theConfig.siteCount++] =
          std::strtoull(value, nullptr, 16);
  } else if (std::strcmp(key, "trap") == 0) {
    if (theConfig.trapCount < Config::kMaxTraps)
      theConfig.traps[theConfig.trapCount++] =
          std::strtoull(value, nullptr, 16);
  } else if (std::strcmp(key, "processor-model") == 0) {
    theConfig.processorModel = std::strtoull(value, nullptr, 16);
  } else {
    setFactor(key, std::strtoull(value, nullptr, 10));
  }
}

void readConfig() {
  configRead = true;
  const char *path = configPath();
  if (!path || !readFile(path, configText, sizeof configText))
    return;
  for (char *line = configText; *line;) {
    char *end = std::strchr(line, '\n');
    if (!end)
      break;  // A torn last line.
    *end = 0;
    char *space = std::strchr(line, ' ');
    if (space) {
      *space = 0;
      set(line, space + 1);
    }
    line = end + 1;
  }
  theConfig.active = theConfig.log[0] != 0;
}

}  // namespace

const Config &config() {
  if (__builtin_expect(!configRead, 0)) {
    const Inside inside;
    readConfig();
  }
  return theConfig;
}

// -- Lock --------------------------------------------------------------------

void Lock::lock() {
  int seen = 0;
  if (__atomic_compare_exchange_n(&state_, &seen, 1, false, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED))
    return;
  // 2: taken, and somebody sleeps.
  while (__atomic_exchange_n(&state_, 2, __ATOMIC_ACQUIRE) != 0)
    kernel(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, 2, nullptr, nullptr, 0);
}

void Lock::unlock() {
  if (__atomic_exchange_n(&state_, 0, __ATOMIC_RELEASE) == 2)
    kernel(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

// -- Memory ------------------------------------------------------------------

unsigned char fillByte(Factor factor) {
  // As float and as double these are small, finite and not zero, so that they
  // change a sum instead of turning it into a NaN.
  constexpr unsigned char kBytes[] = {0, 0x3f, 0x41, 0xbe, 0x40};
  return kBytes[seedOf(factor) % sizeof kBytes];
}

__attribute__((noinline)) void fillStack(std::size_t bytes) {
  void *below = __builtin_alloca(bytes);
  std::memset(below, fillByte(Factor::StackFill), bytes);
  asm volatile("" : : "r"(below) : "memory");
}

std::uint64_t fillWord() {
  return fillByte(Factor::StackFill) * 0x0101010101010101ULL;
}

#ifdef __x86_64__
__attribute__((naked)) std::uintptr_t
reproauditCleanStack(std::uintptr_t, std::uint64_t, std::size_t) {
  // Not `rep stos`: its start costs more than the stores.
  asm("mov %rdi, %rax\n\t"
      "test %rdx, %rdx\n\t"
      "jz 2f\n\t"
      "movq %rsi, %xmm0\n\t"
      "punpcklqdq %xmm0, %xmm0\n\t"
      "neg %rdx\n\t"
      "1:\n\t"
      "movups %xmm0, (%rsp,%rdx,8)\n\t"
      "movups %xmm0, 16(%rsp,%rdx,8)\n\t"
      "movups %xmm0, 32(%rsp,%rdx,8)\n\t"
      "movups %xmm0, 48(%rsp,%rdx,8)\n\t"
      "add $8, %rdx\n\t"
      "jnz 1b\n\t"
      "2: ret");
}
#else
std::uintptr_t reproauditCleanStack(std::uintptr_t result, std::uint64_t,
                                    std::size_t) {
  return result;
}
#endif

int memoryFile(const char *data, std::size_t size) {
  const long fd = kernel(SYS_memfd_create, "reproaudit", MFD_CLOEXEC);
  if (fd < 0)
    return -1;
  for (std::size_t done = 0; done < size;) {
    const long wrote = kernel(SYS_write, fd, data + done, size - done);
    if (wrote <= 0)
      break;
    done += static_cast<std::size_t>(wrote);
  }
  kernel(SYS_lseek, fd, 0, SEEK_SET);
  return static_cast<int>(fd);
}

}  // namespace reproaudit::perturb
