// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/Cache.h"

#include "reproaudit/scan/ClangCommand.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSuffix = ".json";

/// A hash of this program: another build may find other things.
const std::string &programHash() {
  static const std::string hash = [] {
    const auto buffer = llvm::MemoryBuffer::getFile("/proc/self/exe");
    return buffer ? contentHash((*buffer)->getBuffer()) : std::string();
  }();
  return hash;
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

std::string Cache::key(const CompileCommand &command,
                       const Repository &repository,
                       const UnitOptions &options) {
  Json parts = {programHash(),
                options.rules,
                options.configurable,
                static_cast<int>(options.engine),
                repository.root().string(),
                command.directory,
                command.file};
  if (const auto clang = toClang(command, options.trusted)) {
    parts.push_back(clang->sides);
    parts.push_back(clang->refused);
  } else {
    parts.push_back(clang.error());
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
  UnitResult result;
  try {
    Json::parse((*buffer)->getBuffer()).get_to(result);
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

void Cache::store(const std::string &key, const std::string &json) {
  const fs::path path = pathOf(key);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  const fs::path temporary =
      path.parent_path() / (path.stem().string() + "." +
                            std::to_string(getpid()) + ".tmp");
  std::FILE *stream = error ? nullptr : std::fopen(temporary.c_str(), "wb");
  if (!stream)
    return;
  const bool written =
      std::fwrite(json.data(), 1, json.size(), stream) == json.size();
  if (std::fclose(stream) == 0 && written)
    fs::rename(temporary, path, error);
  if (!written || error)
    fs::remove(temporary, error);
}

void Cache::evict(std::uintmax_t bytes) {
  std::vector<Entry> entries = entriesOf(directory_);
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
