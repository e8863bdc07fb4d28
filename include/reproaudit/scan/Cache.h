// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Results of units that were analysed before. An entry is valid as long as
/// everything that the analysis looked at is unchanged; a damaged, foreign or
/// half-written entry is no entry.
///
/// Layer 3.
#pragma once

#include "reproaudit/scan/Inputs.h"
#include "reproaudit/scan/UnitAnalysis.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace reproaudit {

struct CacheStatistics {
  std::size_t entries = 0;
  std::uintmax_t bytes = 0;
};

class Cache {
public:
  /// REPROAUDIT_CACHE_DIR, else `reproaudit` in XDG_CACHE_HOME or ~/.cache;
  /// empty if none of them is set.
  static std::filesystem::path defaultDirectory();

  explicit Cache(std::filesystem::path directory)
      : directory_(std::move(directory)) {}

  /// What identifies the analysis of \p unit apart from the files it reads:
  /// this program, the rules and options, the command, the environment.
  static std::string key(const Unit &unit, const Repository &repository,
                         const UnitOptions &options);

  /// The valid result of \p key.
  std::optional<UnitResult> find(const std::string &key);

  /// Keeps \p json, the text of a UnitResult. Silent if it cannot be written:
  /// the folder may be read-only or the disk full.
  void store(const std::string &key, std::string_view json);

  /// Removes the entries that were not used for longest until less than
  /// \p bytes are left.
  void evict(std::uintmax_t bytes);

  CacheStatistics statistics() const;

  /// Removes every entry; returns what was there.
  CacheStatistics clean();

private:
  std::filesystem::path pathOf(const std::string &key) const;

  std::filesystem::path directory_;
  InputValidator validator_;
};

}  // namespace reproaudit
