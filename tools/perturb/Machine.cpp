// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a program asks its surroundings: number of processors, directory
/// entries.
#include "Perturb.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace reproaudit::perturb {

// -- Processors --------------------------------------------------------------

namespace {

/// What to answer; 0: what the machine says.
int processors(const char *kind) {
  if (!enabled())
    return 0;
  const Inside inside;
  const Site site = callSite(Factor::Nprocs, kind);
  if (!config().pinned)
    return 0;
  constexpr int kCounts[] = {3, 1, 8, 5};
  const int pinned = static_cast<int>(config().processors);
  if (!perturbs(Factor::Nprocs, site))
    return pinned;
  const int count = kCounts[(seedOf(Factor::Nprocs) - 1) % 4];
  return count == pinned ? 6 : count;
}

int affinity(int count, std::size_t size, cpu_set_t *result) {
  CPU_ZERO_S(size, result);
  for (int i = 0; i < count; ++i)
    CPU_SET_S(i, size, result);
  return static_cast<int>(size < sizeof(cpu_set_t) ? size : sizeof(cpu_set_t));
}

}  // namespace

HOOK(int, get_nprocs, void) {
  const int count = processors("get_nprocs");
  return count != 0 ? count : REAL(get_nprocs)();
}

HOOK(int, get_nprocs_conf, void) {
  const int count = processors("get_nprocs_conf");
  return count != 0 ? count : REAL(get_nprocs_conf)();
}

HOOK(long, sysconf, int what) {
  if (what == _SC_NPROCESSORS_ONLN || what == _SC_NPROCESSORS_CONF)
    if (const int count = processors("sysconf"))
      return count;
  const long answer = REAL(sysconf)(what);
  return what == _SC_AVPHYS_PAGES ? freePages(answer) : answer;
}

HOOK(int, sched_getaffinity, pid_t process, std::size_t size,
     cpu_set_t *result) {
  if (const int count = processors("sched_getaffinity")) {
    affinity(count, size, result);
    return 0;
  }
  return REAL(sched_getaffinity)(process, size, result);
}

HOOK(int, pthread_getaffinity_np, unsigned long thread, std::size_t size,
     cpu_set_t *result) {
  if (const int count = processors("pthread_getaffinity_np")) {
    affinity(count, size, result);
    return 0;
  }
  return REAL(pthread_getaffinity_np)(thread, size, result);
}

namespace {

/// /proc/cpuinfo of \p count processors that are like the first one.
int cpuInfo(int count) {
  static char real[8192], text[1 << 16];
  static Lock lock;
  const Locked locked(lock);
  const long file = kernel(SYS_openat, AT_FDCWD, "/proc/cpuinfo", O_RDONLY);
  if (file < 0)
    return -1;
  const long size = kernel(SYS_read, file, real, sizeof real - 1);
  kernel(SYS_close, file);
  real[size > 0 ? size : 0] = 0;
  char *rest = std::strchr(real, '\n');  // After "processor : 0".
  char *end = rest ? std::strstr(rest, "\n\n") : nullptr;
  if (!end)
    return -1;
  *end = 0;
  int used = 0;
  for (int i = 0; i < count; ++i)
    used += std::snprintf(text + used, sizeof text - used,
                          "processor\t: %d%s\n\n", i, rest);
  return memoryFile(text, static_cast<std::size_t>(used));
}

enum class List : std::uint8_t { None, Numbers, Descriptions };

List listAt(const char *path) {
  constexpr char kDirectory[] = "/sys/devices/system/cpu/";
  if (std::strcmp(path, "/proc/cpuinfo") == 0)
    return List::Descriptions;
  if (std::strncmp(path, kDirectory, sizeof kDirectory - 1) != 0)
    return List::None;
  for (const char *name : {"online", "possible", "present"})
    if (std::strcmp(path + sizeof kDirectory - 1, name) == 0)
      return List::Numbers;
  return List::None;
}

}  // namespace

int processorFile(const char *path) {
  const List list = listAt(path);
  if (list == List::None)
    return -1;
  --self.busy;  // The question is the program's.
  const int count = processors(path);
  ++self.busy;
  if (count == 0)
    return -1;
  if (list == List::Descriptions)
    return cpuInfo(count);
  char text[32];
  const int size = count == 1
                       ? std::snprintf(text, sizeof text, "0\n")
                       : std::snprintf(text, sizeof text, "0-%d\n", count - 1);
  return memoryFile(text, static_cast<std::size_t>(size));
}

// -- Directories -------------------------------------------------------------

