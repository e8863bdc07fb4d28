// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What a scan looks at: where the compile database and the repository lie, and
/// which units of the one belong to the other.
#pragma once

#include "reproaudit/scan/CompileDatabase.h"
#include "reproaudit/scan/Repository.h"
#include "reproaudit/scan/Scan.h"
#include "reproaudit/scan/UnitAnalysis.h"

#include "llvm/ADT/StringRef.h"

#include <filesystem>
#include <string>
#include <vector>

namespace reproaudit {

/// Where the scanned repository is looked for: what the database was made for,
/// or else the first path, or else here. Not where the command happens to run.
std::filesystem::path startOf(const ScanOptions &options,
                              const CompileDatabase *database);

/// The nearest database in \p start or one of the folders around it, up to the
/// root of the git repository if there is one; empty if there is none.
std::filesystem::path databaseNear(const std::filesystem::path &start);

/// The repository-relative folders and files that findings are wanted in; an
/// empty string stands for everything.
class PathFilter {
public:
  PathFilter(const std::vector<std::filesystem::path> &paths,
             const Repository &repository);

  bool accepts(llvm::StringRef path) const;

  /// Whether all paths are sources: then only their own units are needed.
  bool acceptsUnit(llvm::StringRef unit) const;

private:
  std::vector<std::string> prefixes_;
};

/// The units that belong to the repository, generated ones left out, ordered by
/// name: so neither the database's order nor its directory is visible.
std::vector<Unit> unitsOf(const CompileDatabase &database,
                          const Repository &repository,
                          const PathFilter &filter);

}  // namespace reproaudit
