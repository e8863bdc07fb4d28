// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string_view>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace reproaudit {

/// Like fork, into new \p namespaces: flags of clone(2).
pid_t forkInto(unsigned long namespaces);

/// In a new user namespace: everybody keeps the name that they had.
void keepIdentity(uid_t user, gid_t group);

/// In a new mount namespace: what is mounted from now on shows nowhere else.
bool makeMountsPrivate();

/// Writes to a file that exists, such as one of the kernel's.
bool writeFile(const char *path, std::string_view text);

/// Confines this process to one processor; \p realtime: so that its threads
/// run one after the other. False: not allowed.
bool pinToOneProcessor(bool realtime);

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

}  // namespace reproaudit
