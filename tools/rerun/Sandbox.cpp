// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Starting, watching and ending runs. Each run has a keeper, which sets up the
/// namespaces, starts the target and leaves nothing of it behind:
///
///     audit ── keeper (process 1 of its namespace, if allowed) ── target
#include "reproaudit/rerun/Sandbox.h"

#include "Artifact.h"
#include "Binary.h"
#include "Environment.h"
#include "Log.h"
#include "Workspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace reproaudit {
namespace fs = std::filesystem;

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

struct Sandbox::State {
  Target target;
  Scratch scratch;
  RunPaths paths;
  std::vector<std::string> environment;
  Capabilities capabilities;
  Workspace workspace;
  unsigned processors;
  Binary binary;
};

namespace {

// -- The keeper and the target: between fork and exec ------------------------

/// What the keeper needs to know; prepared by the parent, because a child of a
/// process with threads must not allocate.
struct Launch {
  const Workspace *workspace;
  std::vector<char *> arguments, environment;
  std::string directory;
  int out, err, status;  ///< Ends to write to.
  bool elsewhere, mounts, processes, network, fixedAddresses, pinnedSchedule;
  bool realtime;
  std::uint64_t outputLimit, memoryLimit;
  uid_t user;
  gid_t group;
};

/// What the keeper reports.
struct Ending {
  int error = 0;  ///< errno of what kept the target from being started.
  int status = 0;
};

volatile sig_atomic_t stopRequested = 0;
void requestStop(int) { stopRequested = 1; }

bool writeFile(const char *path, std::string_view text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  const bool good = fd >= 0 && write(fd, text.data(), text.size()) ==
                                   static_cast<ssize_t>(text.size());
  if (fd >= 0)
    close(fd);
  return good;
}

/// In a new user namespace, everybody keeps the name that they had.
void keepIdentity(uid_t user, gid_t group) {
  writeFile("/proc/self/setgroups", "deny");
  writeFile("/proc/self/uid_map", fmt::format("{0} {0} 1\n", user));
  writeFile("/proc/self/gid_map", fmt::format("{0} {0} 1\n", group));
}

void limit(int resource, rlim_t value) {
  rlimit limits{};
  getrlimit(static_cast<__rlimit_resource>(resource), &limits);
  limits.rlim_cur = std::min(value, limits.rlim_max);
  setrlimit(static_cast<__rlimit_resource>(resource), &limits);
}

constexpr int kPinnedPriority = 20;

bool pinToOneProcessor(bool realtime) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  int last = 0;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &allowed))
      last = i;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  sched_setaffinity(0, sizeof one, &one);
  sched_param parameter{};
  parameter.sched_priority = realtime ? kPinnedPriority : 0;
  return sched_setscheduler(0, realtime ? SCHED_FIFO : SCHED_BATCH,
                            &parameter) == 0;
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
  (void)(write(launch.status, &ending, sizeof ending) == 0);
  _exit(127);
}

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

bool setUpNamespaces(const Launch &launch) {
  if (!launch.mounts)
    return true;
  return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         (!launch.processes ||
          mount("proc", "/proc", "proc", 0, nullptr) == 0) &&
         launch.workspace->mount(launch.elsewhere);
}

[[noreturn]] void keep(const Launch &launch, bool newUser) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  struct sigaction action{};
  action.sa_handler = requestStop;  // No SA_RESTART: waitpid must return.
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGINT, SIG_IGN);  // The parent decides.
  if (newUser)
    keepIdentity(launch.user, launch.group);
  Ending ending;
  const bool ready = setUpNamespaces(launch);
  const pid_t target = ready ? fork() : -1;
  if (target == 0)
    becomeTarget(launch);
  if (target < 0) {
    ending.error = errno;
  } else {
    pid_t ended = 0;
    while (ended != target && stopRequested == 0) {
      ended = waitpid(-1, &ending.status, 0);
      if (ended < 0 && errno == ECHILD)
        break;
    }
    if (ended != target)
      kill(target, SIGKILL);
  }
  if (!launch.processes)
    killDescendants();
  (void)(write(launch.status, &ending, sizeof ending) == 0);
  _exit(0);
}