namespace {

std::uint64_t hashName(std::uint64_t seed, const char *name) {
  for (; *name != 0; ++name)
    seed = mix(seed ^ static_cast<unsigned char>(*name));
  return seed;
}

/// 0: by name, as pinned. 1: the reverse, so that two entries change places for
/// certain. Above: anything.
bool comesBefore(const char *a, const char *b, std::uint64_t seed) {
  if (seed <= 1)
    return seed == 0 ? std::strcmp(a, b) < 0 : std::strcmp(a, b) > 0;
  return hashName(seed, a) < hashName(seed, b);
}

/// Sorts \p entries; small, and qsort is a hook.
template <class Entry, class Name>
void sortEntries(Entry *entries, std::size_t count, std::uint64_t seed,
                 Name nameOf) {
  for (std::size_t gap = count / 2; gap > 0; gap /= 2)
    for (std::size_t i = gap; i < count; ++i)
      for (std::size_t j = i;
           j >= gap &&
           comesBefore(nameOf(entries[j]), nameOf(entries[j - gap]), seed);
           j -= gap) {
        const Entry entry = entries[j];
        entries[j] = entries[j - gap];
        entries[j - gap] = entry;
      }
}

/// The seed of the order in which \p kind is to answer, if it is not left to
/// the file system.
bool orderOf(const char *kind, std::uint64_t &seed) {
  if (!enabled())
    return false;
  const Inside inside;
  const Site site = callSite(Factor::DirOrder, kind);
  if (!config().pinned)
    return false;
  seed = perturbs(Factor::DirOrder, site) ? seedOf(Factor::DirOrder) : 0;
  return true;
}

/// A directory read to its end.
struct Listing {
  DIR *directory = nullptr;
  dirent **entries = nullptr;
  std::size_t count = 0, position = 0;
};

constexpr std::size_t kMaxListings = 64;
Listing listings[kMaxListings];
Lock listingsLock;

Listing *find(DIR *directory) {
  for (Listing &listing : listings)
    if (listing.directory == directory)
      return &listing;
  return nullptr;
}

void forget(DIR *directory) {
  const Locked locked(listingsLock);
  Listing *listing = find(directory);
  if (!listing)
    return;
  for (std::size_t i = 0; i < listing->count; ++i)
    std::free(listing->entries[i]);
  std::free(listing->entries);
  *listing = {};
}

/// Reads the rest of \p directory into \p listing; false if memory is short.
bool readAll(DIR *directory, dirent *(*read)(DIR *), Listing &listing) {
  std::size_t capacity = 0;
  while (const dirent *entry = read(directory)) {
    if (listing.count == capacity) {
      capacity = capacity == 0 ? 64 : 2 * capacity;
      void *bigger = std::realloc(listing.entries, capacity * sizeof(dirent *));
      if (!bigger)
        return false;
      listing.entries = static_cast<dirent **>(bigger);
    }
    auto *copy = static_cast<dirent *>(std::malloc(entry->d_reclen));
    if (!copy)
      return false;
    std::memcpy(copy, entry, entry->d_reclen);
    struct stat status{};
    if (kernel(SYS_newfstatat, dirfd(directory), entry->d_name, &status,
               AT_SYMLINK_NOFOLLOW) == 0)
      copy->d_ino = inodeOf(status);
    listing.entries[listing.count++] = copy;
  }
  return true;
}

dirent *readOrdered(DIR *directory, dirent *(*read)(DIR *)) {
  const Locked locked(listingsLock);
  Listing *listing = find(directory);
  if (!listing) {
    std::uint64_t seed = 0;
    listing = find(nullptr);
    if (!listing || !orderOf("readdir", seed))
      return read(directory);
    const Inside inside;
    listing->directory = directory;
    if (!readAll(directory, read, *listing))
      return nullptr;
    sortEntries(listing->entries, listing->count, seed,
                [](const dirent *entry) { return entry->d_name; });
  }
  return listing->position < listing->count
             ? listing->entries[listing->position++]
             : nullptr;
}

void orderNames(dirent **entries, int count) {
  std::uint64_t seed = 0;
  if (count > 0 && orderOf("scandir", seed))
    sortEntries(entries, static_cast<std::size_t>(count), seed,
                [](const dirent *entry) { return entry->d_name; });
}

}  // namespace

HOOK(dirent *, readdir, DIR *directory) {
  return readOrdered(directory, REAL(readdir));
}

HOOK(dirent *, readdir64, DIR *directory) {
  return readOrdered(directory, REAL(readdir64));
}

HOOK(int, closedir, DIR *directory) {
  forget(directory);
  return REAL(closedir)(directory);
}

HOOK(void, rewinddir, DIR *directory) {
  forget(directory);
  REAL(rewinddir)(directory);
}

using Select = int(const dirent *);
using Compare = int(const dirent **, const dirent **);

HOOK(int, scandir, const char *path, dirent ***entries, Select *select,
     Compare *compare) {
  const int count = REAL(scandir)(path, entries, select, compare);
  if (!compare)
    orderNames(*entries, count);
  return count;
}

HOOK(int, scandir64, const char *path, dirent ***entries, Select *select,
     Compare *compare) {
  const int count = REAL(scandir64)(path, entries, select, compare);
  if (!compare)
    orderNames(*entries, count);
  return count;
}

HOOK(int, glob, const char *pattern, int flags,
     int (*onError)(const char *, int), glob_t *result) {
  const int status = REAL(glob)(pattern, flags, onError, result);
  std::uint64_t seed = 0;
  if (status == 0 && (flags & GLOB_NOSORT) != 0 && (flags & GLOB_APPEND) == 0 &&
      orderOf("glob", seed))
    sortEntries(result->gl_pathv +
                    ((flags & GLOB_DOOFFS) != 0 ? result->gl_offs : 0),
                result->gl_pathc, seed, [](const char *path) { return path; });
  return status;
}

}  // namespace reproaudit::perturb
