// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/WorkerPool.h"

#include "llvm/Support/ErrorHandling.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace reproaudit {
namespace {

using Clock = std::chrono::steady_clock;

/// Exit status of a worker that could not get memory.
constexpr int kOutOfMemory = 77;

volatile std::sig_atomic_t gInterrupted = 0;

/// Turns SIGINT and SIGTERM into a flag for as long as it lives.
class InterruptGuard {
public:
  InterruptGuard() {
    gInterrupted = 0;
    struct sigaction action = {};
    action.sa_handler = [](int) { gInterrupted = 1; };
    sigaction(SIGINT, &action, &interrupt_);
    sigaction(SIGTERM, &action, &terminate_);
  }
  ~InterruptGuard() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGTERM, &terminate_, nullptr);
  }
  InterruptGuard(const InterruptGuard &) = delete;
  InterruptGuard &operator=(const InterruptGuard &) = delete;

private:
  struct sigaction interrupt_ = {};
  struct sigaction terminate_ = {};
};

struct Worker {
  std::size_t job;
  pid_t pid;
  int pipe;
  Clock::time_point started;
  bool timedOut = false;
  std::string output;
};

void limitThisProcess(const WorkerLimits &limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGINT, SIG_IGN);  // The parent decides, and kills us.
  std::signal(SIGTERM, SIG_DFL);
  if (limits.memory != 0) {
    const rlimit memory{limits.memory, limits.memory};
    setrlimit(RLIMIT_AS, &memory);
  }
  const rlimit noCoreFile{0, 0};
  setrlimit(RLIMIT_CORE, &noCoreFile);
  std::set_new_handler([] { _exit(kOutOfMemory); });
  llvm::install_bad_alloc_error_handler(
      [](void *, const char *, bool) { _exit(kOutOfMemory); });
}

/// What a crashing compiler prints is about itself, not about the user's code;
/// and a source may include /dev/stdin.
void silenceThisProcess() {
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nowhere, STDIN_FILENO);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
}

Worker start(std::size_t index, const WorkerLimits &limits,
             const WorkerJob &job) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return {index, -1, -1, Clock::now()};
  const pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    limitThisProcess(limits);
    silenceThisProcess();
    job(index, ends[1]);
    _exit(0);  // No destructors: they belong to the parent.
  }
  close(ends[1]);
  if (pid < 0)
    close(ends[0]);
  return {index, pid, ends[0], Clock::now()};
}

WorkerOutcome outcomeOf(Worker &worker) {
  int status = 0;
  while (waitpid(worker.pid, &status, 0) < 0 && errno == EINTR) {
  }
  WorkerOutcome outcome;
  if (worker.timedOut)
    outcome.end = WorkerOutcome::End::TimedOut;
  else if (WIFEXITED(status) && WEXITSTATUS(status) == kOutOfMemory)
    outcome.end = WorkerOutcome::End::OutOfMemory;
  else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    outcome.end = WorkerOutcome::End::Crashed;
  if (WIFSIGNALED(status))
    outcome.signal = WTERMSIG(status);
  return outcome;
}

/// Reads what has come and hands on the lines that are whole; false at the end
/// of the stream.
bool readSome(Worker &worker, const WorkerLine &line) {
  char buffer[65536];
  const ssize_t n = read(worker.pipe, buffer, sizeof buffer);
  if (n > 0)
    worker.output.append(buffer, static_cast<std::size_t>(n));
  std::size_t begin = 0;
  for (std::size_t end = 0;
       (end = worker.output.find('\n', begin)) != std::string::npos;
       begin = end + 1)
    line(worker.job,
         std::string_view(worker.output).substr(begin, end - begin));
  worker.output.erase(0, begin);
  return n > 0 || (n < 0 && errno == EINTR);
}

void killLateOnes(std::vector<Worker> &workers, std::chrono::seconds limit) {
  if (limit.count() == 0)
    return;
  for (Worker &worker : workers)
    if (!worker.timedOut && Clock::now() - worker.started > limit) {
      worker.timedOut = true;
      kill(worker.pid, SIGKILL);
    }
}

void killAll(std::vector<Worker> &workers) {
  for (Worker &worker : workers) {
    kill(worker.pid, SIGKILL);
    outcomeOf(worker);
    close(worker.pipe);
  }
}

}  // namespace

void sendLine(int pipe, std::string line) {
  line += '\n';
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t n = write(pipe, line.data() + written, line.size() - written);
    if (n < 0 && errno != EINTR)
      return;
    written += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
}

bool forkAndWait(std::chrono::seconds limit) {
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(static_cast<unsigned>(limit.count()));
    return true;
  }
  while (pid > 0 && waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return false;
}

bool runWorkers(std::size_t count, const WorkerLimits &limits,
                const WorkerJob &job, const WorkerLine &line,
                const std::function<void(std::size_t, WorkerOutcome)> &done) {
  const InterruptGuard guard;
  std::vector<Worker> running;
  std::size_t next = 0;
  while (next < count || !running.empty()) {
    while (next < count && running.size() < limits.parallelism) {
      Worker worker = start(next++, limits, job);
      if (worker.pid > 0)
        running.push_back(std::move(worker));
      else
        done(worker.job, {.end = WorkerOutcome::End::OutOfMemory});
    }
    std::vector<pollfd> pipes;
    pipes.reserve(running.size());
    for (const Worker &worker : running)
      pipes.push_back({worker.pipe, POLLIN, 0});
    poll(pipes.data(), pipes.size(), /*timeout in ms=*/200);
    if (gInterrupted != 0) {
      killAll(running);
      return false;
    }
    killLateOnes(running, limits.time);
    for (std::size_t i = pipes.size(); i-- > 0;) {
      if ((pipes[i].revents & (POLLIN | POLLHUP)) == 0 ||
          readSome(running[i], line))
        continue;
      close(running[i].pipe);
      done(running[i].job, outcomeOf(running[i]));
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return true;
}

}  // namespace reproaudit
