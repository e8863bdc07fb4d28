// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Time, as a pinned run sees it: it starts at a fixed instant, every look at a
/// clock takes a millisecond, every sleep as long as it was asked to. Each
/// thread has its own, so that its readings do not depend on the others.
///
/// Real waits keep working, because deadlines that the program computed from
/// this clock are translated to the real one (what hangs under other tools that
/// fake the time).
#include "Perturb.h"

#include <cerrno>
#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

namespace reproaudit::perturb {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86400 * kSecond;  // More than any uptime here.
constexpr std::int64_t kTick = 1'000'000;

/// 2023-11-14 22:13:20 UTC, and some uptime.
std::int64_t epochOf(clockid_t id) {
  switch (id) {
  case CLOCK_REALTIME:
  case CLOCK_REALTIME_COARSE:
  case CLOCK_TAI:
    return 1'700'000'000 * kSecond;
  case CLOCK_PROCESS_CPUTIME_ID:
  case CLOCK_THREAD_CPUTIME_ID:
    return kSecond / 100;
  default:
    return 1000 * kSecond;
  }
}

/// How far a perturbed clock is off: another year, month, day and second.
std::int64_t shiftOf(clockid_t id) {
  const std::uint64_t random = mix(seedOf(Factor::Entropy) * 31 + 17);
  const std::int64_t fraction = static_cast<std::int64_t>(random % kSecond);
  const std::int64_t seconds =
      static_cast<std::int64_t>((random >> 32) % 86400) * kSecond;
  return epochOf(id) > kDay ? 400 * kDay + seconds + fraction
                            : seconds / 1000 + fraction / 64;
}

}  // namespace

std::int64_t wallClockShift() { return shiftOf(CLOCK_REALTIME); }