/// Like fork, into new namespaces.
pid_t forkInto(unsigned long namespaces) {
  return static_cast<pid_t>(
      syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, 0));
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

// -- The parent: watching ----------------------------------------------------

class Descriptor {
public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0)
      close(std::exchange(fd_, -1));
  }

private:
  int fd_;
};

struct Pipe {
  Descriptor read, write;
  Pipe() {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) == 0) {
      read = Descriptor(ends[0]);
      write = Descriptor(ends[1]);
    }
  }
};

/// The bytes that arrive from a run.
struct Streams {
  Pipe out, err, status;
  ArtifactBuilder outBytes{"stdout", 0}, errBytes{"stderr", 0};
  Ending ending;
  bool ended = false;
};

/// Takes what \p fd has; false at its end.
bool drain(int fd, ArtifactBuilder &bytes) {
  std::array<char, 65536> block;
  const ssize_t got = read(fd, block.data(), block.size());
  if (got > 0)
    bytes.append({block.data(), static_cast<std::size_t>(got)});
  return got > 0 || (got < 0 && errno == EINTR);
}

enum class Watched : std::uint8_t { Ended, TimedOut, TooMuchOutput };

/// Reads until the target and all who inherited its streams have closed them.
Watched watch(Streams &streams, Clock::time_point deadline,
              std::uint64_t outputLimit) {
  for (;;) {
    std::array<pollfd, 3> ready = {{{streams.out.read.get(), POLLIN, 0},
                                    {streams.err.read.get(), POLLIN, 0},
                                    {streams.status.read.get(), POLLIN, 0}}};
    if (ready[0].fd < 0 && ready[1].fd < 0 && ready[2].fd < 0)
      return Watched::Ended;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const int count = poll(ready.data(), ready.size(),
                           static_cast<int>(std::max<long>(0, left.count())));
    if (count == 0)
      return Watched::TimedOut;
    if (ready[0].revents != 0 && !drain(ready[0].fd, streams.outBytes))
      streams.out.read.reset();
    if (ready[1].revents != 0 && !drain(ready[1].fd, streams.errBytes))
      streams.err.read.reset();
    if (ready[2].revents != 0) {
      Ending ending;
      if (read(ready[2].fd, &ending, sizeof ending) != sizeof ending)
        streams.status.read.reset();
      else if (!streams.ended)
        streams.ended = true, streams.ending = ending;
    }
    if (streams.outBytes.size() + streams.errBytes.size() > outputLimit)
      return Watched::TooMuchOutput;
  }
}

