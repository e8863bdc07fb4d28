// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Random devices and the names under which the system knows this process.
#include "Perturb.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

namespace reproaudit::perturb {
namespace {

std::uint64_t randomWord(bool perturbed) {
  const std::uint64_t stream =
      perturbed ? mix(seedOf(Factor::Entropy) * 7919 + 13) : 0x5eed;
  return mix(stream + self.id + self.draws++ * 0x9e3779b97f4a7c15ULL);
}

void randomBytes(void *buffer, std::size_t size, bool perturbed) {
  auto *out = static_cast<unsigned char *>(buffer);
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = randomWord(perturbed);
    std::memcpy(out + i, &word, size - i < 8 ? size - i : 8);
  }
}

}  // namespace

bool draw(const char *kind, void *buffer, std::size_t size) {
  if (!enabled())
    return false;
  const Inside inside;
  const Site site = callSite(Factor::Entropy, kind);
  if (!config().pinned)
    return false;
  randomBytes(buffer, size, perturbs(Factor::Entropy, site));
  return true;
}

namespace {

bool drawSystem(const char *kind, void *buffer, std::size_t size) {
  return draw(kind, buffer, size) ||
         kernel(SYS_getrandom, buffer, size, 0) == static_cast<long>(size);
}

}  // namespace

HOOK(ssize_t, getrandom, void *buffer, std::size_t size, unsigned flags) {
  if (draw("getrandom", buffer, size))
    return static_cast<ssize_t>(size);
  return kernel(SYS_getrandom, buffer, size, flags);
}

HOOK(int, getentropy, void *buffer, std::size_t size) {
  return drawSystem("getentropy", buffer, size) ? 0 : -1;
}

HOOK(std::uint32_t, arc4random, void) {
  std::uint32_t word = 0;
  drawSystem("arc4random", &word, sizeof word);
  return word;
}

HOOK(void, arc4random_buf, void *buffer, std::size_t size) {
  drawSystem("arc4random_buf", buffer, size);
}

HOOK(std::uint32_t, arc4random_uniform, std::uint32_t bound) {
  std::uint64_t word = 0;
  drawSystem("arc4random_uniform", &word, sizeof word);
  return bound == 0 ? 0 : static_cast<std::uint32_t>(word % bound);
}

// std::random_device::_M_getval and libc++'s operator().
HOOK(unsigned, _ZNSt13random_device9_M_getvalEv, void *device) {
  unsigned word = 0;
  if (draw("random_device", &word, sizeof word))
    return word;
  return REAL(_ZNSt13random_device9_M_getvalEv)(device);
}

HOOK(unsigned, _ZNSt3__113random_deviceclEv, void *device) {
  unsigned word = 0;
  if (draw("random_device", &word, sizeof word))
    return word;
  return REAL(_ZNSt3__113random_deviceclEv)(device);
}

// -- Device files ------------------------------------------------------------

namespace {

constexpr std::size_t kDeviceBytes = 1 << 18;

bool isRandomDevice(const char *path) {
  return std::strcmp(path, "/dev/urandom") == 0 ||
         std::strcmp(path, "/dev/random") == 0;
}

int randomFile(const char *path) {
  const Site site = callSite(Factor::Entropy, "open", path);
  if (!config().pinned)
    return -1;
  static unsigned char bytes[kDeviceBytes];
  static Lock lock;
  const Locked locked(lock);
  randomBytes(bytes, sizeof bytes, perturbs(Factor::Entropy, site));
  return memoryFile(reinterpret_cast<const char *>(bytes), sizeof bytes);
}

int substitute(const char *path) {
  if (!path || !enabled())
    return -1;
  const Inside inside;
  if (isRandomDevice(path))
    return randomFile(path);
  const int file = machineStateFile(path);
  return file >= 0 ? file : processorFile(path);
}

}  // namespace

