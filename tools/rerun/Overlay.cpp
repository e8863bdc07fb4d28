// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Overlay.h"

#include "Artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace reproaudit {
namespace fs = std::filesystem;

// -- Files -------------------------------------------------------------------

void removeTree(const fs::path &path) {
  std::error_code ignored;
  if (fs::is_directory(fs::symlink_status(path, ignored))) {
    fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, ignored);
    std::set<fs::path> children;
    for (const auto &entry : fs::directory_iterator(path, ignored))
      children.insert(entry.path());
    std::ranges::for_each(children, removeTree);
  }
  fs::remove(path, ignored);
}

namespace {

Artifact readFile(const fs::path &path, std::string name,
                  const struct stat &status) {
  ArtifactBuilder builder(std::move(name), status.st_mode & 07777);
  std::ifstream file(path, std::ios::binary);
  std::string block(1 << 18, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    builder.append({block.data(), static_cast<std::size_t>(file.gcount())});
  }
  return builder.finish();
}

}  // namespace

Artifact describe(const fs::path &path, const std::string &name) {
  struct stat status{};
  std::error_code ignored;
  lstat(path.c_str(), &status);
  if (S_ISLNK(status.st_mode))
    return makeArtifact(name,
                        "link to " + fs::read_symlink(path, ignored).string());
  if (S_ISCHR(status.st_mode) && status.st_rdev == 0)
    return makeArtifact(name, "deleted");
  if (!S_ISREG(status.st_mode))
    return makeArtifact(name, "special file");
  return readFile(path, name, status);
}

// -- Places ------------------------------------------------------------------

