// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Parses one translation unit and runs the source rules over it. This is what
/// a worker does; the result travels to the parent as JSON.
///
/// Layer 3.
#pragma once

#include "reproaudit/report/Fact.h"
#include "reproaudit/report/Finding.h"
#include "reproaudit/scan/Changes.h"
#include "reproaudit/scan/ClangCommand.h"
#include "reproaudit/scan/CompileDatabase.h"
#include "reproaudit/scan/Inputs.h"
#include "reproaudit/scan/Repository.h"

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

namespace reproaudit {

/// Parse everything, or only what a rule can need. The findings are the same;
/// a test compares them.
enum class Engine : std::uint8_t { Fast, Plain };

/// One configuration of one source, and what it means to our clang.
struct Unit {
  std::string name;  ///< The source, relative to the repository.
  CompileCommand command;
  std::expected<ClangCommand, std::string> clang;  ///< From toClang().
};

struct UnitOptions {
  std::vector<std::string> rules;  ///< Enabled unless `.clang-tidy` says
                                   ///< `-repro-…`; sorted.
  bool configurable = true;  ///< False: `.clang-tidy` may not change `rules`.
  bool measureTime = false;
  Engine engine = Engine::Fast;
  Changes instead;  ///< Files read with another text than they have.
};

struct UnitResult {
  std::vector<Finding> findings;  ///< Those in files of the repository.
  std::vector<Fact> facts;        ///< For the program-wide pass.
  std::vector<Notice> notices;
  bool complete = true;  ///< False if some of the unit was not understood.
  std::vector<Input> inputs;  ///< What the analysis looked at.
  std::map<std::string, double> secondsOfRule;  ///< If UnitOptions::measureTime.
  double seconds = 0;  ///< CPU time of the whole unit, likewise.
};

/// Analyses \p unit. Changes the working directory of the process, which should
/// be one of its own (WorkerPool.h).
UnitResult analyseUnit(const Unit &unit, const Repository &repository,
                       const UnitOptions &options);

void to_json(nlohmann::ordered_json &json, const UnitResult &result);
void from_json(const nlohmann::ordered_json &json, UnitResult &result);

}  // namespace reproaudit