/// Ends a keeper that does not end by itself.
void stop(pid_t keeper) {
  kill(keeper, SIGTERM);
  for (int i = 0; i < 200; ++i) {
    if (waitpid(keeper, nullptr, WNOHANG) != 0)
      return;
    usleep(10'000);
  }
  kill(keeper, SIGKILL);
  waitpid(keeper, nullptr, 0);
}

// -- What is allowed here ----------------------------------------------------

/// Whether \p works returns true in a child in new \p namespaces.
template <class Works> bool tryIn(unsigned long namespaces, Works works) {
  const pid_t child = forkInto(namespaces);
  if (child == 0)
    _exit(works() ? 0 : 1);
  int status = 1;
  if (child > 0)
    waitpid(child, &status, 0);
  return child > 0 && status == 0;
}

Capabilities probe(Workspace &workspace, bool namespaces) {
  Capabilities result;
  const uid_t user = getuid();
  const gid_t group = getgid();
  const unsigned long userFlag = user == 0 ? 0 : CLONE_NEWUSER;
  const auto mounts = [&] {
    if (userFlag)
      keepIdentity(user, group);
    return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           workspace.mount(false);
  };
  const auto procs = [&] {
    return mounts() && mount("proc", "/proc", "proc", 0, nullptr) == 0;
  };
  constexpr unsigned long kMounts = CLONE_NEWNS | CLONE_NEWNET;
  workspace.prepare(false);
  result.mounts = namespaces && tryIn(userFlag | kMounts, mounts);
  workspace.collect(false);  // Layers are good for one mount.
  workspace.prepare(false);
  result.processes =
      result.mounts &&
      tryIn(userFlag | kMounts | CLONE_NEWPID | CLONE_NEWIPC, procs);
  result.uncovered = workspace.uncovered();
  workspace.collect(false);
  result.fixedAddresses =
      tryIn(0, [] { return personality(ADDR_NO_RANDOMIZE) != -1; });
  result.realtime = tryIn(0, [] { return pinToOneProcessor(true); });
  return result;
}

/// The source of a locale in which numbers look different.
constexpr const char *kLocaleSource = R"(LC_NUMERIC
decimal_point ","
thousands_sep "."
grouping 3;3
END LC_NUMERIC
LC_CTYPE
copy "POSIX"
END LC_CTYPE
LC_COLLATE
order_start forward
<U0061>
<U0041>
<U0062>
<U0042>
UNDEFINED
order_end
END LC_COLLATE
LC_TIME
abday "xa";"xb";"xc";"xd";"xe";"xf";"xg"
day "xaa";"xbb";"xcc";"xdd";"xee";"xff";"xgg"
abmon "ya";"yb";"yc";"yd";"ye";"yf";"yg";"yh";"yi";"yj";"yk";"yl"
mon "yaa";"ybb";"ycc";"ydd";"yee";"yff";"ygg";"yhh";"yii";"yjj";"ykk";"yll"
d_t_fmt "%d.%m.%Y %T"
d_fmt "%d.%m.%Y"
t_fmt "%T"
am_pm "";""
t_fmt_ampm ""
END LC_TIME
LC_MONETARY
copy "POSIX"
END LC_MONETARY
LC_MESSAGES
copy "POSIX"
END LC_MESSAGES
)";

bool compileLocale(const fs::path &directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  const fs::path source = directory / "source";
  std::ofstream(source) << kLocaleSource;
  const fs::path result = directory / kLocaleName;
  return tryIn(0,
               [&] {
                 const int nothing = open("/dev/null", O_RDWR);
                 dup2(nothing, 1);
                 dup2(nothing, 2);
                 const pid_t child = fork();
                 if (child == 0) {
                   execlp("localedef", "localedef", "--no-archive", "-c", "-i",
                          source.c_str(), result.c_str(), nullptr);
                   _exit(127);
                 }
                 // It complains about what the source leaves out.
                 return waitpid(child, nullptr, 0) == child;
               }) &&
         fs::exists(result / "LC_NUMERIC", error);
}

std::vector<char *> pointersTo(std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  pointers.reserve(texts.size());
  for (std::string &text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::uint64_t physicalMemory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Programs started from \p view, a copy that is gone after the run, are those
/// in \p directory.
void nameOriginals(Observation &observation, const std::string &view,
                   const std::string &directory) {
  for (SiteRecord &site : observation.sites)
    for (Frame &frame : site.stack)
      if (frame.module.starts_with(view + "/"))
        frame.module = directory + frame.module.substr(view.size());
}

}  // namespace

std::expected<Sandbox, std::string> Sandbox::create(Target target,
                                                    const fs::path &library) {
  auto scratch = Scratch::create();
  if (!scratch)
    return std::unexpected(scratch.error());
  const fs::path root = scratch->path();
  // A copy: its path has no character that LD_PRELOAD cannot hold.
  RunPaths paths{root / "perturb.so", root / "config", root / "log",
                 root / "trace",      root / "home",   root / "locales"};
  std::error_code error;
  fs::copy_file(library, paths.library, error);
  if (error)
    return std::unexpected(
        fmt::format("cannot read {}: {}", library.string(), error.message()));
  fs::create_directories(paths.home, error);

  Workspace overlay(target.directory, root, View::Overlay);
  Capabilities capabilities = probe(overlay, target.namespaces);
  capabilities.locale = compileLocale(paths.locales);
  Binary binary =
      readBinary(executableOf(target.command.front(), target.directory));
  Workspace workspace(target.directory, root,
                      capabilities.mounts ? View::Overlay : View::Copy);
  auto state = std::make_unique<State>(State{
      std::move(target), std::move(*scratch), std::move(paths),
      ownEnvironment(), capabilities, std::move(workspace),
      static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN)), std::move(binary)});
  return Sandbox(std::move(state));
}

