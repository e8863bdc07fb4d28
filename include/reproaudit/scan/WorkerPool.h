// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Runs jobs in processes of their own, so that one that crashes, hangs or eats
/// the memory costs that job and nothing else.
///
/// Layer 3.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace reproaudit {

struct WorkerLimits {
  unsigned parallelism = 1;
  std::chrono::seconds time{0};  ///< Wall time of a job; 0 is no limit.
  std::size_t memory = 0;        ///< Address space in bytes; 0 is no limit.
};

/// How a job ended, and what it sent.
struct WorkerOutcome {
  enum class End : std::uint8_t { Done, Crashed, TimedOut, OutOfMemory };
  End end = End::Done;
  int signal = 0;      ///< The one that ended a crashed worker, or 0.
  std::string output;  ///< Complete only if Done.
};

/// Runs `job(0)` to `job(count - 1)`, each in a forked process, and calls
/// `done(index, outcome)` in this process as they end, in no fixed order. The
/// caller must have one thread only. An interrupt (SIGINT, SIGTERM) ends all
/// workers and returns false.
bool runWorkers(std::size_t count, const WorkerLimits &limits,
                const std::function<std::string(std::size_t)> &job,
                const std::function<void(std::size_t, WorkerOutcome)> &done);

}  // namespace reproaudit
