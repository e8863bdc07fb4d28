// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What files tell about themselves besides their content: the times at which
/// they were written, and the numbers that the file system gave them.
#include "Perturb.h"

#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace reproaudit::perturb {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kPinnedTime = 1'700'000'000 * kSecond;

// -- Inode numbers -----------------------------------------------------------

/// Which number a file got at first sight; never forgotten, because programs
/// tell files apart by them.
struct Known {
  std::uint64_t key;  ///< 0: free.
  std::uint64_t number;
};
constexpr std::size_t kKnown = 1 << 14;
Known known[kKnown];
std::uint64_t newFiles = 0;
Lock knownLock;

constexpr std::uint64_t kFirstNew = std::uint64_t{1} << 40;

std::uint64_t pinnedInode(std::uint64_t device, std::uint64_t real,
                          bool isNew) {
  const std::uint64_t key = mix(mix(device) ^ real) | 1;
  const Locked locked(knownLock);
  for (std::size_t i = key % kKnown, n = 0; n < kKnown / 2;
       ++n, i = (i + 1) % kKnown) {
    if (known[i].key == 0)
      known[i] = {key, isNew ? kFirstNew + newFiles++ : real};
    if (known[i].key == key)
      return known[i].number;
  }
  return real;
}

std::uint64_t shownInode(std::uint64_t device, std::uint64_t real, bool isNew) {
  const std::uint64_t pinned = pinnedInode(device, real, isNew);
  acknowledge(Factor::DirOrder);
  if (seedOf(Factor::DirOrder) == 0 ||
      !perturbs(Factor::DirOrder, callSite(Factor::DirOrder, "inode")))
    return pinned;
  // A bijection: files stay different.
  return mix(pinned ^ mix(seedOf(Factor::DirOrder)));
}

// -- Times -------------------------------------------------------------------

/// What the file system says, and what the program is to see.
struct Times {
  Site site;
  bool isNew;  ///< Written in this run.

  Times(const char *kind, std::int64_t written)
      : site(callSite(Factor::Entropy, kind)),
        isNew(written >= config().start) {}

  /// Files of this run were written when its clocks began; perturbed clocks
  /// and perturbed times go together, so that ages stay what they are.
  std::int64_t shown(std::int64_t real) const {
    const std::int64_t pinned =
        isNew && real >= config().start ? kPinnedTime : real;
    return perturbs(Factor::Entropy, site) ? pinned + wallClockShift() : pinned;
  }
};

std::int64_t toNanoseconds(std::int64_t seconds, std::int64_t nanoseconds) {
  return seconds * kSecond + nanoseconds;
}

timespec shown(const Times &times, timespec real) {
  const std::int64_t t = times.shown(toNanoseconds(real.tv_sec, real.tv_nsec));
  return {t / kSecond, t % kSecond};
}

void settle(const char *kind, struct stat &status) {
  const Inside inside;
  const Times times(
      kind, toNanoseconds(status.st_mtim.tv_sec, status.st_mtim.tv_nsec));
  status.st_ino = inodeOf(status);
  status.st_mtim = shown(times, status.st_mtim);
  status.st_ctim = shown(times, status.st_ctim);
  status.st_atim = shown(times, status.st_atim);
}

void shift(const Times &times, statx_timestamp &time) {
  const std::int64_t t = times.shown(toNanoseconds(time.tv_sec, time.tv_nsec));
  time.tv_sec = t / kSecond;
  time.tv_nsec = static_cast<std::uint32_t>(t % kSecond);
}

bool pinsFiles() { return enabled() && config().pinned; }

}  // namespace

std::uint64_t inodeOf(const struct stat &file) {
  return shownInode(file.st_dev, file.st_ino,
                    toNanoseconds(file.st_mtim.tv_sec, file.st_mtim.tv_nsec) >=
                        config().start);
}

#define HOOK_STAT(name, arguments, ...)                                        \
  HOOK(int, name, __VA_ARGS__, struct stat *result) {                          \
    const int status = REAL(name) arguments;                                   \
    if (status == 0 && pinsFiles())                                            \
      settle(#name, *result);                                                  \
    return status;                                                             \
  }
HOOK_STAT(stat, (path, result), const char *path)
HOOK_STAT(stat64, (path, result), const char *path)
HOOK_STAT(lstat, (path, result), const char *path)
HOOK_STAT(lstat64, (path, result), const char *path)
HOOK_STAT(fstat, (file, result), int file)
HOOK_STAT(fstat64, (file, result), int file)
// What programs call that were built before glibc 2.33.
HOOK_STAT(__xstat, (version, path, result), int version, const char *path)
HOOK_STAT(__xstat64, (version, path, result), int version, const char *path)
HOOK_STAT(__lxstat, (version, path, result), int version, const char *path)
HOOK_STAT(__lxstat64, (version, path, result), int version, const char *path)
HOOK_STAT(__fxstat, (version, file, result), int version, int file)
HOOK_STAT(__fxstat64, (version, file, result), int version, int file)

#define HOOK_STATAT(name)                                                      \
  HOOK(int, name, int directory, const char *path, struct stat *result,        \
       int flags) {                                                            \
    const int status = REAL(name)(directory, path, result, flags);             \
    if (status == 0 && pinsFiles())                                            \
      settle(#name, *result);                                                  \
    return status;                                                             \
  }
HOOK_STATAT(fstatat)
HOOK_STATAT(fstatat64)

HOOK(int, statx, int directory, const char *path, int flags, unsigned mask,
     struct statx *result) {
  const int status = REAL(statx)(directory, path, flags, mask, result);
  if (status != 0 || !pinsFiles())
    return status;
  const Inside inside;
  const Times times("statx", toNanoseconds(result->stx_mtime.tv_sec,
                                           result->stx_mtime.tv_nsec));
  for (statx_timestamp *time : {&result->stx_mtime, &result->stx_ctime,
                                &result->stx_atime, &result->stx_btime})
    shift(times, *time);
  const std::uint64_t device =
      std::uint64_t{result->stx_dev_major} << 8 | result->stx_dev_minor;
  result->stx_ino = shownInode(device, result->stx_ino, times.isNew);
  return status;
}

}  // namespace reproaudit::perturb
