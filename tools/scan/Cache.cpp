// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Cache.h"

#include "clang/Basic/Version.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <vector>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;

/// Nothing else has such a name: `clean` must not remove what others keep in a
/// folder that the user named.
constexpr std::string_view kSuffix = ".reproaudit-unit";

/// A hash of this program: another build may find other things.
const std::string &programHash() {
  static const std::string hash = [] {
    const auto buffer = llvm::MemoryBuffer::getFile("/proc/self/exe");
    return buffer ? contentHash((*buffer)->getBuffer()) : std::string();
  }();
  return hash;
}

/// The first line of an entry: whose it is, and that it is whole.
std::string headingOf(const std::string &key, llvm::StringRef json) {
  return key + " " + contentHash(json);
}

struct Entry {
  fs::file_time_type used;
  std::uintmax_t bytes;
  fs::path path;

  auto operator<=>(const Entry &) const = default;
};

/// Every entry below \p directory, the one unused for longest first.
std::vector<Entry> entriesOf(const fs::path &directory) {
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code lost;
    if (it->path().extension() == kSuffix)
      entries.push_back(
          {it->last_write_time(lost), it->file_size(lost), it->path()});
    if (lost)
      entries.pop_back();  // Another scan has removed it.
  }
  std::ranges::sort(entries);
  return entries;
}

}  // namespace

fs::path Cache::defaultDirectory() {
  const auto variable = [](const char *name) -> fs::path {
    const char *value = std::getenv(name);
    return value ? value : "";
  };
  if (fs::path own = variable("REPROAUDIT_CACHE_DIR"); !own.empty())
    return own;
  if (const fs::path xdg = variable("XDG_CACHE_HOME"); xdg.is_absolute())
    return xdg / "reproaudit";
  const fs::path home = variable("HOME");
  return home.is_absolute() ? home / ".cache" / "reproaudit" : fs::path();
}

std::string Cache::key(const Unit &unit, const Repository &repository,
                       const UnitOptions &options) {
  Json parts = {programHash(),
                clang::getClangFullVersion(),
                options.rules,
                options.configurable,
                static_cast<int>(options.engine),
                repository.root().string(),
                unit.command.directory,
                unit.command.file};
  if (unit.clang) {
    parts.push_back(unit.clang->sides);
    parts.push_back(unit.clang->refused);
  } else {
    parts.push_back(unit.clang.error());
  }
  for (const char *name : {"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH",
                           "CUDA_PATH", "COMPILER_PATH", "SDKROOT"})
    if (const char *value = std::getenv(name))
      parts.push_back({name, value});
  return contentHash(
      parts.dump(-1, ' ', false, Json::error_handler_t::replace));
}

fs::path Cache::pathOf(const std::string &key) const {
  return directory_ / key.substr(0, 2) / (key.substr(2) + std::string(kSuffix));
}

std::optional<UnitResult> Cache::find(const std::string &key) {
  const fs::path path = pathOf(key);
  const auto buffer = llvm::MemoryBuffer::getFile(path.string());
  if (!buffer)
    return std::nullopt;
  const auto [heading, json] = (*buffer)->getBuffer().split('\n');
  if (heading != headingOf(key, json))
    return std::nullopt;
  UnitResult result;
  try {
    Json::parse(json).get_to(result);
  } catch (const Json::exception &) {
    return std::nullopt;
  }
  if (!llvm::all_of(result.inputs, [&](const Input &input) {
        return validator_.isUnchanged(input);
      }))
    return std::nullopt;
  std::error_code ignored;  // The time of last use is for evict() only.
  fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  return result;
}

void Cache::store(const std::string &key, std::string_view json) {
  const fs::path path = pathOf(key);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  // A scan that is killed leaves at most a file that clean() and evict() know.
  int descriptor = -1;
  llvm::SmallString<256> temporary;
  if (llvm::sys::fs::createUniqueFile(
          (directory_ / "%%%%%%%%").string() + std::string(kSuffix), descriptor,
          temporary))
    return;
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  stream << headingOf(key, json) << '\n' << json;
  stream.close();
  if (stream.has_error() || llvm::sys::fs::rename(temporary, path.string()))
    std::ignore = llvm::sys::fs::remove(temporary);
  stream.clear_error();
}

void Cache::evict(std::uintmax_t bytes) {
  const std::vector<Entry> entries = entriesOf(directory_);
  std::uintmax_t left = 0;
  for (const Entry &entry : entries)
    left += entry.bytes;
  for (const Entry &entry : entries) {
    if (left <= bytes)
      return;
    std::error_code ignored;
    fs::remove(entry.path, ignored);
    left -= entry.bytes;
  }
}

CacheStatistics Cache::statistics() const {
  CacheStatistics statistics;
  for (const Entry &entry : entriesOf(directory_)) {
    ++statistics.entries;
    statistics.bytes += entry.bytes;
  }
  return statistics;
}

CacheStatistics Cache::clean() {
  const CacheStatistics before = statistics();
  evict(0);
  return before;
}

}  // namespace reproaudit
