// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Namespaces.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

namespace reproaudit {

pid_t forkInto(unsigned long namespaces) {
  return static_cast<pid_t>(
      syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, 0));
}

bool writeFile(const char *path, std::string_view text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  const bool good = fd >= 0 && write(fd, text.data(), text.size()) ==
                                   static_cast<ssize_t>(text.size());
  if (fd >= 0)
    close(fd);
  return good;
}

void keepIdentity(uid_t user, gid_t group) {
  writeFile("/proc/self/setgroups", "deny");
  writeFile("/proc/self/uid_map", fmt::format("{0} {0} 1\n", user));
  writeFile("/proc/self/gid_map", fmt::format("{0} {0} 1\n", group));
}

// -- Mounts ------------------------------------------------------------------

namespace {

bool makePrivate() {
  return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// The root directory of a chroot is no mount point, and what it is mounted on
/// is out of reach: asking for our own namespace again leads to the true root.
/// From there the chroot is mounted upon itself and entered again.
bool makeRootAMount() {
  const int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (root < 0 || own < 0 || setns(own, CLONE_NEWNS) != 0 || !makePrivate())
    return false;
  const int tree = open_tree(root, "",
                             AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE |
                                 OPEN_TREE_CLOEXEC);
  return tree >= 0 &&
         move_mount(tree, "", root, "",
                    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0 &&
         fchdir(tree) == 0 && chroot(".") == 0;
}

}  // namespace

bool makeMountsPrivate() {
  return makePrivate() || (errno == EINVAL && makeRootAMount());
}

// -- Schedule ----------------------------------------------------------------

bool pinToOneProcessor(bool realtime) {
  constexpr int kPriority = 20;
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
  parameter.sched_priority = realtime ? kPriority : 0;
  return sched_setscheduler(0, realtime ? SCHED_FIFO : SCHED_BATCH,
                            &parameter) == 0;
}

}  // namespace reproaudit
