// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the `.reproaudit.yaml` files of a repository ask for. A key in a file
/// counts for the folder of the file; what a file does not say comes from the
/// one in the folder above, up to the root of the repository.
///
/// Layer 3.
#pragma once

#include "reproaudit/report/Finding.h"
#include "reproaudit/scan/Repository.h"

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit {

inline constexpr std::string_view kConfigurationFile = ".reproaudit.yaml";

/// One key that a file may set. This is the only place where it is described:
/// reading, `config schema` and `config show` all go by it.
struct ConfigurationKey {
  enum class Shape : std::uint8_t { Word, Words, Number, Flag, Levels, Paths };
  /// What a word has to be.
  enum class Of : std::uint8_t { Any, Rule, Path, Output };

  std::string_view name;
  Shape shape;
  std::string_view summary;  ///< One line, no full stop.
  Of of = Of::Any;
  std::vector<std::string_view> allowed = {};  ///< Empty: any word.
};

/// Every key. All but `inherit`, `ignore`, `levels` and `paths` are the options
/// of `scan` with the same name.
std::span<const ConfigurationKey> configurationKeys();

/// The JSON Schema of the file.
std::string configurationSchema();

/// A value and the place that it was written at.
struct ConfigurationValue {
  std::vector<std::string> words;  ///< Paths are absolute.
  std::string file;                ///< Relative to the root.
  unsigned line = 0;
};

/// What a file says about a rule, a family or `all`.
struct RuleSetting {
  std::string word;
  std::optional<Level> level;  ///< Nothing: off.
  std::string pattern;         ///< Of `paths`; "" for the whole folder.
  std::string file;
  unsigned line = 0;
};

class Configuration {
public:
  /// Reads every file of \p repository. The error is one sentence for each
  /// fault, with its line.
  static std::expected<Configuration, std::string>
  read(const Repository &repository);

  /// What holds in \p folder, which is absolute, by key.
  std::map<std::string, ConfigurationValue>
  settings(const std::filesystem::path &folder) const;

  /// What is said about rules for the file \p path, which is absolute; of
  /// several words about a rule the last counts.
  std::vector<RuleSetting>
  ruleSettings(const std::filesystem::path &path) const;

  bool empty() const { return files_.empty(); }

private:
  struct File {
    std::string path;  ///< Relative to the root.
    bool inherits = true;
    std::map<std::string, ConfigurationValue> settings;
    std::vector<RuleSetting> rules;
  };
  friend class ConfigurationReader;

  /// The files that hold in \p folder, the outermost first.
  std::vector<const File *> filesFor(const std::filesystem::path &folder) const;

  std::filesystem::path root_;
  std::map<std::string, File> files_;  ///< By folder, "" for the root.
};

}  // namespace reproaudit
