// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Each run has a keeper, which sets up the namespaces, starts the target and
/// leaves nothing of it behind:
///
///     audit ── keeper (process 1 of its namespace, if allowed) ── target
#pragma once

#include "Workspace.h"
#include "reproaudit/rerun/Run.h"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace reproaudit {

/// What the keeper needs to know. Prepared before it is forked off.
struct Launch {
  const Workspace *workspace;
  std::vector<char *> arguments, environment;
  std::string directory;
  int out, err, status;  ///< Ends to write to.
  bool elsewhere, mounts, processes, network, fixedAddresses, pinnedSchedule;
  bool realtime;
  std::uint64_t outputLimit, memoryLimit, processLimit;
  pid_t firstProcess;  ///< Id of the target, where process ids are private.
  uid_t user;
  gid_t group;
};

/// What the keeper writes to Launch::status when the target has ended.
struct Ending {
  int error = 0;  ///< errno of what kept the target from being started.
  int status = 0;
  bool tooManyProcesses = false;
};

/// Starts the keeper of a run; -1 and errno if that is impossible.
pid_t startKeeper(const Launch &launch);

/// Ends a keeper that does not end by itself.
void stopKeeper(pid_t keeper);

}  // namespace reproaudit