#define HOOK_OPEN(name)                                                        \
  HOOK(int, name, const char *path, int flags, ...) {                          \
    va_list arguments;                                                         \
    va_start(arguments, flags);                                                \
    const mode_t mode = va_arg(arguments, mode_t);                             \
    va_end(arguments);                                                         \
    const int file = substitute(path);                                         \
    return file >= 0 ? file : REAL(name)(path, flags, mode);                   \
  }
HOOK_OPEN(open)
HOOK_OPEN(open64)

#define HOOK_OPENAT(name)                                                      \
  HOOK(int, name, int directory, const char *path, int flags, ...) {           \
    va_list arguments;                                                         \
    va_start(arguments, flags);                                                \
    const mode_t mode = va_arg(arguments, mode_t);                             \
    va_end(arguments);                                                         \
    const int file = substitute(path);                                         \
    return file >= 0 ? file : REAL(name)(directory, path, flags, mode);        \
  }
HOOK_OPENAT(openat)
HOOK_OPENAT(openat64)

#define HOOK_OPEN_CHECKED(name)                                                \
  HOOK(int, name, const char *path, int flags) {                               \
    const int file = substitute(path);                                         \
    return file >= 0 ? file : REAL(name)(path, flags);                         \
  }
HOOK_OPEN_CHECKED(__open_2)
HOOK_OPEN_CHECKED(__open64_2)

#define HOOK_FOPEN(name)                                                       \
  HOOK(FILE *, name, const char *path, const char *mode) {                     \
    const int file = substitute(path);                                         \
    return cleanBelow(file >= 0 ? fdopen(file, mode)                           \
                                : REAL(name)(path, mode));                     \
  }
HOOK_FOPEN(fopen)
HOOK_FOPEN(fopen64)

// -- Names of temporary files ------------------------------------------------

namespace {

/// Replaces the six X before a suffix of \p suffix characters; false: not ours
/// to do.
bool nameTemporary(char *path, int suffix, unsigned attempt) {
  const std::size_t length = std::strlen(path);
  if (length < 6 + static_cast<std::size_t>(suffix))
    return false;
  char *name = path + length - 6 - static_cast<std::size_t>(suffix);
  if (attempt == 0 && std::strncmp(name, "XXXXXX", 6) != 0)
    return false;
  std::uint64_t word = 0;
  if (!draw("mkstemp", &word, sizeof word))
    return false;
  for (int i = 0; i < 6; ++i, word /= 26)
    name[i] = static_cast<char>('a' + word % 26);
  return true;
}

constexpr unsigned kAttempts = 100;

int makeTemporary(char *path, int suffix, int flags) {
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    if (!nameTemporary(path, suffix, attempt))
      return -2;
    const long file =
        kernel(SYS_openat, AT_FDCWD, path,
               (flags & ~O_ACCMODE) | O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file >= 0 || errno != EEXIST)
      return static_cast<int>(file);
  }
  return -1;
}

}  // namespace

#define HOOK_MKSTEMP(name, suffix, flags, arguments, ...)                      \
  HOOK(int, name, char *path __VA_OPT__(, ) __VA_ARGS__) {                     \
    const int file = makeTemporary(path, suffix, flags);                       \
    return file == -2 ? REAL(name) arguments : file;                           \
  }
HOOK_MKSTEMP(mkstemp, 0, 0, (path))
HOOK_MKSTEMP(mkstemp64, 0, 0, (path))
HOOK_MKSTEMP(mkostemp, 0, flags, (path, flags), int flags)
HOOK_MKSTEMP(mkstemps, suffix, 0, (path, suffix), int suffix)

HOOK(char *, mktemp, char *path) {
  return nameTemporary(path, 0, 0) ? path : REAL(mktemp)(path);
}

HOOK(char *, tmpnam, char *path) {
  static char own[] = "/tmp/fileXXXXXX";
  std::strcpy(own, "/tmp/fileXXXXXX");
  if (!nameTemporary(own, 0, 0))
    return REAL(tmpnam)(path);
  return path ? std::strcpy(path, own) : own;
}

