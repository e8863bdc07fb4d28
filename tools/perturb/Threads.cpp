// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The start of main and of threads: stacks are filled, threads get the number
/// that makes them recognisable in other runs, and the schedule is perturbed.
///
/// With real-time priorities the schedule is an experiment that can be
/// repeated: on one processor the thread of highest priority runs, the seed
/// gives every thread a priority and changes it at some of the points where
/// threads meet (probabilistic concurrency testing). Without that right,
/// threads are delayed for random times instead.
#include "Perturb.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <xmmintrin.h>

namespace reproaudit::perturb {

std::uint64_t processNumber = 0;

namespace {

// -- Schedule ----------------------------------------------------------------

constexpr int kPriorities = 40;

void setPriority(std::uint64_t random) {
  sched_param parameter{};
  parameter.sched_priority = 2 + static_cast<int>(random % kPriorities);
  kernel(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameter);
}

void pause(std::uint64_t nanoseconds) {
  const timespec duration{0, static_cast<long>(nanoseconds)};
  kernel(SYS_nanosleep, &duration, nullptr);
}

std::uint64_t draw() {
  return mix(seedOf(Factor::Sched) * 7919 ^ mix(self.id + 1) ^
             ++self.steps << 32);
}

bool perturbsSchedule() { return enabled() && seedOf(Factor::Sched) != 0; }

void schedulingStart() {
  if (!perturbsSchedule())
    return;
  const std::uint64_t random = draw();
  if (config().realtime)
    setPriority(random);
  else
    pause(random % 3'000'000);
}

}  // namespace

void schedulingPoint() {
  if (!perturbsSchedule())
    return;
  const std::uint64_t random = draw();
  if (random % 8 != 0)
    return;
  if (config().realtime)
    setPriority(random >> 8);
  else if (random % 16 == 0)
    pause((random >> 8) % 200'000);
  else
    kernel(SYS_sched_yield);
}

// -- Floating point ----------------------------------------------------------

namespace {

/// What linking one library built with -ffast-math does to a whole program.
void setRounding() {
  if (!config().active || !config().pinned)
    return;
  acknowledge(Factor::Rounding);
#ifdef __x86_64__
  constexpr unsigned kFlushToZero = 0x8040;
  if (seedOf(Factor::Rounding) != 0)
    // NOLINTNEXTLINE(repro-fp-environment): to disturb is what this is for
    _mm_setcsr(_mm_getcsr() | kFlushToZero);
#endif
}

// -- Starts ------------------------------------------------------------------

using Main = int(int, char **, char **);
Main *programMain = nullptr;

/// The canary that functions leave on the stack is random; main never returns
/// to a function that checks the old one.
__attribute__((noinline)) void pinCanary() {
#ifdef __x86_64__
  asm volatile("movq %0, %%fs:0x28" : : "r"(std::uint64_t{0x5ca1ab1e0ddba100}));
#endif
}

/// Calls main from further below, so that its own frame lies in what fillStack
/// has filled and not where the frame of fillStack was.
__attribute__((noinline)) int callMain(int count, char **arguments,
                                       char **environment) {
  void const *gap = __builtin_alloca(1024);
  asm volatile("" : : "r"(gap) : "memory");
  return programMain(count, arguments, environment);
}

/// What __builtin_cpu_supports asks, where libgcc has left it in the program.
void limitProcessor() {
  if (config().processorModel == 0)
    return;
  acknowledge(Factor::CpuDispatch);
  constexpr unsigned kAvx = 9, kAvx2 = 10, kFma4 = 12, kFma = 14, kAvx512 = 15;
  dl_find_object program;
  if (_dl_find_object(reinterpret_cast<void *>(programMain), &program) != 0)
    return;
  auto *features =
      reinterpret_cast<std::uint32_t *>(program.dlfo_link_map->l_addr +
                                        config().processorModel) +
      3;
  const std::uint64_t seed = seedOf(Factor::CpuDispatch);
  if (seed != 0)
    *features &= ~(1U << kAvx2 | 1U << kFma4 | 1U << kFma | 1U << kAvx512);
  if (seed != 0 && seed % 2 == 0)
    *features &= ~(1U << kAvx);
}

int startMain(int count, char **arguments, char **environment) {
  if (config().active && config().pinned) {
    pinCanary();
    limitProcessor();
    setRounding();
    schedulingStart();
    acknowledge(Factor::StackFill);
    fillStack(512 << 10);
  }
  return callMain(count, arguments, environment);
}

struct ThreadStart {
  void *(*function)(void *);
  void *argument;
  std::uint64_t id;
};

void *startThread(void *raw) {
  const ThreadStart start = *static_cast<ThreadStart *>(raw);
  {
    const Inside inside;
    free(raw);
  }
  self.id = start.id;
  setRounding();
  schedulingStart();
  fillStack(128 << 10);
  return start.function(start.argument);
}

/// Threads with less stack than that are not filled.
constexpr std::size_t kEnoughStack = 512 << 10;

bool hasEnoughStack(const pthread_attr_t *attributes) {
  std::size_t size = 0;
  return attributes == nullptr ||
         pthread_attr_getstacksize(attributes, &size) != 0 || size == 0 ||
         size >= kEnoughStack;
}

}  // namespace

HOOK(int, __libc_start_main, Main *main, int count, char **arguments,
     void (*init)(), void (*fini)(), void (*linkerFini)(), void *stackEnd) {
  programMain = main;
  return REAL(__libc_start_main)(startMain, count, arguments, init, fini,
                                 linkerFini, stackEnd);
}

HOOK(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes,
     void *(*function)(void *), void *argument) {
  const auto real = REAL(pthread_create);
  if (!config().active || !config().pinned || !hasEnoughStack(attributes))
    return real(thread, attributes, function, argument);
  acknowledge(Factor::Sched);
  ThreadStart *start = nullptr;
  if (enabled()) {
    const Inside inside;
    callSite(Factor::Sched, "pthread_create");
  }
  {
    const Inside inside;
    start = static_cast<ThreadStart *>(malloc(sizeof *start));
  }
  if (!start)
    return real(thread, attributes, function, argument);
  *start = {function, argument, mix(self.id + 0x7d + ++self.children)};
  const int status = real(thread, attributes, startThread, start);
  if (status != 0) {
    const Inside inside;
    free(start);
  }
  schedulingPoint();
  return status;
}

/// Processes are scheduled like threads.
HOOK(pid_t, fork, void) {
  const std::uint64_t number = mix(self.id + 0x7d + ++self.children);
  if (config().active && config().pinned)
    acknowledge(Factor::Sched);
  if (enabled()) {
    const Inside inside;
    callSite(Factor::Sched, "fork");
  }
  const pid_t child = REAL(fork)();
  if (child == 0) {
    trapCycles(false);
    self.id = processNumber = number;
    self.children = 0;
    schedulingStart();
  } else {
    schedulingPoint();
  }
  return child;
}

// -- Points where threads meet -----------------------------------------------

HOOK(int, pthread_mutex_lock, pthread_mutex_t *mutex) {
  schedulingPoint();
  return REAL(pthread_mutex_lock)(mutex);
}

HOOK(int, pthread_mutex_unlock, pthread_mutex_t *mutex) {
  const int status = REAL(pthread_mutex_unlock)(mutex);
  schedulingPoint();
  return status;
}

/// Who yields means it: a spinning thread of high priority would otherwise wait
/// for ever for one of low priority.
HOOK(int, sched_yield, void) {
  if (perturbsSchedule() && config().realtime)
    setPriority(0);
  return static_cast<int>(kernel(SYS_sched_yield));
}

HOOK(void, GOMP_barrier, void) {
  schedulingPoint();
  REAL(GOMP_barrier)();
}

HOOK(void, GOMP_critical_start, void) {
  schedulingPoint();
  REAL(GOMP_critical_start)();
}

HOOK(void, GOMP_atomic_start, void) {
  schedulingPoint();
  REAL(GOMP_atomic_start)();
}

// Chunks are handed out in order: what counts is who is stopped with one in
// hand.
#define HOOK_CHUNK(name, arguments, ...)                                       \
  HOOK(bool, name, __VA_ARGS__) {                                              \
    const bool more = REAL(name) arguments;                                    \
    schedulingPoint();                                                         \
    return more;                                                               \
  }
HOOK_CHUNK(GOMP_loop_nonmonotonic_dynamic_next, (from, to), long *from,
           long *to)
HOOK_CHUNK(GOMP_loop_dynamic_next, (from, to), long *from, long *to)
HOOK_CHUNK(GOMP_loop_nonmonotonic_guided_next, (from, to), long *from, long *to)
HOOK_CHUNK(GOMP_loop_guided_next, (from, to), long *from, long *to)
HOOK_CHUNK(GOMP_loop_ull_nonmonotonic_dynamic_next, (from, to),
           unsigned long *from, unsigned long *to)
HOOK_CHUNK(GOMP_loop_ull_dynamic_next, (from, to), unsigned long *from,
           unsigned long *to)

#define HOOK_DISPATCH(name, Index)                                             \
  HOOK(int, name, void *place, std::int32_t thread, std::int32_t *last,        \
       Index *from, Index *to, Index *stride) {                                \
    const int more = REAL(name)(place, thread, last, from, to, stride);        \
    schedulingPoint();                                                         \
    return more;                                                               \
  }
HOOK_DISPATCH(__kmpc_dispatch_next_4, std::int32_t)
HOOK_DISPATCH(__kmpc_dispatch_next_4u, std::uint32_t)
HOOK_DISPATCH(__kmpc_dispatch_next_8, std::int64_t)
HOOK_DISPATCH(__kmpc_dispatch_next_8u, std::uint64_t)

HOOK(void, __kmpc_critical, void *place, std::int32_t thread, void *lock) {
  schedulingPoint();
  REAL(__kmpc_critical)(place, thread, lock);
}

}  // namespace reproaudit::perturb
