// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which headers units have in common, so that they are parsed once for all of
/// them. A unit gets no header that it does not include, and none that would
/// mean something else at the beginning of it.
#pragma once

#include "reproaudit/scan/Repository.h"
#include "reproaudit/scan/UnitAnalysis.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace reproaudit {

/// Headers, and what is parsed behind them: units, and more headers for some.
struct Prelude {
  std::vector<std::string> includes;  ///< `<vector>`, `"/src/util.h"`.
  std::vector<std::size_t> units;     ///< The largest first.
  std::vector<Prelude> children;
};

struct PreludePlan {
  std::vector<Prelude> roots;  ///< One for each set of flags and options.
  /// Why a unit is not below one of the roots.
  std::map<std::size_t, std::string> alone;
};

/// The plan for those of \p units that \p wanted lists. Reads sources that
/// nobody trusts, so it should run in a process of its own (WorkerPool.h).
PreludePlan planPreludes(const std::vector<Unit> &units,
                         const std::vector<std::size_t> &wanted,
                         const UnitOptions &options);

void to_json(nlohmann::ordered_json &json, const Prelude &prelude);
void from_json(const nlohmann::ordered_json &json, Prelude &prelude);
void to_json(nlohmann::ordered_json &json, const PreludePlan &plan);
void from_json(const nlohmann::ordered_json &json, PreludePlan &plan);

}  // namespace reproaudit
