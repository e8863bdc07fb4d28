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

struct stat;

namespace reproaudit::perturb {

/// What a run is to tell about itself; Trail.cpp.
struct TrailConfig {
  static constexpr unsigned kMaxCells = 4;
  struct Cell {
    std::uint64_t block, offset;
  };
  bool any = false;
  bool blocks = false;    ///< How all blocks change.
  bool contents = false;  ///< What is in those of `cells`, at `epoch`.
  bool watch = false;     ///< Stores into `cells`, from `epoch` on.
  bool print = false;     ///< Who writes byte `printed` of stdout.
  std::uint64_t printed = 0;
  std::uint64_t epoch = 0;
  Cell cells[kMaxCells] = {};
  unsigned cellCount = 0;
};

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
  std::int64_t start = 0;  ///< Of the run, in nanoseconds of real time.
  static constexpr unsigned kMaxTraps = 256;
  std::uintptr_t traps[kMaxTraps] = {};  ///< Offsets of rdrand and rdseed.
  unsigned trapCount = 0;
  TrailConfig trail;
  std::uintptr_t processorModel = 0;  ///< Offset of what libgcc knows of it.
};

/// The configuration, read on first use: constructors of other libraries run
/// before ours.
const Config &config();

inline std::uint64_t seedOf(Factor factor) {
  return config().seed[static_cast<std::size_t>(factor)];
}

/// A system call that no hook sees; sets errno like syscall(2).
long kernelCall(long number, const long (&arguments)[6]);

template <class... Arguments> long kernel(long number, Arguments... arguments) {
  return kernelCall(number, {(long)arguments...});
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
  bool inThreadPool = false;  ///< Called by one of OpenMP or BLAS.
};

/// Identifies the caller of a hook and logs it once. \p kind says what is
/// called, \p detail on what.
Site callSite(Factor factor, const char *kind, const char *detail = "");

/// The return addresses above the caller, without those of this library.
int callStack(std::uintptr_t *stack, int capacity);

/// Writes `MODULE+0xOFFSET` of \p pc; false if it lies in no module.
bool frameAt(std::uintptr_t pc, char *text, std::size_t capacity);

/// Tell the trail about a block; nothing happens unless one is kept.
void noteAllocation(void *address, std::size_t size);
void noteRelease(void *address);

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

/// Tells this process from its parent and siblings; equal in all runs.
extern std::uint64_t processNumber;

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

/// What fillStack writes.
std::uint64_t fillWord();

/// Fills \p words, a multiple of eight, below its caller. It has no frame of
/// its own, and must be called in tail position so that its caller has none
/// left either.
extern "C" std::uintptr_t reproauditCleanStack(std::uintptr_t result,
                                               std::uint64_t word,
                                               std::size_t words);

/// Returns \p result and overwrites the stack right below the caller, so that
/// what the next function finds there is not what a hook has left. To be called
/// last in a hook.
template <class T> T *cleanBelow(T *result) {
  constexpr std::size_t kWords = 96;
  const bool wanted = config().pinned && config().active;
  return reinterpret_cast<T *>(
      reproauditCleanStack(reinterpret_cast<std::uintptr_t>(result), fillWord(),
                           wanted ? kWords : 0));
}

/// Byte that fresh memory is filled with.
unsigned char fillByte(Factor factor);

/// Anonymous file with \p size bytes of \p data, or -1.
int memoryFile(const char *data, std::size_t size);

/// Fills \p buffer as the random device \p kind would; false: ask the real one.
bool draw(const char *kind, void *buffer, std::size_t size);

/// How far a perturbed wall clock is off, in nanoseconds.
std::int64_t wallClockShift();

/// The inode number by which a run knows \p file: equal in all runs, although
/// the file system gives new files any.
std::uint64_t inodeOf(const struct stat &file);

/// A file that says how the machine is doing, pinned or perturbed, if \p path
/// is one of those of the kernel; else -1.
int machineStateFile(const char *path);

/// Free memory in pages as the run sees it; \p real is the truth.
long freePages(long real);

/// The cycle counter and the random instructions of the processor answer for
/// themselves while \p on is false: before exec, nobody would handle the fault.
void trapCycles(bool on);

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
