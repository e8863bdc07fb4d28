// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// How two runs differ, artifact by artifact.
///
/// Layer 3: pure functions over values.
#pragma once

#include "reproaudit/rerun/Run.h"

#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace reproaudit {

/// How much of a result repeats; each level includes those below.
enum class RepeatLevel : std::uint8_t {
  ExitCode,   ///< L0: the program ends in the same way.
  Structure,  ///< L1: only numbers differ.
  Tolerance,  ///< L2: by at most the relative tolerance.
  Ulp,        ///< L3: by at most kUlps units in the last place.
  Bitwise,    ///< L4: not at all, on this machine with these settings.
  Portable,   ///< L5: not at all, under any factor.
};
inline constexpr double kUlps = 4;

/// `L0` to `L5`.
std::string name(RepeatLevel level);

/// What is known about numbers that differ.
struct Magnitude {
  std::size_t count = 0;
  double maxAbsolute = 0;
  double maxRelative = 0;
  double maxUlp = 0;

  void add(double a, double b, double ulp);
};

struct Difference {
  std::string artifact;      ///< Its name; `exit code` for how the run ended.
  std::string where;         ///< `line 3`, `byte 17`, `tensor w[5]`, or "".
  std::string a, b;          ///< What is there, shortened.
  std::uint64_t offset = 0;  ///< Of the first byte that differs.
  std::optional<Magnitude> magnitude;         ///< Set if only numbers differ.
  RepeatLevel level = RepeatLevel::ExitCode;  ///< Reached in spite of it.
};

struct CompareOptions {
  std::vector<std::regex> masks;  ///< Text that does not count.
  double tolerance = 1e-5;
};

/// Whether \p run tells on stderr how long something took; these numbers do not
/// count.
bool hasDurations(const Observation &run);

/// The differences of two runs, in the order of artifacts.
std::vector<Difference> compare(const Observation &a, const Observation &b,
                                const CompareOptions &options);

}  // namespace reproaudit
