// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ScanTarget.h"

#include "reproaudit/scan/ClangCommand.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <fstream>
#include <tuple>
#include <utility>

namespace fs = std::filesystem;
using llvm::StringRef;

namespace reproaudit {
namespace {

/// The source directory that CMake configured \p build for, or empty.
fs::path sourceDirectoryOf(const fs::path &build) {
  std::ifstream cache(build / "CMakeCache.txt");
  constexpr std::string_view kKey = "CMAKE_HOME_DIRECTORY:INTERNAL=";
  for (std::string line; std::getline(cache, line);)
    if (line.starts_with(kKey))
      return line.substr(kKey.size());
  return {};
}

fs::path commonFolder(const fs::path &a, const fs::path &b) {
  fs::path common;
  const auto end = std::ranges::mismatch(a, b).in1;
  for (auto part = a.begin(); part != end; ++part)
    common /= *part;
  return common;
}

bool isBelow(const fs::path &path, const fs::path &folder) {
  return commonFolder(path, folder) == folder;
}

/// What a database was made for that no CMake wrote: the folder with it or the
/// one around that, if most sources are there; else what all sources share.
fs::path folderOfSources(const CompileDatabase &database) {
  const std::vector<CompileCommand> &commands = database.commands;
  if (commands.empty())
    return database.directory;
  const fs::path build = (database.directory / "").parent_path();
  for (const fs::path &folder : {build, build.parent_path()}) {
    const auto inside = llvm::count_if(commands, [&](const auto &command) {
      return isBelow(command.file, folder);
    });
    if (static_cast<std::size_t>(2 * inside) >= commands.size())
      return folder;
  }
  fs::path sources = fs::path(commands.front().file).parent_path();
  for (const CompileCommand &command : commands)
    sources = commonFolder(sources, fs::path(command.file).parent_path());
  return sources.has_relative_path() ? sources : build;
}

}  // namespace

fs::path startOf(const ScanOptions &options, const CompileDatabase *database) {
  std::error_code ignored;
  if (database) {
    const fs::path source = sourceDirectoryOf(database->directory);
    return source.empty() ? folderOfSources(*database) : source;
  }
  const fs::path path = options.paths.empty()
                            ? fs::current_path(ignored)
                            : fs::absolute(options.paths.front(), ignored);
  return fs::is_directory(path, ignored) ? path : path.parent_path();
}

fs::path databaseNear(const fs::path &start) {
  const Repository repository(start);
  const fs::path top = repository.hasGit() ? repository.root() : fs::path();
  for (fs::path folder = start;; folder = folder.parent_path()) {
    if (fs::path found = findCompileDatabase(folder); !found.empty())
      return found;
    if (folder == top || folder == folder.parent_path())
      return {};
  }
}

PathFilter::PathFilter(const std::vector<fs::path> &paths,
                       const Repository &repository) {
  std::error_code ignored;
  for (const fs::path &path : paths)
    prefixes_.push_back(
        repository.relative(fs::absolute(path, ignored).string()));
}

bool PathFilter::accepts(StringRef path) const {
  return prefixes_.empty() || llvm::any_of(prefixes_, [&](StringRef prefix) {
           return prefix.empty() || path == prefix ||
                  (path.starts_with(prefix) &&
                   path.substr(prefix.size()).starts_with("/"));
         });
}

bool PathFilter::acceptsUnit(StringRef unit) const {
  const bool onlySources =
      !prefixes_.empty() && llvm::all_of(prefixes_, [](StringRef prefix) {
        return StringRef(prefix.rsplit('.').second).starts_with("c") ||
               prefix.ends_with(".C");
      });
  return !onlySources || accepts(unit);
}

std::vector<Unit> unitsOf(const CompileDatabase &database,
                          const Repository &repository,
                          const PathFilter &filter) {
  const std::vector<fs::path> trusted = {repository.root(), database.directory};
  const std::string build = repository.relative(database.directory.string());
  std::vector<Unit> units;
  for (const CompileCommand &command : database.commands) {
    std::string name = repository.relative(command.file);
    const bool generated = !build.empty() && name.starts_with(build + "/");
    if (!name.empty() && !generated && filter.acceptsUnit(name))
      units.push_back({std::move(name), command, toClang(command, trusted)});
  }
  std::ranges::sort(units, {}, [](const Unit &unit) {
    return std::tie(unit.name, unit.command.arguments, unit.command.directory);
  });
  return units;
}

}  // namespace reproaudit
