// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Shared by the hooks of the preload library.
///
/// The library runs inside any dynamically linked program, in C or C++, often
/// before main and inside malloc. So: no libstdc++, no allocation, no
/// exceptions, no guarded statics, system calls instead of stdio.
///
/// Every hook has three modes. *Natural*: do what the real function does.
/// *Pinned*: return what is equal in every run. *Perturbed*: return what the
/// seed says. Which one holds is a question to `Config`, per factor and site.
#pragma once

#include "reproaudit/rerun/Factor.h"

#include <cstddef>
#include <cstdint>
#include <dlfcn.h>

namespace reproaudit::perturb {

struct Config {
  bool active = false;  ///< A configuration was found.
  bool pinned = false;
  bool realtime = false;  ///< Threads may get real-time priorities.
  std::uint64_t seed[kFactors.size()] = {};  ///< 0: pinned or natural.
  static constexpr unsigned kMaxSites = 8192;
  std::uint64_t sites[kMaxSites] = {};  ///< Sorted; if any, the rest is pinned.
  unsigned siteCount = 0;
  unsigned processors = 0;  ///< What a pinned run believes to have.
  char log[256] = {};
};

/// The configuration, read on first use: constructors of other libraries run
/// before ours.
const Config &config();

inline std::uint64_t seedOf(Factor factor) {
  return config().seed[static_cast<std::size_t>(factor)];
}

/// Mixes all bits of \p x (the finaliser of MurmurHash3).
constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

/// A call stack as the report shows it; `id` is equal in every run of the same
/// binaries, wherever they are loaded.
struct Site {
  std::uint64_t id = 0;
  bool inProgram = false;  ///< Called by the program itself, not by a library.
};

/// Identifies the caller of a hook and logs it once. \p kind says what is
/// called, \p detail on what.
Site callSite(Factor factor, const char *kind, const char *detail = "");

/// Whether \p factor is perturbed at \p site; acknowledges it if so.
bool perturbs(Factor factor, Site site);

/// Tells the audit that \p factor reached this program.
void acknowledge(Factor factor);

/// What the scheduler cannot influence: a thread is known by its parent and by
/// how many threads that had started before.
struct ThreadState {
  std::uint64_t id;        ///< 0 in the main thread.
  std::uint64_t children;  ///< Threads started so far.
  std::uint64_t draws;     ///< Pinned random words handed out so far.
  std::int64_t clock;      ///< Nanoseconds of virtual time passed.
  std::int64_t jitter;     ///< Nanoseconds by which perturbed time ran ahead.
  std::uint64_t steps;     ///< Scheduling points passed.
  int busy;                ///< Inside a hook: let everything through.
};
extern thread_local ThreadState self;

/// Marks that a hook is at work on this thread.
class Inside {
public:
  Inside() { ++self.busy; }
  ~Inside() { --self.busy; }
  Inside(const Inside &) = delete;
  Inside &operator=(const Inside &) = delete;
};

/// Whether a hook has something to do at all.
inline bool enabled() { return self.busy == 0 && config().active; }

/// A mutex that works before libc is initialised and never spins: a spinning
/// thread of higher priority would keep the owner off the only processor.
class Lock {
public:
  void lock();
  void unlock();

private:
  int state_ = 0;
};

class Locked {
public:
  explicit Locked(Lock &lock) : lock_(lock) { lock_.lock(); }
  ~Locked() { lock_.unlock(); }
  Locked(const Locked &) = delete;
  Locked &operator=(const Locked &) = delete;

private:
  Lock &lock_;
};

/// Overwrites the stack below the caller, so that what hooks leave there is
/// the same in every run. \p word is what an uninitialised variable will hold.
void fillStack(std::size_t bytes);

/// Byte that fresh memory is filled with.
unsigned char fillByte(Factor factor);

/// Anonymous file with \p size bytes of \p data, or -1.
int memoryFile(const char *data, std::size_t size);

/// A file that lists the pinned or perturbed processors, if \p path is one of
/// the kernel's lists; else -1.
int processorFile(const char *path);

/// Adds one point where the schedule may change.
void schedulingPoint();

/// Name in the next library that defines it.
template <class Function> Function *next(const char *name) {
  const Inside inside;
  return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

/// Defines the replacement of the C function \p name. The assembler name keeps
/// the declarations in the system headers, with their attributes, out of it.
#define HOOK(result, name, ...)                                                \
  extern "C" __attribute__((visibility("default"))) result hook_##name(        \
      __VA_ARGS__) asm(#name);                                                 \
  extern "C" result hook_##name(__VA_ARGS__)

/// The function that \p name would be without this library.
#define REAL(name)                                                             \
  ([] {                                                                        \
    static decltype(hook_##name) *real = nullptr;                              \
    if (!real)                                                                 \
      real = ::reproaudit::perturb::next<decltype(hook_##name)>(#name);        \
    return real;                                                               \
  }())

}  // namespace reproaudit::perturb
