// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Where the target runs: in a copy of its world that is thrown away after each
/// run, with everything it started.
///
/// Layer 3.
#pragma once

#include "reproaudit/rerun/Run.h"

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace reproaudit {

struct Target {
  std::vector<std::string> command;
  std::filesystem::path directory;  ///< Where it is started.
  std::chrono::duration<double> timeout{600};
  std::uint64_t outputLimit = std::uint64_t{4} << 30;  ///< Bytes per file.
  std::uint64_t memoryLimit = 0;      ///< Bytes per process; 0: what there is.
  std::uint64_t processLimit = 4096;  ///< Processes at the same time.
  bool network = false;
  bool namespaces = true;  ///< False: do without, even where they work.
};

/// What this machine lets us do; each missing one is told to the user.
struct Capabilities {
  bool mounts = false;  ///< Private mounts: the work directory keeps its path.
  bool processes = false;  ///< Private process ids: nothing survives a run.
  bool fixedAddresses = false;  ///< ASLR can be switched off.
  bool realtime = false;        ///< The schedule can be fixed.
  bool locale = false;          ///< A locale with a decimal comma exists.
  std::vector<std::string> uncovered;  ///< Directories where writes stay.
};

class Sandbox {
public:
  /// Prepares runs of \p target with the preload library at \p library, or says
  /// why that is impossible.
  static std::expected<Sandbox, std::string>
  create(Target target, const std::filesystem::path &library);

  Sandbox(Sandbox &&) noexcept;
  Sandbox &operator=(Sandbox &&) noexcept;
  ~Sandbox();

  Observation run(const Intervention &intervention, const Probe &probe = {});
  const Capabilities &capabilities() const;
  /// Whether the target was built with reproaudit/trace/trace.h.
  bool tracesValues() const;
  /// Runs that take longer are killed.
  void setTimeout(std::chrono::duration<double> timeout);
  /// Pins the schedule less strictly: for programs that wait by spinning.
  void forgoRealtime();

private:
  struct State;
  explicit Sandbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace reproaudit
