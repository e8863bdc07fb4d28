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
#include <string_view>

namespace reproaudit {

struct WorkerLimits {
  unsigned parallelism = 1;
  std::chrono::seconds time{0};  ///< Wall time of a job; 0 is no limit.
  std::size_t memory = 0;        ///< Address space in bytes; 0 is no limit.
};

/// How a job ended.
struct WorkerOutcome {
  enum class End : std::uint8_t { Done, Crashed, TimedOut, OutOfMemory };
  End end = End::Done;
  int signal = 0;  ///< The one that ended a crashed worker, or 0.
};

/// Does job \p index in a process of its own and says what came out of it by
/// sendLine() to \p pipe.
using WorkerJob = std::function<void(std::size_t index, int pipe)>;

/// Is told each whole line that job \p index sent, as it comes.
using WorkerLine =
    std::function<void(std::size_t index, std::string_view line)>;

/// Writes \p line, which holds no line break, to \p pipe.
void sendLine(int pipe, std::string line);

/// Runs `job(0)` to `job(count - 1)`, each in a forked process, and calls
/// `done(index, outcome)` in this process as they end, in no fixed order. The
/// caller must have one thread only. An interrupt (SIGINT, SIGTERM) ends all
/// workers and returns false.
bool runWorkers(std::size_t count, const WorkerLimits &limits,
                const WorkerJob &job, const WorkerLine &line,
                const std::function<void(std::size_t, WorkerOutcome)> &done);

/// For a worker that goes on in several ways from where it is: true in a forked
/// process, which is killed after \p limit and with this process; false in
/// this one, once the other has ended, however it did.
bool forkAndWait(std::chrono::seconds limit);

}  // namespace reproaudit
