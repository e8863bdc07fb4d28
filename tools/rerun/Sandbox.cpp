// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Watches a run, and collects what it leaves.
#include "reproaudit/rerun/Sandbox.h"

#include "Artifact.h"
#include "Binary.h"
#include "Capabilities.h"
#include "Environment.h"
#include "Keeper.h"
#include "Log.h"
#include "Workspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace reproaudit {
namespace fs = std::filesystem;

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

namespace {
struct Streams;
}

struct Sandbox::State {
  /// \p variables must outlive the result.
  Launch launch(const Intervention &intervention, const Streams &streams,
                std::vector<std::string> &variables);

  Target target;
  Scratch scratch;
  RunPaths paths;
  std::vector<std::string> environment;
  Capabilities capabilities;
  Workspace workspace;
  unsigned processors;
  Binary binary;
  unsigned runs = 0;  ///< Started so far.
};

namespace {

// -- Watching ----------------------------------------------------------------

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

/// Reads until the target and all who inherited its streams have closed them.
Limit watch(Streams &streams, Clock::time_point deadline,
            std::uint64_t outputLimit) {
  for (;;) {
    std::array<pollfd, 3> ready = {{{streams.out.read.get(), POLLIN, 0},
                                    {streams.err.read.get(), POLLIN, 0},
                                    {streams.status.read.get(), POLLIN, 0}}};
    if (ready[0].fd < 0 && ready[1].fd < 0 && ready[2].fd < 0)
      return Limit::None;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const int count = poll(ready.data(), ready.size(),
                           static_cast<int>(std::max<long>(0, left.count())));
    if (count == 0)
      return Limit::Time;
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
      return Limit::Output;
  }
}

// -- Preparing ---------------------------------------------------------------

std::vector<char *> pointersTo(std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string &text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::uint64_t physicalMemory() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Process ids: different in every ordinary run, as they are without us.
pid_t firstProcessOf(const Intervention &intervention, unsigned run) {
  constexpr unsigned kPinned = 4000, kLargest = 30000;
  unsigned step = 0;
  if (!intervention.pinned)
    step = run;
  else if (const auto entropy = intervention.seeds.find(Factor::Entropy);
           entropy != intervention.seeds.end() && intervention.sites.empty())
    step = static_cast<unsigned>(entropy->second);
  return static_cast<pid_t>(kPinned + 7919 * step % (kLargest - kPinned));
}

/// Waits for the end of the run that \p keeper looks after.
void await(pid_t keeper, Streams &streams, const Target &target,
           Observation &observation) {
  const int error = errno;
  streams.out.write.reset();
  streams.err.write.reset();
  streams.status.write.reset();
  observation.exceeded =
      watch(streams,
            Clock::now() +
                std::chrono::duration_cast<Clock::duration>(target.timeout),
            target.outputLimit);
  if (observation.exceeded == Limit::None)
    waitpid(keeper, nullptr, 0);
  else
    stopKeeper(keeper);
  const Ending &ending = streams.ending;
  if (ending.tooManyProcesses)
    observation.exceeded = Limit::Processes;
  observation.exitCode = WIFSIGNALED(ending.status)
                             ? 128 + WTERMSIG(ending.status)
                             : WEXITSTATUS(ending.status);
  if (keeper < 0 || ending.error != 0)
    observation.failure =
        fmt::format("cannot start {}: {}", target.command.front(),
                    std::strerror(keeper < 0 ? error : ending.error));
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

Launch Sandbox::State::launch(const Intervention &intervention,
                              const Streams &streams,
                              std::vector<std::string> &variables) {
  const Capabilities &can = capabilities;
  Launch launch;
  launch.workspace = &workspace;
  launch.elsewhere = intervention.seeds.contains(Factor::Cwd);
  launch.directory = workspace.start(launch.elsewhere).string();
  launch.arguments = pointersTo(target.command);
  launch.environment = pointersTo(variables);
  launch.out = streams.out.write.get();
  launch.err = streams.err.write.get();
  launch.status = streams.status.write.get();
  launch.mounts = can.mounts;
  launch.processes = can.processes;
  launch.network = target.network;
  launch.fixedAddresses = can.fixedAddresses && intervention.pinned &&
                          !intervention.seeds.contains(Factor::Aslr);
  launch.pinnedSchedule = intervention.pinned;
  launch.realtime = can.realtime;
  launch.outputLimit = target.outputLimit;
  launch.memoryLimit =
      target.memoryLimit != 0 ? target.memoryLimit : physicalMemory();
  launch.processLimit = target.processLimit;
  launch.firstProcess = firstProcessOf(intervention, runs++);
  launch.user = getuid();
  launch.group = getgid();
  return launch;
}

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

  Streams streams;
  std::vector<std::string> environment =
      environmentOf(intervention, probe, state.environment, state.paths,
                    state.workspace.start(elsewhere).string());
  const Launch launch = state.launch(intervention, streams, environment);
  const Clock::time_point start = Clock::now();
  await(startKeeper(launch), streams, state.target, observation);
  observation.time = Clock::now() - start;

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