Sandbox::Sandbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sandbox::Sandbox(Sandbox &&) noexcept = default;
Sandbox &Sandbox::operator=(Sandbox &&) noexcept = default;
Sandbox::~Sandbox() = default;

bool Sandbox::tracesValues() const { return state_->binary.traces; }

const Capabilities &Sandbox::capabilities() const {
  return state_->capabilities;
}

void Sandbox::setTimeout(Seconds timeout) { state_->target.timeout = timeout; }

void Sandbox::forgoRealtime() { state_->capabilities.realtime = false; }

Observation Sandbox::run(const Intervention &intervention, const Probe &probe) {
  State &state = *state_;
  const Capabilities &can = state.capabilities;
  Observation observation;
  const bool elsewhere = intervention.seeds.contains(Factor::Cwd);
  const bool perturbedSchedule = intervention.seeds.contains(Factor::Sched);
  observation.failure = state.workspace.prepare(elsewhere);
  if (!observation.failure.empty())
    return observation;
  fs::remove(state.paths.log);
  fs::remove(trailOf(state.paths));
  fs::remove(state.paths.trace);
  std::ofstream(state.paths.config)
      << configurationOf(intervention, probe, state.paths, state.binary,
                         state.processors, can.realtime && perturbedSchedule);

  Launch launch;
  launch.workspace = &state.workspace;
  launch.directory = state.workspace.start(elsewhere).string();
  std::vector<std::string> environment = environmentOf(
      intervention, probe, state.environment, state.paths, launch.directory);
  launch.arguments = pointersTo(state.target.command);
  launch.environment = pointersTo(environment);
  launch.elsewhere = elsewhere;
  launch.mounts = can.mounts;
  launch.processes = can.processes;
  launch.network = state.target.network;
  launch.fixedAddresses = can.fixedAddresses && intervention.pinned &&
                          !intervention.seeds.contains(Factor::Aslr);
  launch.pinnedSchedule = intervention.pinned;
  launch.realtime = can.realtime;
  launch.outputLimit = state.target.outputLimit;
  launch.memoryLimit = state.target.memoryLimit != 0 ? state.target.memoryLimit
                                                     : physicalMemory();
  launch.user = getuid();
  launch.group = getgid();

  Streams streams;
  launch.out = streams.out.write.get();
  launch.err = streams.err.write.get();
  launch.status = streams.status.write.get();
  const Clock::time_point start = Clock::now();
  const unsigned long namespaces = namespacesOf(launch);
  const pid_t keeper = forkInto(namespaces);
  if (keeper == 0)
    keep(launch, (namespaces & CLONE_NEWUSER) != 0);
  streams.out.write.reset();
  streams.err.write.reset();
  streams.status.write.reset();
  const Watched watched = watch(
      streams,
      start + std::chrono::duration_cast<Clock::duration>(state.target.timeout),
      state.target.outputLimit);
  if (watched == Watched::Ended)
    waitpid(keeper, nullptr, 0);
  else
    stop(keeper);
  observation.time = Clock::now() - start;
  observation.timedOut = watched == Watched::TimedOut;
  observation.tooMuchOutput = watched == Watched::TooMuchOutput;
  const int status = streams.ending.status;
  observation.exitCode =
      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (keeper < 0 || streams.ending.error != 0)
    observation.failure =
        fmt::format("cannot start {}: {}", state.target.command.front(),
                    std::strerror(keeper < 0 ? errno : streams.ending.error));

  observation.artifacts = state.workspace.collect(elsewhere);
  observation.artifacts.insert(
      observation.artifacts.begin(),
      {streams.errBytes.finish(), streams.outBytes.finish()});
  std::ranges::sort(observation.artifacts, {}, &Artifact::name);
  readLog(state.paths.log, observation);
  nameOriginals(observation, launch.directory, state.target.directory.string());
  observation.trail = readTrail(trailOf(state.paths));
  observation.trail.values = readValues(state.paths.trace);
  return observation;
}

}  // namespace reproaudit
