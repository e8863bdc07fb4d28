// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// CMake code as the list of calls that it may make, with variables, lists,
/// functions and macros evaluated. Nothing is executed; every branch of a
/// condition is taken.
#pragma once

#include "reproaudit/analysis/Project.h"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reproaudit::cmake {

struct Argument {
  std::string text;
  bool isQuoted = false;
  unsigned line = 0;
};

/// Arguments \p from up to \p to as a list: `a;b;c`.
std::string joinedList(const std::vector<Argument> &arguments, std::size_t from,
                       std::size_t to = static_cast<std::size_t>(-1));

/// Values longer than this many bytes are not kept.
inline constexpr std::size_t kMaxValue = 65536;

/// A command invocation as written.
struct Invocation {
  std::string name;  ///< Lower case.
  std::vector<Argument> arguments;
  unsigned line = 0;
  unsigned endLine = 0;
};

struct Source {
  std::vector<Invocation> invocations;
  unsigned errorLine = 0;  ///< The first line that is no CMake, or 0.
};

/// The invocations of \p text by cmake-language(7).
Source parse(std::string_view text);

/// A call with its arguments evaluated. An unknown variable stays `${X}`.
struct Call {
  std::string name;
  std::vector<Argument> arguments;
  std::string path;
  unsigned line = 0;
  unsigned endLine = 0;
  /// The `if()` conditions around it, innermost last.
  std::vector<std::string> conditions;
  /// Lines of the `set()` that gave its variables their values.
  std::map<std::string, unsigned> definitions;
  std::vector<Argument> written;  ///< The arguments before evaluation.
  /// In the body of a function, read without a call: parameters are unknown.
  bool isUncalled = false;
  /// CMake itself evaluated it.
  bool isTraced = false;
  /// The outermost call of a function whose parameters it depends on.
  std::string sitePath;
  unsigned siteLine = 0;
  unsigned siteEndLine = 0;
};

/// The calls of Project::cmakeTrace() that stand in files of the project.
std::vector<Call> tracedCalls(const Project &project);

/// Follows all CMake files of a project: first those that no other includes.
class Machine {
public:
  Machine(const Project &project, std::function<void(const Call &)> onCall)
      : project_(project), onCall_(std::move(onCall)) {}

  /// Runs every file of \p paths that the ones before it did not reach.
  void run(const std::vector<std::string> &paths);

  /// True if \p variable can be off when nobody asks for it: an option whose
  /// default is OFF, or is OFF under some condition.
  bool canBeOff(const std::string &variable) const;

  /// Files with a line that is no CMake.
  const std::map<std::string, unsigned> &errors() const { return errors_; }

private:
  struct Function {
    std::vector<std::string> parameters;
    const std::vector<Invocation> *code;
    std::size_t begin;
    std::size_t end;
    std::string path;
    bool isMacro;
  };
  struct Value {
    std::string text;
    std::string path;
    unsigned line = 0;
    bool isParameter = false;
  };
  using Variables = std::map<std::string, Value>;

  const Source &source(const std::string &path);
  void runFile(const std::string &path, const std::string &folder);
  void runRange(const std::vector<Invocation> &code, std::size_t begin,
                std::size_t end);
  /// Keeps the function or macro that the invocation at \p begin defines and
  /// runs its body once; \p end is where the body ends.
  void define(const std::vector<Invocation> &code, std::size_t begin,
              std::size_t end);
  /// Enters or leaves what \p one says about conditions, of which \p outer
  /// were open before; false if it says nothing.
  bool followCondition(const Invocation &one, std::size_t outer);
  void runOne(const Invocation &one);
  void call(const Function &function, const Invocation &one,
            const std::vector<Argument> &arguments);
  void set(const std::string &name, std::string text);
  void setParameter(const std::string &name, std::string text);
  void report(const Invocation &one, std::vector<Argument> arguments);
  void runOption(const std::vector<Argument> &arguments, const Invocation &one);
  void runProject(const std::vector<Argument> &arguments);
  void runSet(const std::vector<Argument> &arguments, const Invocation &one);
  void runString(const std::vector<Argument> &arguments);
  void runList(const std::vector<Argument> &arguments);
  void runFileCommand(const std::vector<Argument> &arguments);
  void runForeach(const std::vector<Invocation> &code, std::size_t begin,
                  std::size_t end);
  void parseArguments(const std::vector<Argument> &arguments);
  void include(const std::vector<Argument> &arguments);
  void addFolder(const std::vector<Argument> &arguments);

  std::string evaluated(std::string_view text, unsigned depth = 0) const;
  std::vector<Argument> evaluated(const std::vector<Argument> &arguments) const;

  const Project &project_;
  std::function<void(const Call &)> onCall_;
  std::map<std::string, Source> sources_;
  std::set<std::string> reached_;
  std::map<std::string, unsigned> errors_;
  std::map<std::string, Function> functions_;
  /// What options and cache variables are set to unless the user asks.
  std::map<std::string, std::set<std::string>> defaults_;
  /// What variables are set to in any branch.
  std::map<std::string, std::set<std::string>> assigned_;
  Variables variables_;
  std::vector<std::string> conditions_;
  std::string path_;
  std::string sitePath_;  ///< Of the outermost function call, "" outside.
  unsigned siteLine_ = 0;
  unsigned siteEndLine_ = 0;
  bool isUncalled_ = false;
  unsigned depth_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace reproaudit::cmake
