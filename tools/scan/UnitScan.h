// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The units of a scan: those known from the cache, the others analysed by
/// workers.
#pragma once

#include "reproaudit/scan/Scan.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace reproaudit {

struct UnitScan {
  std::vector<UnitResult> results;  ///< One for each unit, in their order.
  std::size_t cached = 0;
  /// Why units did not share a parse with others, and how many.
  std::map<std::string, std::size_t> alone;
  bool interrupted = false;
};

/// Tells which units looked at one of some files.
class ReadersOf {
public:
  ReadersOf(const Changes &files, const Repository &repository)
      : files_(files), repository_(repository) {}

  bool contains(const UnitResult &unit);

private:
  const Changes &files_;
  const Repository &repository_;
  std::map<std::string, bool> known_;  ///< By the path that a unit used.
};

/// Analyses \p units with `options.limits`; asks `options.cacheDirectory`
/// unless times are measured. What a unit saw of `unitOptions.instead` is not
/// kept there.
UnitScan analyseUnits(const std::vector<Unit> &units,
                      const Repository &repository, const ScanOptions &options,
                      const UnitOptions &unitOptions);

}  // namespace reproaudit
