// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// How the machine is doing: uptime, load, free memory. Pinned runs see what
/// the first of them saw, which is kept beside the log.
#include "Perturb.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

namespace reproaudit::perturb {
namespace {

// -- Files of /proc ----------------------------------------------------------

constexpr std::size_t kMaxText = 1 << 16;

constexpr const char *kStateFiles[] = {"/proc/uptime",
                                       "/proc/loadavg",
                                       "/proc/stat",
                                       "/proc/meminfo",
                                       "/proc/vmstat",
                                       "/proc/interrupts",
                                       "/proc/diskstats",
                                       "/proc/net/dev",
                                       "/proc/self/stat",
                                       "/proc/self/statm",
                                       "/proc/self/status",
                                       "/proc/self/io",
                                       "/proc/self/sched",
                                       "/proc/self/schedstat",
                                       "/proc/sys/kernel/random/boot_id",
                                       "/proc/sys/kernel/random/entropy_avail"};

constexpr const char *kUuidFile = "/proc/sys/kernel/random/uuid";

bool isStateFile(const char *path) {
  for (const char *known : kStateFiles)
    if (std::strcmp(path, known) == 0)
      return true;
  return false;
}

std::size_t readAll(const char *path, char *text, std::size_t capacity) {
  const long file = kernel(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0)
    return 0;
  std::size_t size = 0;
  for (long got = 1; got > 0 && size < capacity;) {
    got = kernel(SYS_read, file, text + size, capacity - size);
    size += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  kernel(SYS_close, file);
  return size;
}

/// Where the first run keeps what it saw at \p path.
void snapshotPath(const char *path, char (&result)[320]) {
  std::snprintf(result, sizeof result, "%s", config().log);
  if (char *slash = std::strrchr(result, '/'))
    std::snprintf(slash, sizeof result - (slash - result), "/state-%s",
                  path + 1);
  for (char *c = result + std::strlen(config().log) - 3; *c != 0; ++c)
    if (*c == '/' && std::strncmp(c, "/state-", 7) != 0)
      *c = '-';
}

std::size_t pinnedText(const char *path, char *text) {
  char snapshot[320];
  snapshotPath(path, snapshot);
  if (const std::size_t size = readAll(snapshot, text, kMaxText))
    return size;
  const std::size_t size = readAll(path, text, kMaxText);
  const long file = kernel(SYS_openat, AT_FDCWD, snapshot,
                           O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file >= 0) {
    kernel(SYS_write, file, text, size);
    kernel(SYS_close, file);
  }
  return size;
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Changes every number but its first digit; what is called "Total" does not
/// change on one machine.
void changeNumbers(char *text, std::size_t size) {
  std::uint64_t random = mix(seedOf(Factor::Entropy) + 77);
  bool steady = false;
  for (std::size_t i = 0; i < size; ++i) {
    if (i == 0 || text[i - 1] == '\n') {
      const auto *end =
          static_cast<const char *>(std::memchr(text + i, '\n', size - i));
      const std::size_t length = end ? end - (text + i) : size - i;
      steady = memmem(text + i, length, "Total", 5) != nullptr;
    }
    if (!steady && i > 0 && isDigit(text[i]) && isDigit(text[i - 1])) {
      random = mix(random + i);
      text[i] = static_cast<char>('0' + random % 10);
    }
  }
}

int stateFile(const char *path) {
  const Site site = callSite(Factor::Entropy, "open", path);
  if (!config().pinned)
    return -1;
  static char text[kMaxText];
  static Lock lock;
  const Locked locked(lock);
  const std::size_t size = pinnedText(path, text);
  if (perturbs(Factor::Entropy, site))
    changeNumbers(text, size);
  return size > 0 ? memoryFile(text, size) : -1;
}

/// A new one for every reader.
int uuidFile() {
  unsigned char bytes[16];
  --self.busy;  // The question is the program's.
  const bool drawn = draw("uuid", bytes, sizeof bytes);
  ++self.busy;
  if (!drawn)
    return -1;
  char text[40];
  int size = 0;
  for (int i = 0; i < 16; ++i)
    size += std::snprintf(text + size, sizeof text - size, "%s%02x",
                          i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                          i == 6   ? 0x40 | (bytes[i] & 15)
                          : i == 8 ? 0x80 | (bytes[i] & 63)
                                   : bytes[i]);
  text[size++] = '\n';
  return memoryFile(text, static_cast<std::size_t>(size));
}

}  // namespace

int machineStateFile(const char *path) {
  if (std::strcmp(path, kUuidFile) == 0)
    return uuidFile();
  return isStateFile(path) ? stateFile(path) : -1;
}

// -- Functions ---------------------------------------------------------------

namespace {

/// A number below \p limit: 0 as pinned, any when perturbed. False: natural.
bool deviation(const char *kind, std::uint64_t limit, std::uint64_t &result) {
  if (!enabled())
    return false;
  const Inside inside;
  const Site site = callSite(Factor::Entropy, kind);
  if (!config().pinned)
    return false;
  result = perturbs(Factor::Entropy, site)
               ? 1 + mix(seedOf(Factor::Entropy) + 99) % (limit - 1)
               : 0;
  return true;
}

}  // namespace

HOOK(int, sysinfo, struct sysinfo *result) {
  const int status = REAL(sysinfo)(result);
  std::uint64_t off = 0;
  if (status != 0 || !deviation("sysinfo", 1000, off))
    return status;
  result->uptime = 1000 + static_cast<long>(off);
  for (unsigned long &load : result->loads)
    load = 32768 + off;
  result->freeram = result->totalram / 2 - off * 4096;
  result->bufferram = result->totalram / 16;
  result->sharedram = 0;
  result->freeswap = result->totalswap;
  result->procs = static_cast<unsigned short>(100 + off % 100);
  return status;
}

HOOK(int, getloadavg, double *loads, int count) {
  std::uint64_t off = 0;
  if (!deviation("getloadavg", 100, off))
    return REAL(getloadavg)(loads, count);
  for (int i = 0; i < count && i < 3; ++i)
    loads[i] = 0.5 + static_cast<double>(off) / 100;
  return count < 3 ? count : 3;
}

long freePages(long real) {
  std::uint64_t off = 0;
  return deviation("sysconf", 10000, off) ? 200'000 + static_cast<long>(off)
                                          : real;
}

}  // namespace reproaudit::perturb
