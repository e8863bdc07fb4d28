// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reproaudit/scan/UnitAnalysis.h"

#include "SideAnalysis.h"

#include "reproaudit/analysis/Check.h"

#include "llvm/Support/FormatVariadic.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <utility>

namespace fs = std::filesystem;

namespace reproaudit {
namespace {

std::optional<std::string> unreadable(const CompileCommand &command) {
  std::error_code error;
  if (!fs::exists(command.file, error))
    return "does not exist any more; generate the compile database again";
  if (!fs::is_regular_file(command.file, error))
    return "is not a regular file; generate the compile database again";
  if (access(command.file.c_str(), R_OK) != 0)
    return "cannot be read; check its permissions";
  if (fs::current_path(command.directory, error); error)
    return llvm::formatv("is compiled in {}, which cannot be entered: {}; "
                         "configure the build again",
                         command.directory, error.message())
        .str();
  return std::nullopt;
}

UnitResult failed(const std::string &unit, std::string id, std::string why) {
  UnitResult result;
  result.complete = false;
  result.notices.push_back(
      {.id = std::move(id), .path = unit, .text = std::move(why)});
  return result;
}

}  // namespace

UnitResult analyseUnit(const Unit &unit, const Repository &repository,
                       const UnitOptions &options) {
  if (const auto why = unreadable(unit.command))
    return failed(unit.name, "unreadable-source", *why);
  if (!unit.clang)
    return failed(unit.name, "not-analysed",
                  "is not analysed: " + unit.clang.error());

  Check::linkFacts();
  const llvm::TimeRecord start = llvm::TimeRecord::getCurrentTime();
  UnitResult result;
  for (const std::string &argument : unit.clang->refused)
    result.notices.push_back(
        {.level = Level::Warning,
         .id = "refused-argument",
         .path = unit.name,
         .text = llvm::formatv("`{}` in its compile command could run code or "
                               "read files from elsewhere and is not used",
                               argument)
                     .str()});
  for (const std::vector<std::string> &arguments : unit.clang->sides) {
    SideAnalysis side(repository, options, unit.command.directory);
    side.setSource(unit.command.file);
    side.run(arguments);
    side.collect(unit, result);
  }
  if (options.measureTime) {
    llvm::TimeRecord time = llvm::TimeRecord::getCurrentTime(false);
    time -= start;
    result.seconds = time.getProcessTime();
  }
  return result;
}

void to_json(nlohmann::ordered_json &json, const UnitResult &result) {
  json = {
      {"findings", result.findings}, {"facts", result.facts},
      {"notices", result.notices},   {"complete", result.complete},
      {"inputs", result.inputs},     {"secondsOfRule", result.secondsOfRule},
      {"seconds", result.seconds}};
}

void from_json(const nlohmann::ordered_json &json, UnitResult &result) {
  json.at("findings").get_to(result.findings);
  json.at("facts").get_to(result.facts);
  json.at("notices").get_to(result.notices);
  json.at("complete").get_to(result.complete);
  json.at("inputs").get_to(result.inputs);
  json.at("secondsOfRule").get_to(result.secondsOfRule);
  json.at("seconds").get_to(result.seconds);
}

}  // namespace reproaudit
