// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// One run of the target: what was done to it and what was seen.
///
/// Layer 3: plain values, no process is started here.
#pragma once

#include "reproaudit/rerun/Factor.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace reproaudit {

/// How a run is to differ from an ordinary one.
struct Intervention {
  bool pinned = true;  ///< Everything that can be fixed is fixed, except:
  std::map<Factor, std::uint64_t> seeds;  ///< The perturbed factors.
  std::vector<std::uint64_t> sites;       ///< Only there, if any; sorted.

  auto operator<=>(const Intervention &) const = default;
};

/// Something that a run leaves behind.
struct Artifact {
  std::string name;  ///< `stdout`, `stderr` or a path in the work directory.
  unsigned mode = 0;
  std::uint64_t size = 0;
  std::uint64_t hash = 0;  ///< Of everything, also where `bytes` ends early.
  std::string bytes;       ///< At most the first kKeptBytes.
};
inline constexpr std::size_t kKeptBytes = std::size_t{64} << 20;

/// A return address, independent of where the module was loaded.
struct Frame {
  std::string module;
  std::uint64_t offset = 0;
};

/// A place that asked for something that a factor can change.
struct SiteRecord {
  Factor factor{};
  std::uint64_t id = 0;
  std::string kind;  ///< What was called.
  std::vector<Frame> stack;
};

// -- What a run tells about its course ---------------------------------------

/// Four bytes of a heap block.
struct Cell {
  std::uint64_t block = 0;
  std::uint64_t offset = 0;
};

/// What to find out about a run besides its output.
struct Probe {
  bool blocks = false;    ///< How all heap blocks change.
  bool contents = false;  ///< What is in the blocks of `cells` at `epoch`.
  bool watch = false;     ///< Every store into `cells` from `epoch` on.
  bool values = false;    ///< What REPROAUDIT_TRACE records.
  std::optional<std::uint64_t> printed;  ///< Who writes this byte of stdout.
  std::uint64_t epoch = 0;               ///< Number of a write to stdout.
  std::vector<Cell> cells;               ///< At most four.
};

/// A heap block at the end of an epoch in which it has changed.
struct BlockState {
  std::uint64_t epoch = 0, id = 0, size = 0, hash = 0;
  std::uint64_t site = 0;  ///< Of the allocation.
};

struct Store {
  std::size_t cell = 0;  ///< Position in Probe::cells.
  std::uint32_t value = 0;
  Frame at;
};

/// One call of REPROAUDIT_TRACE; reproaudit/trace/trace.h.
struct TracedValue {
  std::string name, place;  ///< `loss`, `train.cpp:12`.
  std::uint64_t hash = 0, first = 0;
  std::size_t size = 0;  ///< Of an element, in bytes.
};

struct Trail {
  std::vector<TracedValue> values;
  std::vector<BlockState> blocks;
  std::map<std::uint64_t, std::string> contents;
  std::vector<Store> stores;
  std::vector<Frame> printer;
  int watchError = 0;  ///< errno, if breakpoints are not available.
};

/// What a run was ended for.
enum class Limit : std::uint8_t { None, Time, Output, Processes };

struct Observation {
  int exitCode = 0;  ///< As a shell shows it: 128 + signal if killed by one.
  Limit exceeded = Limit::None;
  std::string failure;  ///< Why the target could not be started, or "".
  std::chrono::duration<double> time{};
  std::vector<Artifact> artifacts;  ///< Sorted by name.
  bool loaded = false;              ///< The preload library reported itself.
  std::set<std::string> programs;   ///< Executables that it was loaded into.
  std::set<Factor> acknowledged;
  std::string dispatch;  ///< Tells the code paths of libm apart; "": no libm.
  std::vector<SiteRecord> sites;
  Trail trail;
};

}  // namespace reproaudit
