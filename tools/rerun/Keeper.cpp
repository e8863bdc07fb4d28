// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Keeper.h"

#include "Namespaces.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <string_view>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace reproaudit {
namespace {

// -- The target --------------------------------------------------------------

void limit(int resource, rlim_t value) {
  rlimit limits{};
  getrlimit(static_cast<__rlimit_resource>(resource), &limits);
  limits.rlim_cur = std::min(value, limits.rlim_max);
  setrlimit(static_cast<__rlimit_resource>(resource), &limits);
}

[[noreturn]] void becomeTarget(const Launch &launch) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  std::signal(SIGTERM, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, launch.outputLimit);
  limit(RLIMIT_DATA, launch.memoryLimit);
  if (launch.pinnedSchedule)
    pinToOneProcessor(launch.realtime);
  if (launch.fixedAddresses)
    personality(ADDR_NO_RANDOMIZE);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, 0);
  dup2(launch.out, 1);
  dup2(launch.err, 2);
  Ending ending;
  if (chdir(launch.directory.c_str()) == 0)
    execvpe(launch.arguments[0], launch.arguments.data(),
            launch.environment.data());
  ending.error = errno;
  // NOLINTNEXTLINE(repro-padding-bytes): a pipe to the same program
  (void)(write(launch.status, &ending, sizeof ending) == 0);
  _exit(127);
}

// -- Its processes -----------------------------------------------------------

/// Kills what the target has started, where no namespace does it.
void killDescendants() {
  const std::string path = fmt::format("/proc/self/task/{}/children", getpid());
  for (;;) {
    std::ifstream file(path);
    pid_t child = 0;
    bool any = false;
    while (file >> child) {
      kill(child, SIGKILL);
      any = true;
    }
    if (!any)
      return;
    // Not waited for all: children of the dead become ours and live on.
    while (waitpid(-1, nullptr, WNOHANG) > 0)
      ;
    usleep(1'000);
  }
}

/// How many processes this process can see.
std::uint64_t countProcesses() {
  std::uint64_t count = 0;
  DIR *directory = opendir("/proc");
  while (const dirent *entry = directory ? readdir(directory) : nullptr)
    count += std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0;
  if (directory)
    closedir(directory);
  return count;
}

volatile sig_atomic_t stopRequested = 0;
void requestStop(int) { stopRequested = 1; }
void lookAround(int) {}

/// Without SA_RESTART: waitpid() must return.
void onSignal(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  sigaction(signal, &action, nullptr);
}

/// Waits for \p target, while there are not too many of them.
Ending awaitTarget(const Launch &launch, pid_t target) {
  Ending ending;
  if (launch.processes) {
    constexpr timeval kInterval{0, 20'000};
    const itimerval timer{kInterval, kInterval};
    onSignal(SIGALRM, lookAround);
    setitimer(ITIMER_REAL, &timer, nullptr);
  }
  pid_t ended = 0;
  while (ended != target && stopRequested == 0 && !ending.tooManyProcesses) {
    ended = waitpid(-1, &ending.status, 0);
    if (ended < 0 && errno == ECHILD)
      break;
    if (ended < 0 && launch.processes)
      ending.tooManyProcesses = countProcesses() > launch.processLimit;
  }
  if (ended != target)
    kill(target, SIGKILL);
  return ending;
}

// -- The keeper --------------------------------------------------------------

bool setUpNamespaces(const Launch &launch) {
  if (!launch.mounts)
    return true;
  if (!makeMountsPrivate() ||
      (launch.processes && mount("proc", "/proc", "proc", 0, nullptr) != 0))
    return false;
  // The id of the target is the next one.
  if (launch.processes)
    writeFile("/proc/sys/kernel/ns_last_pid",
              fmt::format("{}", launch.firstProcess - 1));
  return launch.workspace->mount(launch.elsewhere);
}

[[noreturn]] void keep(const Launch &launch, bool newUser) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  onSignal(SIGTERM, requestStop);
  std::signal(SIGINT, SIG_IGN);  // The parent decides.
  if (newUser)
    keepIdentity(launch.user, launch.group);
  const bool ready = setUpNamespaces(launch);
  const pid_t target = ready ? fork() : -1;
  if (target == 0)
    becomeTarget(launch);
  Ending ending;
  if (target < 0)
    ending.error = errno;
  else
    ending = awaitTarget(launch, target);
  if (!launch.processes)
    killDescendants();
  // NOLINTNEXTLINE(repro-padding-bytes): a pipe to the same program
  (void)(write(launch.status, &ending, sizeof ending) == 0);
  _exit(0);
}

unsigned long namespacesOf(const Launch &launch) {
  unsigned long flags = 0;
  if (launch.mounts)
    flags |= CLONE_NEWNS;
  if (launch.processes)
    flags |= CLONE_NEWPID | CLONE_NEWIPC;
  if (launch.mounts && !launch.network)
    flags |= CLONE_NEWNET;
  if (flags != 0 && launch.user != 0)
    flags |= CLONE_NEWUSER;
  return flags;
}

}  // namespace

pid_t startKeeper(const Launch &launch) {
  const unsigned long namespaces = namespacesOf(launch);
  const pid_t keeper = forkInto(namespaces);
  if (keeper == 0)
    keep(launch, (namespaces & CLONE_NEWUSER) != 0);
  return keeper;
}

void stopKeeper(pid_t keeper) {
  kill(keeper, SIGTERM);
  for (int i = 0; i < 200; ++i) {
    if (waitpid(keeper, nullptr, WNOHANG) != 0)
      return;
    usleep(10'000);
  }
  kill(keeper, SIGKILL);
  waitpid(keeper, nullptr, 0);
}

}  // namespace reproaudit