HOOK(char *, tempnam, const char *directory, const char *prefix) {
  char path[4096];
  std::snprintf(path, sizeof path, "%s/%sXXXXXX",
                directory ? directory : "/tmp", prefix ? prefix : "file");
  return nameTemporary(path, 0, 0) ? strdup(path)
                                   : REAL(tempnam)(directory, prefix);
}

HOOK(char *, mkdtemp, char *path) {
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    if (!nameTemporary(path, 0, attempt))
      break;
    if (mkdir(path, 0700) == 0)
      return path;
    if (errno != EEXIST)
      return nullptr;
  }
  return REAL(mkdtemp)(path);
}

// -- Names of this process ---------------------------------------------------

namespace {

/// Equal in all runs, and different from those of its parent and siblings.
pid_t pinnedPid() {
  return static_cast<pid_t>(4242 + mix(processNumber) % 9973);
}

pid_t perturbedPid() {
  return static_cast<pid_t>(
      20000 + mix(seedOf(Factor::Entropy) + 3 + processNumber) % 9973);
}

/// What the program believes \p real to be.
pid_t processId(const char *kind, pid_t real) {
  if (!enabled())
    return real;
  const Inside inside;
  const Site site = callSite(Factor::Entropy, kind);
  if (!config().pinned)
    return real;
  return perturbs(Factor::Entropy, site) ? perturbedPid() : pinnedPid();
}

bool hostName(char *buffer, std::size_t size, const char *kind) {
  if (!enabled())
    return false;
  const Inside inside;
  const Site site = callSite(Factor::Entropy, kind);
  if (!config().pinned)
    return false;
  if (perturbs(Factor::Entropy, site))
    std::snprintf(buffer, size, "host%llu",
                  static_cast<unsigned long long>(seedOf(Factor::Entropy)));
  else
    std::snprintf(buffer, size, "pinned");
  return true;
}

}  // namespace

HOOK(pid_t, getpid, void) {
  return processId("getpid", static_cast<pid_t>(kernel(SYS_getpid)));
}

HOOK(pid_t, getppid, void) {
  return processId("getppid", static_cast<pid_t>(kernel(SYS_getppid)));
}

HOOK(pid_t, gettid, void) {
  const auto real = static_cast<pid_t>(kernel(SYS_gettid));
  const pid_t answer = processId("gettid", real);
  return answer == real ? real : answer + static_cast<pid_t>(self.id % 1000);
}

/// A program that signals itself means its real id.
HOOK(int, kill, pid_t process, int signal) {
  if (config().active && config().pinned &&
      (process == pinnedPid() || process == perturbedPid()))
    process = static_cast<pid_t>(kernel(SYS_getpid));
  return REAL(kill)(process, signal);
}

HOOK(int, gethostname, char *buffer, std::size_t size) {
  return hostName(buffer, size, "gethostname")
             ? 0
             : REAL(gethostname)(buffer, size);
}

HOOK(int, uname, utsname *result) {
  const int status = REAL(uname)(result);
  hostName(result->nodename, sizeof result->nodename, "uname");
  return status;
}

/// Programs that avoid the functions above.
HOOK(long, syscall, long number, long a, long b, long c, long d, long e,
     long f) {
  switch (number) {
  case SYS_getrandom:
    return getrandom(reinterpret_cast<void *>(a), static_cast<std::size_t>(b),
                     static_cast<unsigned>(c));
  case SYS_getpid:
    return getpid();
  case SYS_gettid:
    return gettid();
  case SYS_clock_gettime:
    return clock_gettime(static_cast<clockid_t>(a),
                         reinterpret_cast<timespec *>(b));
  default:
    return kernel(number, a, b, c, d, e, f);
  }
}

/// AT_RANDOM: sixteen bytes by which some run-time libraries seed themselves.
HOOK(unsigned long, getauxval, unsigned long type) {
  const unsigned long value = REAL(getauxval)(type);
  if (type != AT_RANDOM || value == 0)
    return value;
  static unsigned char bytes[16];
  return draw("getauxval", bytes, sizeof bytes)
             ? reinterpret_cast<unsigned long>(bytes)
             : value;
}

}  // namespace reproaudit::perturb
