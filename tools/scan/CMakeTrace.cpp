// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CMakeTrace.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
using llvm::StringRef;

namespace reproaudit {
namespace {

constexpr unsigned kMaxSeconds = 300;
constexpr std::size_t kMaxBytes = 64U << 20U;

/// Answers every request of the project without the network, so that CMake
/// goes on to the next one.
constexpr std::string_view kProvider = R"(
macro(reproaudit_provide method name)
  if("${method}" STREQUAL "FIND_PACKAGE")
    set(reproaudit_arguments ${ARGN})
    list(REMOVE_ITEM reproaudit_arguments REQUIRED)
    find_package(${name} ${reproaudit_arguments} QUIET BYPASS_PROVIDER)
    set(${name}_FOUND TRUE)
  else()
    FetchContent_SetPopulated(${name})
  endif()
endmacro()
cmake_language(SET_DEPENDENCY_PROVIDER reproaudit_provide
  SUPPORTED_METHODS FIND_PACKAGE FETCHCONTENT_MAKEAVAILABLE_SERIAL)
)";

/// A folder that goes away with this object.
class TemporaryFolder {
public:
  TemporaryFolder() {
    llvm::SmallString<128> path;
    if (!llvm::sys::fs::createUniqueDirectory("reproaudit-cmake", path))
      path_ = path.str().str();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty())
      fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  const fs::path &path() const { return path_; }

private:
  fs::path path_;
};

/// The environment of this process, with a network that leads nowhere.
std::vector<std::string> environment() {
  std::vector<std::string> out = {
      "http_proxy=http://127.0.0.1:9", "https_proxy=http://127.0.0.1:9",
      "ftp_proxy=http://127.0.0.1:9", "GIT_ALLOW_PROTOCOL=none"};
  for (const char *name : {"PATH", "HOME", "CC", "CXX", "LANG", "TMPDIR"})
    if (const char *value = std::getenv(name))
      out.push_back(std::string(name) + "=" + value);
  return out;
}

/// The lines of the trace that speak of a file below \p root.
std::string linesOf(const fs::path &trace, const fs::path &root) {
  const std::string wanted = "\"file\":\"" + root.string() + "/";
  std::string out;
  std::ifstream in(trace);
  for (std::string line; std::getline(in, line) && out.size() < kMaxBytes;)
    if (line.find(wanted) != std::string::npos)
      out += line + "\n";
  return out;
}

}  // namespace

CMakeTrace traceCMake(const fs::path &root) {
  if (!fs::exists(root / "CMakeLists.txt"))
    return {.problem = "there is no CMakeLists.txt on top of the repository"};
  const auto cmake = llvm::sys::findProgramByName("cmake");
  if (!cmake)
    return {.problem = "there is no program cmake in the PATH"};
  const TemporaryFolder folder;
  const fs::path provider = folder.path() / "provider.cmake";
  const fs::path trace = folder.path() / "trace.json";
  std::ofstream(provider) << kProvider;

  const std::vector<std::string> arguments = {
      *cmake,
      "-S",
      root.string(),
      "-B",
      (folder.path() / "build").string(),
      "--trace-expand",
      "--trace-format=json-v1",
      "--trace-redirect=" + trace.string(),
      "-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=" + provider.string(),
      "-DFETCHCONTENT_FULLY_DISCONNECTED=ON"};
  const std::vector<std::string> variables = environment();
  const std::vector<StringRef> argumentRefs(arguments.begin(), arguments.end());
  const std::vector<StringRef> variableRefs(variables.begin(), variables.end());
  std::string error;
  const int status = llvm::sys::ExecuteAndWait(
      *cmake, argumentRefs, variableRefs,
      {StringRef(), StringRef(), StringRef()}, kMaxSeconds, 0, &error);
  CMakeTrace out{.text = linesOf(trace, root)};
  if (status != 0)
    out.problem = status < 0 ? "it was stopped: " + error
                             : "it ended with an error, perhaps because "
                               "something is not installed";
  return out;
}

}  // namespace reproaudit