namespace {

const char *nameOf(clockid_t id) {
  switch (id) {
  case CLOCK_REALTIME:
  case CLOCK_REALTIME_COARSE:
    return "REALTIME";
  case CLOCK_PROCESS_CPUTIME_ID:
  case CLOCK_THREAD_CPUTIME_ID:
    return "CPUTIME";
  default:
    return "MONOTONIC";
  }
}

/// The reading of clock \p id at \p site, in nanoseconds.
std::int64_t read(clockid_t id, Site site) {
  self.clock += kTick;
  const std::int64_t pinned = epochOf(id) + self.clock;
  if (!perturbs(Factor::Entropy, site))
    return pinned;
  const std::uint64_t random =
      mix(seedOf(Factor::Entropy) ^ static_cast<std::uint64_t>(self.clock));
  const auto jitter = static_cast<std::int64_t>(random % (kTick - 1));
  // One reading alone must not overtake the next one: time that runs backwards
  // is no test of a program. Odd seeds are that careful.
  if (config().siteCount != 0 && seedOf(Factor::Entropy) % 2 == 1 &&
      epochOf(id) < kDay)
    return pinned + 1 + jitter;
  // Two readings are never as far apart as in another run.
  self.jitter += jitter;
  return pinned + shiftOf(id) + self.jitter;
}

std::int64_t realNow(clockid_t id) {
  timespec now{};
  kernel(SYS_clock_gettime, id, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

timespec toTimespec(std::int64_t t) { return {t / kSecond, t % kSecond}; }

std::int64_t toNanoseconds(const timespec &t) {
  return t.tv_sec * kSecond + t.tv_nsec;
}

bool pinsTime() { return enabled() && config().pinned; }

/// The real instant that the program means by \p deadline on clock \p id.
timespec realDeadline(clockid_t id, const timespec *deadline) {
  std::int64_t wait = toNanoseconds(*deadline) - (epochOf(id) + self.clock);
  // Computed from a perturbed reading.
  if (seedOf(Factor::Entropy) != 0 && wait > shiftOf(id) / 2)
    wait -= shiftOf(id);
  return toTimespec(realNow(id) + (wait > 0 ? wait : 0));
}

/// Virtual time after a wait for \p deadline that ended with \p result.
void passTime(int result, clockid_t id, const timespec *deadline) {
  const std::int64_t until = toNanoseconds(*deadline) - epochOf(id);
  if (result == ETIMEDOUT && until > self.clock && until < kDay)
    self.clock = until;
}

}  // namespace

HOOK(int, clock_gettime, clockid_t id, timespec *result) {
  if (!enabled())
    return static_cast<int>(kernel(SYS_clock_gettime, id, result));
  const Inside inside;
  const Site site = callSite(Factor::Entropy, "clock_gettime", nameOf(id));
  if (!config().pinned)
    return REAL(clock_gettime)(id, result);
  *result = toTimespec(read(id, site));
  return 0;
}

HOOK(int, gettimeofday, timeval *result, void *) {
  std::int64_t now = 0;
  if (enabled()) {
    const Inside inside;
    const Site site = callSite(Factor::Entropy, "gettimeofday");
    now =
        config().pinned ? read(CLOCK_REALTIME, site) : realNow(CLOCK_REALTIME);
  } else {
    now = realNow(CLOCK_REALTIME);
  }
  if (result)
    *result = {now / kSecond, now % kSecond / 1000};
  return 0;
}

HOOK(time_t, time, time_t *result) {
  std::int64_t now = 0;
  if (enabled()) {
    const Inside inside;
    const Site site = callSite(Factor::Entropy, "time");
    now =
        config().pinned ? read(CLOCK_REALTIME, site) : realNow(CLOCK_REALTIME);
  } else {
    now = realNow(CLOCK_REALTIME);
  }
  if (result)
    *result = now / kSecond;
  return now / kSecond;
}

HOOK(int, timespec_get, timespec *result, int base) {
  if (!enabled() || base != TIME_UTC)
    return REAL(timespec_get)(result, base);
  const Inside inside;
  const Site site = callSite(Factor::Entropy, "timespec_get");
  *result = toTimespec(config().pinned ? read(CLOCK_REALTIME, site)
                                       : realNow(CLOCK_REALTIME));
  return base;
}

HOOK(clock_t, clock, void) {
  if (!enabled())
    return REAL(clock)();
  const Inside inside;
  const Site site = callSite(Factor::Entropy, "clock");
  if (!config().pinned)
    return REAL(clock)();
  return read(CLOCK_PROCESS_CPUTIME_ID, site) / 1000;
}

HOOK(clock_t, times, tms *result) {
  if (!enabled())
    return REAL(times)(result);
  const Inside inside;
  const Site site = callSite(Factor::Entropy, "times");
  if (!config().pinned)
    return REAL(times)(result);
  const clock_t ticks = read(CLOCK_MONOTONIC, site) / (kSecond / 100);
  if (result)
    *result = {ticks / 1000, 0, 0, 0};
  return ticks;
}

HOOK(int, getrusage, int who, rusage *result) {
  const int status = REAL(getrusage)(who, result);
  if (!enabled() || status != 0)
    return status;
  const Inside inside;
  const Site site = callSite(Factor::Entropy, "getrusage");
  if (!config().pinned)
    return status;
  const std::int64_t now = read(CLOCK_PROCESS_CPUTIME_ID, site);
  *result = {};
  result->ru_utime = {now / kSecond, now % kSecond / 1000};
  result->ru_maxrss = 4096;
  return status;
}

// -- Waiting -----------------------------------------------------------------

HOOK(int, nanosleep, const timespec *duration, timespec *rest) {
  if (pinsTime())
    self.clock += toNanoseconds(*duration);
  return REAL(nanosleep)(duration, rest);
}

HOOK(int, usleep, useconds_t duration) {
  if (pinsTime())
    self.clock += duration * std::int64_t{1000};
  return REAL(usleep)(duration);
}

HOOK(unsigned, sleep, unsigned duration) {
  if (pinsTime())
    self.clock += duration * kSecond;
  return REAL(sleep)(duration);
}

HOOK(int, clock_nanosleep, clockid_t id, int flags, const timespec *when,
     timespec *rest) {
  if (!pinsTime())
    return REAL(clock_nanosleep)(id, flags, when, rest);
  if ((flags & TIMER_ABSTIME) == 0) {
    self.clock += toNanoseconds(*when);
    return REAL(clock_nanosleep)(id, flags, when, rest);
  }
  const timespec real = realDeadline(id, when);
  const int result = REAL(clock_nanosleep)(id, flags, &real, rest);
  passTime(ETIMEDOUT, id, when);
  return result;
}

HOOK(int, pthread_cond_timedwait, pthread_cond_t *condition,
     pthread_mutex_t *mutex, const timespec *deadline) {
  using Function = decltype(hook_pthread_cond_timedwait);
  // The unversioned name means the condition variables of glibc 2.2.
  static Function *real = nullptr;
  if (!real)
    real = reinterpret_cast<Function *>(
        dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2"));
  if (!real)
    real = REAL(pthread_cond_timedwait);
  if (!pinsTime())
    return real(condition, mutex, deadline);
  const timespec when = realDeadline(CLOCK_REALTIME, deadline);
  const int result = real(condition, mutex, &when);
  passTime(result, CLOCK_REALTIME, deadline);
  return result;
}

HOOK(int, pthread_cond_clockwait, pthread_cond_t *condition,
     pthread_mutex_t *mutex, clockid_t id, const timespec *deadline) {
  if (!pinsTime())
    return REAL(pthread_cond_clockwait)(condition, mutex, id, deadline);
  const timespec when = realDeadline(id, deadline);
  const int result = REAL(pthread_cond_clockwait)(condition, mutex, id, &when);
  passTime(result, id, deadline);
  return result;
}

HOOK(int, pthread_mutex_timedlock, pthread_mutex_t *mutex,
     const timespec *deadline) {
  if (!pinsTime())
    return REAL(pthread_mutex_timedlock)(mutex, deadline);
  const timespec when = realDeadline(CLOCK_REALTIME, deadline);
  const int result = REAL(pthread_mutex_timedlock)(mutex, &when);
  passTime(result, CLOCK_REALTIME, deadline);
  return result;
}

HOOK(int, sem_timedwait, sem_t *semaphore, const timespec *deadline) {
  if (!pinsTime())
    return REAL(sem_timedwait)(semaphore, deadline);
  const timespec when = realDeadline(CLOCK_REALTIME, deadline);
  const int result = REAL(sem_timedwait)(semaphore, &when);
  passTime(result == 0 ? 0 : errno, CLOCK_REALTIME, deadline);
  return result;
}

}  // namespace reproaudit::perturb
