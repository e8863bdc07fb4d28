// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Workspace.h"

#include "Artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace reproaudit {
namespace fs = std::filesystem;

// -- Scratch -----------------------------------------------------------------

namespace {

constexpr const char *kPrefix = "reproaudit-run.";

/// Takes the lock of a scratch directory, unless its owner lives.
int lockOf(const fs::path &scratch) {
  const int fd =
      open((scratch / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  if (fd >= 0)
    close(fd);
  return -1;
}

/// What audits that were killed have left.
void removeLeftovers(const fs::path &parent) {
  std::error_code ignored;
  for (const auto &entry : fs::directory_iterator(parent, ignored)) {
    struct stat status{};
    if (!entry.path().filename().string().starts_with(kPrefix) ||
        lstat(entry.path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        status.st_uid != geteuid())
      continue;
    if (const int lock = lockOf(entry.path()); lock >= 0) {
      removeTree(entry.path());
      close(lock);
    }
  }
}

}  // namespace

namespace {

constexpr const char *kMemory = "/dev/shm";
constexpr const char *kDisk = "/tmp";

/// Memory, if there is enough: creating and removing files costs nothing there.
/// The same for every audit on a machine, so that paths have the same length.
fs::path scratchParent() {
  constexpr std::uint64_t kEnough = std::uint64_t{8} << 30;
  struct statvfs memory{};
  const bool usable = statvfs(kMemory, &memory) == 0 &&
                      (memory.f_flag & (ST_NOEXEC | ST_RDONLY)) == 0 &&
                      memory.f_blocks * memory.f_frsize >= kEnough &&
                      access(kMemory, W_OK) == 0;
  return usable ? kMemory : kDisk;
}

}  // namespace

std::expected<Scratch, std::string> Scratch::create() {
  const fs::path parent = scratchParent();
  removeLeftovers(kMemory);
  removeLeftovers(kDisk);
  std::string path = (parent / kPrefix).string() + "XXXXXX";
  if (!mkdtemp(path.data()))
    return std::unexpected(
        fmt::format("cannot create {}: {}", path, std::strerror(errno)));
  return Scratch(path, lockOf(path));
}

Scratch::Scratch(fs::path path, int lock)
    : path_(std::move(path)), lock_(lock) {}

Scratch::Scratch(Scratch &&other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::exchange(other.lock_, -1)) {}

Scratch::~Scratch() {
  if (!path_.empty())
    removeTree(path_);
  if (lock_ >= 0)
    close(lock_);
}

// -- Artifacts ---------------------------------------------------------------

namespace {

/// Calls \p visit for everything below \p root that is not a directory.
template <class Visit> void forEachFile(const fs::path &root, Visit visit) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end;
       !error && entry != end; entry.increment(error))
    if (!entry->is_directory(error) || entry->is_symlink(error))
      visit(entry->path(), fs::relative(entry->path(), root).string());
}

void sortByName(std::vector<Artifact> &artifacts) {
  std::ranges::sort(artifacts, {}, &Artifact::name);
}

}  // namespace

// -- Workspace ---------------------------------------------------------------

namespace {

constexpr std::uintmax_t kMaxCopiedBytes = std::uintmax_t{1} << 30;
constexpr std::size_t kMaxCopiedFiles = 20000;

}  // namespace

Workspace::Workspace(fs::path directory, const fs::path &scratch, View view)
    : directory_(std::move(directory)), copy_(scratch / "copy" / "work"),
      elsewhere_(scratch / "elsewhere" / "another-directory"), view_(view),
      overlay_(directory_, scratch) {}

fs::path Workspace::start(bool elsewhere) const {
  if (view_ == View::Overlay)
    return elsewhere ? elsewhere_ / directory_.relative_path() : directory_;
  return elsewhere ? elsewhere_ : copy_;
}

std::string Workspace::prepare(bool elsewhere) {
  std::error_code error;
  if (view_ == View::Overlay) {
    overlay_.prepare();
    fs::create_directories(elsewhere_, error);
    return error ? error.message() : "";
  }
  if (pristine_.empty())
    if (std::string problem = copyAll(); !problem.empty())
      return problem;
  if (elsewhere) {
    fs::create_directories(elsewhere_.parent_path(), error);
    fs::rename(copy_, elsewhere_, error);
  }
  return error ? error.message() : "";
}

bool Workspace::mount(bool elsewhere) const {
  return view_ == View::Copy ||
         overlay_.mount(elsewhere ? elsewhere_ : fs::path());
}

std::vector<Artifact> Workspace::collect(bool elsewhere) {
  if (view_ == View::Overlay)
    return overlay_.collect();
  if (elsewhere) {
    std::error_code ignored;
    fs::rename(elsewhere_, copy_, ignored);
  }
  return collectCopy();
}

std::string Workspace::copyAll() {
  std::uintmax_t bytes = 0;
  std::size_t files = 0;
  std::error_code error;
  forEachFile(directory_, [&](const fs::path &path, const std::string &) {
    ++files;
    if (const auto size = fs::file_size(path, error); !error)
      bytes += size;
  });
  if (bytes > kMaxCopiedBytes || files > kMaxCopiedFiles)
    return fmt::format(
        "{} has {} files with {} MiB: too much to copy for every "
        "run; start the program in a directory of its own, or "
        "allow user namespaces",
        directory_.string(), files, bytes >> 20);
  fs::create_directories(copy_.parent_path(), error);
  fs::copy(directory_, copy_,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks,
           error);
  if (error)
    return fmt::format("cannot copy {}: {}", directory_.string(),
                       error.message());
  forEachFile(copy_, [&](const fs::path &path, const std::string &name) {
    std::error_code ignored;
    pristine_[name] = {fs::file_size(path, ignored),
                       fs::last_write_time(path, ignored)};
  });
  pristine_.try_emplace("");  // Copied, even if there was nothing.
  return "";
}

std::vector<Artifact> Workspace::collectCopy() {
  std::vector<Artifact> artifacts;
  std::map<std::string, Stamp> unseen = pristine_;
  unseen.erase("");
  forEachFile(copy_, [&](const fs::path &path, const std::string &name) {
    std::error_code ignored;
    const auto known = unseen.find(name);
    const Stamp stamp{fs::file_size(path, ignored),
                      fs::last_write_time(path, ignored)};
    const bool unchanged = known != unseen.end() && known->second == stamp;
    if (known != unseen.end())
      unseen.erase(known);
    if (!unchanged)
      artifacts.push_back(describe(path, name));
  });
  for (const auto &[name, stamp] : unseen)
    artifacts.push_back(makeArtifact(name, "deleted"));
  if (!artifacts.empty()) {  // What was written may have been an input.
    removeTree(copy_);
    pristine_.clear();
  }
  sortByName(artifacts);
  return artifacts;
}

}  // namespace reproaudit
