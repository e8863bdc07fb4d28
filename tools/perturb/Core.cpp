// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Perturb.h"

#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

namespace reproaudit::perturb {

thread_local ThreadState self;

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

bool readFile(const char *path, char *text, std::size_t capacity) {
  const long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  std::size_t size = 0;
  while (size + 1 < capacity) {
    const long got = syscall(SYS_read, fd, text + size, capacity - 1 - size);
    if (got <= 0)
      break;
    size += static_cast<std::size_t>(got);
  }
  text[size] = 0;
  syscall(SYS_close, fd);
  return true;
}

void setFactor(const char *key, std::uint64_t value) {
  for (const FactorInfo &factor : kFactors)
    if (factor.name == key)
      theConfig.seed[static_cast<std::size_t>(factor.factor)] = value;
}

/// One line of the configuration: a word and its value.
void set(const char *key, const char *value) {
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
    syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, 2, nullptr, nullptr, 0);
}

void Lock::unlock() {
  if (__atomic_exchange_n(&state_, 0, __ATOMIC_RELEASE) == 2)
    syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
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

int memoryFile(const char *data, std::size_t size) {
  const long fd = syscall(SYS_memfd_create, "reproaudit", MFD_CLOEXEC);
  if (fd < 0)
    return -1;
  for (std::size_t done = 0; done < size;) {
    const long wrote = syscall(SYS_write, fd, data + done, size - done);
    if (wrote <= 0)
      break;
    done += static_cast<std::size_t>(wrote);
  }
  syscall(SYS_lseek, fd, 0, SEEK_SET);
  return static_cast<int>(fd);
}

}  // namespace reproaudit::perturb
