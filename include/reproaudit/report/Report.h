// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Everything that one invocation has to tell, and the formats to tell it in.
///
/// Layer 1: standard library, JSON and layer 0.
#pragma once

#include "reproaudit/report/Evidence.h"
#include "reproaudit/report/Fact.h"
#include "reproaudit/report/Finding.h"
#include "reproaudit/rule/RuleInfo.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace reproaudit {

/// The text of the repository's files, for snippets and fingerprints. Read
/// once, kept as lines; a file that cannot be read has no lines.
class SourceTexts {
public:
  /// \p root is the directory that Range::path is relative to; \p known are
  /// the texts of files that need not be read.
  explicit SourceTexts(std::string root,
                       const std::map<std::string, std::string> &known = {});

  /// The whole text of \p path, "" if unreadable.
  const std::string &text(const std::string &path) const;

  /// Line \p number (from 1) of \p path without its end, "" if there is none.
  std::string_view line(const std::string &path, unsigned number) const;

  /// How many lines \p path has; what follows the last line feed is one if it
  /// is not empty.
  unsigned lineCount(const std::string &path) const;

private:
  struct File {
    std::string text;
    std::vector<std::size_t> lineStarts;
  };
  static File split(std::string text);
  const File &file(const std::string &path) const;

  std::string root_;
  mutable std::map<std::string, File> files_;
};

/// Where the scanned sources come from; empty members are left out.
struct Revision {
  std::string repository;  ///< URL of the remote `origin`.
  std::string commit;      ///< Full hash of HEAD.
  std::string branch;
};

/// One of the parts that a scan was split into: \p number of \p count, from 1.
struct Shard {
  unsigned number = 1;
  unsigned count = 1;

  bool operator==(const Shard &) const = default;
};

struct Report {
  std::vector<const RuleInfo *> rules;  ///< The enabled ones, sorted by name.
  std::vector<Finding> findings;        ///< Sorted; suppressed ones included.
  std::vector<Notice> notices;          ///< Sorted.
  std::size_t known = 0;  ///< Left out, as the base or the baseline has them.
  std::optional<Evidence> evidence;  ///< Of a run of the program.
  Revision revision;
  unsigned units = 0;    ///< Translation units analysed, failed ones included.
  unsigned files = 0;    ///< Project files read.
  bool complete = true;  ///< False if a unit could not be analysed.
  int exitCode = 0;
  std::optional<Shard> shard;  ///< Of which this is the report.
  std::vector<Fact> facts;  ///< Of a shard, sorted: what only all shards together
                            ///< can judge.
};

}  // namespace reproaudit
