// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/analysis/Project.h"

#include "Readers.h"
#include "reproaudit/analysis/Dependency.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace reproaudit {
namespace {

/// Larger files are data; no declaration that people keep is that long.
constexpr std::uintmax_t kMaxFileSize = 8U << 20U;

bool isInside(const std::filesystem::path &path,
              const std::filesystem::path &folder) {
  const auto [end, rest] =
      std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace

Project::Project(std::string root, std::vector<std::string> files,
                 std::vector<ProjectUnit> units,
                 std::map<std::string, std::string> instead,
                 std::string cmakeTrace)
    : root_(std::move(root)), files_(std::move(files)),
      units_(std::move(units)), instead_(std::move(instead)),
      cmakeTrace_(std::move(cmakeTrace)), texts_(root_, instead_) {}

Project::~Project() = default;

bool Project::contains(const std::string &path) const {
  return std::ranges::binary_search(files_, path);
}

bool Project::isUntracked(const std::string &path) const {
  std::error_code error;
  return !contains(path) && std::filesystem::is_regular_file(
                                std::filesystem::path(root_) / path, error);
}

std::string Project::unreadable(const std::string &path) const {
  namespace fs = std::filesystem;
  if (instead_.contains(path))
    return "";
  std::error_code error;
  const fs::path full = fs::path(root_) / path;
  const fs::path real = fs::canonical(full, error);
  if (error)
    return "it does not exist or its links lead nowhere";
  if (!isInside(real, fs::canonical(root_, error)))
    return "it leads out of the repository";
  if (!fs::is_regular_file(real, error))
    return "it is not a regular file";
  if (fs::file_size(real, error) > kMaxFileSize)
    return "it is larger than 8 MiB";
  return "";
}

const std::string &Project::text(const std::string &path) const {
  static const std::string kNothing;
  return unreadable(path).empty() ? texts_.text(path) : kNothing;
}

const Inventory &Project::inventory() const {
  if (!inventory_)
    inventory_ = std::make_unique<Inventory>(readInventory(*this));
  return *inventory_;
}

}  // namespace reproaudit