namespace {

bool isBelow(const fs::path &path, const fs::path &parent) {
  return std::ranges::mismatch(parent, path).in1 == parent.end();
}

/// Kernel interfaces and run-time sockets, not files of programs.
bool isSystemPlace(const fs::path &path) {
  constexpr std::array kSystem = {"/proc", "/sys", "/dev", "/run"};
  return std::ranges::any_of(
      kSystem, [&](const char *system) { return isBelow(path, system); });
}

/// Interfaces of the kernel, wherever they are mounted.
bool isKernelInterface(std::string_view type) {
  constexpr std::array<std::string_view, 9> kTypes = {
      "proc",    "sysfs",  "devtmpfs", "devpts", "cgroup",
      "cgroup2", "mqueue", "debugfs",  "tracefs"};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

struct Mounts {
  std::vector<fs::path> writable, fixed;
};

/// `/proc/self/mountinfo`: ID PARENT DEVICE ROOT POINT OPTIONS ... - TYPE ...
Mounts readMounts() {
  Mounts mounts;
  bool rootSeen = false;
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string skipped, point, options;
    words >> skipped >> skipped >> skipped >> skipped >> point >> options;
    std::string type;
    while (words >> type && type != "-")
      ;
    words >> type;
    std::error_code error;
    if (point.empty() || isSystemPlace(point) || isKernelInterface(type))
      continue;
    const bool isWritable = options.starts_with("rw") &&
                            point.find('\\') == std::string::npos &&
                            fs::is_directory(point, error);
    (isWritable ? mounts.writable : mounts.fixed).emplace_back(point);
    rootSeen |= point == "/";
  }
  if (!rootSeen)  // The root of a chroot is a directory like others.
    mounts.writable.emplace_back("/");
  return mounts;
}

/// Directories to cover: the mount points, and for the root, which cannot be
/// mounted upon, what is in it. Not those above something that must stay.
std::vector<fs::path> findPlaces() {
  const auto [writable, fixed] = readMounts();
  std::vector<fs::path> places;
  for (const fs::path &point : writable) {
    if (point != "/") {
      places.push_back(point);
      continue;
    }
    std::error_code error;
    for (const auto &entry : fs::directory_iterator("/", error))
      if (entry.is_directory(error) && !entry.is_symlink(error) &&
          !isSystemPlace(entry.path()))
        places.push_back(entry.path());
  }
  std::ranges::sort(places);
  std::erase_if(places, [&](const fs::path &place) {
    return std::ranges::any_of(
        fixed, [&](const fs::path &other) { return isBelow(other, place); });
  });
  std::ranges::sort(places);
  const auto repeated = std::ranges::unique(places);
  places.erase(repeated.begin(), repeated.end());
  return places;
}

constexpr const char *kSharedMemory = "/dev/shm";

std::string pathOf(int descriptor) {
  return fmt::format("/proc/self/fd/{}", descriptor);
}

int openPlace(const fs::path &path) {
  return open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

// -- Overlay -----------------------------------------------------------------

Overlay::Overlay(fs::path directory, fs::path scratch)
    : directory_(std::move(directory)), scratch_(std::move(scratch)),
      upper_(scratch_ / "upper"), layer_(scratch_ / "layer"),
      places_(findPlaces()) {
  // Last, for the case that the one around it cannot be covered, or is not
  // enough.
  places_.push_back(directory_);
}

void Overlay::prepare() const {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    std::error_code ignored;
    fs::create_directories(upper_ / std::to_string(i), ignored);
    fs::create_directories(layer_ / std::to_string(i), ignored);
  }
}

bool Overlay::mountPlace(std::size_t i, const std::string &lower) const {
  const std::string layers =
      fmt::format("lowerdir={},upperdir={}/{},workdir={}/{}", lower,
                  upper_.string(), i, layer_.string(), i);
  // `userxattr` is what unprivileged users need, and what root may not have.
  // `volatile`: nobody waits for what is thrown away to reach the disk.
  for (const char *options :
       {",volatile", ",volatile,userxattr", "", ",userxattr"})
    if (::mount("overlay", places_[i].c_str(), "overlay", 0,
                (layers + options).c_str()) == 0)
      return true;
  return false;
}

/// The scratch directory, which holds the layers, stays what it is.
bool Overlay::keepScratch(int scratch) const {
  std::error_code ignored;
  fs::create_directories(scratch_, ignored);
  return ::mount(pathOf(scratch).c_str(), scratch_.c_str(), nullptr,
                 MS_BIND | MS_REC, nullptr) == 0;
}

bool Overlay::mount(const fs::path &elsewhere) const {
  // Opened before the first mount hides them.
  std::vector<int> lower;
  lower.reserve(places_.size());
  for (const fs::path &place : places_)
    lower.push_back(openPlace(place));
  const int scratch = openPlace(scratch_);
  bool covered = false;
  std::ofstream uncovered(scratch_ / "uncovered");
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const bool isLast = i + 1 == places_.size();
    // Who is not root cannot write below directories of others, because the
    // overlay must copy these, with their owners.
    if (isLast && covered && getuid() == 0)
      break;
    const bool done = mountPlace(i, pathOf(lower[i]));
    covered |= done && isBelow(directory_, places_[i]);
    if (!done)
      uncovered << places_[i].string() << '\n';
    if (done && isBelow(scratch_, places_[i]) && !keepScratch(scratch))
      return false;
  }
  if (::mount("tmpfs", kSharedMemory, "tmpfs", 0, nullptr) == 0 &&
      isBelow(scratch_, kSharedMemory) && !keepScratch(scratch))
    return false;
  // All of it: the program may look for files beside the work directory.
  return covered &&
         (elsewhere.empty() || ::mount("/", elsewhere.c_str(), nullptr,
                                       MS_BIND | MS_REC, nullptr) == 0);
}

std::string Overlay::nameOf(const fs::path &path) const {
  return (isBelow(path, directory_) ? path.lexically_relative(directory_)
                                    : path)
      .string();
}

std::vector<Artifact> Overlay::collect() const {
  std::vector<Artifact> artifacts;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const fs::path root = upper_ / std::to_string(i);
    std::error_code error;
    for (fs::recursive_directory_iterator entry(root, error), end;
         !error && entry != end; entry.increment(error))
      if (!entry->is_directory(error) || entry->is_symlink(error))
        artifacts.push_back(describe(
            entry->path(),
            nameOf(places_[i] / entry->path().lexically_relative(root))));
  }
  removeTree(upper_);
  removeTree(layer_);
  std::ranges::sort(artifacts, {}, &Artifact::name);
  return artifacts;
}

std::vector<std::string> Overlay::uncovered() const {
  std::vector<std::string> places;
  std::ifstream file(scratch_ / "uncovered");
  for (std::string line; std::getline(file, line);)
    places.push_back(line);
  return places;
}

}  // namespace reproaudit
