// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the calls of CMake code fetch.
#include "CMake.h"
#include "CMakeKeywords.h"
#include "CMakeSettings.h"
#include "Commands.h"
#include "Pin.h"
#include "Text.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace reproaudit {
namespace {

using cmake::Argument;
using cmake::Call;

/// Packages whose version changes numbers; lower case.
constexpr std::array kNumericPackages = {
    "cudatoolkit", "cuda",  "cudnn",    "cutlass", "nvidiacutlass", "blas",
    "lapack",      "mkl",   "openblas", "onednn",  "dnnl",          "tbb",
    "eigen3",      "fftw",  "fftw3",    "nccl",    "mpi",           "torch",
    "tensorrt",    "arrow", "parquet",  "blis"};

bool isVendored(std::string_view path) {
  const std::string text = "/" + lower(path);
  for (const std::string_view folder :
       {"/third_party/", "/3rdparty/", "/thirdparty/", "/vendor/", "/_deps/",
        "/external/", "/submodules/", "/cpm.cmake", "/get_cpm.cmake"})
    if (contains(text, folder) &&
        (folder.front() != '/' || !text.ends_with("/cmakelists.txt") ||
         std::ranges::count(text, '/') > 3))
      return true;
  return false;
}

class CMakeReader {
public:
  CMakeReader(const Project &project, Inventory &out)
      : project_(project), out_(out),
        machine_(project, [this](const Call &call) { read(call); }) {}

  void run(const std::vector<std::string> &paths) {
    machine_.run(paths);
    for (const Call &call : cmake::tracedCalls(project_))
      read(call);
    for (const auto &[file, key] : downloaded_)
      if (const auto at = found_.find(key); at != found_.end())
        at->second.executed = included_.contains(file);
    for (auto &[place, dependency] : found_)
      if (!dependency.advisory || !resolvedPlaces_.contains(dependency.at))
        out_.dependencies.push_back(std::move(dependency));
    settings_.finish(machine_, out_);
    for (const auto &[path, line] : machine_.errors())
      out_.notices.push_back({Level::Note, "partly-read", path, line,
                              "this CMake code was not understood"});
  }

private:
  void read(const Call &call) {
    if (call.arguments.empty() || isVendored(call.path))
      return;
    const std::string &name = call.name;
    if (name == "fetchcontent_declare" || name == "externalproject_add")
      fetch(call, 1);
    else if (name == "cpmaddpackage" || name == "cpmfindpackage" ||
             name == "cpmdeclarepackage")
      cpm(call);
    else if (name == "rapids_cpm_find")
      rapids(call);
    else if (name == "file" && call.arguments[0].text == "DOWNLOAD")
      download(call);
    else if (name == "include")
      included_.insert(call.arguments[0].text);
    else if (name == "find_package")
      package(call);
    else if (name == "execute_process" || name == "add_custom_command" ||
             name == "add_custom_target")
      commands(call);
    if (!call.isTraced)
      settings_.read(call);
  }

  Range placeOf(const Call &call) const {
    if (call.siteLine != 0)
      return {call.sitePath, call.siteLine, 0, call.siteEndLine, 0};
    return {call.path, call.line, 0, call.endLine, 0};
  }

  void add(const Call &call, Dependency dependency) {
    if (call.isTraced)
      return addTraced(call, std::move(dependency));
    dependency.at = placeOf(call);
    for (const auto &[variable, line] : call.definitions)
      dependency.evidence.push_back(
          {{call.path, line, 0, line, 0}, "'" + variable + "' is set here"});
    dependency.advisory |= !isResolved(dependency.name);
    if (dependency.advisory && call.isUncalled)
      return;  // judged at the calls
    if (!dependency.advisory)
      resolvedPlaces_.insert(dependency.at);
    const auto key = std::tuple(dependency.at, dependency.name);
    const auto [entry, isNew] = found_.emplace(key, dependency);
    // Evaluated more than once: a known value beats an unknown one, of two
    // known ones the weaker is what may happen.
    if (!isNew && (entry->second.advisory ||
                   (!dependency.advisory &&
                    dependency.strength < entry->second.strength)))
      entry->second = std::move(dependency);
  }

  /// What CMake itself evaluated: an unknown value is known now, and a weaker
  /// one than any that was read is what happens.
  void addTraced(const Call &call, Dependency dependency) {
    const Range inner{call.path, call.line, 0, call.endLine, 0};
    const Range outer = placeOf(call);
    dependency.evidence.push_back(
        {inner, "cmake evaluates this to '" + dependency.resolved + "'"});
    for (const Range &place : {inner, outer}) {
      resolvedPlaces_.insert(place);
      const auto known = found_.find({place, dependency.name});
      if (known == found_.end())
        continue;
      dependency.at = place;
      if (known->second.advisory ||
          dependency.strength < known->second.strength)
        known->second = std::move(dependency);
      return;
    }
    dependency.at = outer;
    found_.emplace(std::tuple(outer, dependency.name), std::move(dependency));
  }

  void fetch(const Call &call, std::size_t from) {
    const Keywords keys(call.arguments, from);
    fetchKeys(call, keys, call.arguments[0].text,
              call.name == "externalproject_add" ? "CMake ExternalProject"
                                                 : "CMake FetchContent");
  }

  void fetchKeys(const Call &call, const Keywords &keys, std::string name,
                 std::string ecosystem) {
    if (keys.has("DOWNLOAD_COMMAND") && keys["DOWNLOAD_COMMAND"].empty())
      return;
    if (keys.has("GIT_REPOSITORY") || keys.has("GIT_TAG")) {
      git(call, keys["GIT_TAG"], keys["GIT_REPOSITORY"], std::move(name),
          std::move(ecosystem));
    } else if (keys.has("SVN_REPOSITORY") || keys.has("HG_REPOSITORY")) {
      const std::string revision =
          keys.has("SVN_REPOSITORY") ? keys["SVN_REVISION"] : keys["HG_TAG"];
      Dependency out = source(std::move(name), std::move(ecosystem));
      out.declared = out.resolved = revision;
      out.strength = versionParts(revision) > 0 || isHex(revision, 7, 40)
                         ? Strength::Content
                         : Strength::None;
      add(call, std::move(out));
    } else if (!keys["URL"].empty()) {
      url(call, keys["URL"], keys["URL_HASH"] + keys["URL_MD5"],
          std::move(name), std::move(ecosystem));
    }
  }

  static Dependency source(std::string name, std::string ecosystem) {
    return {.artefact = Artefact::Source,
            .ecosystem = std::move(ecosystem),
            .name = std::move(name),
            .declared = {},
            .resolved = {},
            .at = {},
            .evidence = {},
            .group = {}};
  }

  void git(const Call &call, const std::string &tag, std::string origin,
           std::string name, std::string ecosystem) {
    Dependency out = source(std::move(name), std::move(ecosystem));
    out.origin = std::move(origin);
    out.declared = out.resolved = tag;
    out.strength = gitStrength(tag);
    if (!isResolved(tag)) {
      out.advisory = true;
      out.strength = contains(tag, ".") || contains(lower(tag), "version")
                         ? Strength::Exact
                         : Strength::Mutable;
    }
    add(call, std::move(out));
  }

  void url(const Call &call, const std::string &url, const std::string &hash,
           std::string name, std::string ecosystem) {
    const bool isLocal = isResolved(url) && !isRemote(url);
    if (isLocal || url.starts_with("${CMAKE_") || url.starts_with("${PROJECT_"))
      return;  // a file of the project
    Dependency out = source(std::move(name), std::move(ecosystem));
    out.artefact = Artefact::Download;
    out.declared = out.resolved = url;
    const bool hasHash =
        !hash.empty() &&
        (isChecksum(hash.substr(hash.find('=') + 1)) || !isResolved(hash));
    out.strength = hasHash ? Strength::Content : urlStrength(url);
    out.advisory = !isResolved(url) && !isRemote(url);
    add(call, std::move(out));
  }

  void cpm(const Call &call) {
    if (call.arguments.size() == 1) {
      shorthand(call, call.arguments[0].text);
      return;
    }
    const Keywords keys(call.arguments, 0);
    const std::string uri = keys["URI"];
    if (!uri.empty()) {
      shorthand(call, uri);
      return;
    }
    cpmKeys(call, keys, keys["NAME"], "CPM");
  }

  void cpmKeys(const Call &call, const Keywords &keys, std::string name,
               std::string ecosystem) {
    const bool isGit =
        keys.has("GITHUB_REPOSITORY") || keys.has("GITLAB_REPOSITORY") ||
        keys.has("BITBUCKET_REPOSITORY") || keys.has("GIT_REPOSITORY");
    if (keys["SOURCE_DIR"].empty() && isGit) {
      std::string tag = keys["GIT_TAG"];
      if (tag.empty() && !keys["VERSION"].empty())
        tag = "v" + keys["VERSION"];
      if (name.empty())
        name = baseName(keys["GITHUB_REPOSITORY"] + keys["GIT_REPOSITORY"]);
      git(call, tag, originOf(keys), std::move(name), std::move(ecosystem));
    } else if (!keys["URL"].empty()) {
      url(call, keys["URL"], keys["URL_HASH"] + keys["URL_MD5"],
          std::move(name), std::move(ecosystem));
    }
  }

  static std::string originOf(const Keywords &keys) {
    const std::string onGitHub = keys["GITHUB_REPOSITORY"];
    return onGitHub.empty() ? keys["GIT_REPOSITORY"] : "github.com/" + onGitHub;
  }

  /// `gh:owner/name@1.2.3`, `gh:owner/name#ref`, `https://x.zip#MD5=...`.
  void shorthand(const Call &call, const std::string &text) {
    if (!contains(text, ":"))
      return;
    const std::size_t hash = text.find('#');
    const std::string before = text.substr(0, hash);
    const std::string after =
        hash == std::string::npos ? "" : text.substr(hash + 1);
    if (isRemote(text) && !contains(before, ".git")) {
      url(call, before, after, std::string(baseName(before)), "CPM");
      return;
    }
    const std::size_t at = before.find(
        '@',
        before.find("://") == std::string::npos ? 0 : before.find("://") + 3);
    std::string tag = after.substr(0, after.find('@'));
    if (tag.empty() && at != std::string::npos)
      tag = "v" + before.substr(at + 1);
    const std::string path = before.substr(0, at);
    const std::size_t colon = path.find(':');
    git(call, tag,
        path.starts_with("gh:") ? "github.com/" + path.substr(colon + 1) : path,
        std::string(baseName(path)), "CPM");
  }

  /// rapids_cpm_find(name version ... CPM_ARGS keywords...).
  void rapids(const Call &call) {
    const auto begin = std::ranges::find(
        call.arguments, std::string("CPM_ARGS"), &Argument::text);
    if (begin == call.arguments.end())
      return;
    const Keywords keys(
        call.arguments,
        static_cast<std::size_t>(begin - call.arguments.begin()) + 1);
    cpmKeys(call, keys, call.arguments[0].text, "rapids-cmake");
  }

  void download(const Call &call) {
    if (call.arguments.size() < 2)
      return;
    const Keywords keys(call.arguments, 2);
    const std::string &from = call.arguments[1].text;
    if (isLocalHost(from) || startsLike(from, "file:"))
      return;
    Dependency out = source(from, "CMake file(DOWNLOAD)");
    out.artefact = Artefact::Download;
    out.declared = call.written[1].text;
    out.resolved = from;
    const std::string hash = keys["EXPECTED_HASH"] + keys["EXPECTED_MD5"];
    out.strength = !hash.empty() ? Strength::Content : urlStrength(from);
    out.advisory = !isResolved(from) && !isRemote(from);
    if (call.arguments.size() > 2)
      downloaded_.emplace(call.arguments[2].text,
                          std::tuple(placeOf(call), out.name));
    add(call, std::move(out));
  }

  void package(const Call &call) {
    const std::string name = lower(call.arguments[0].text);
    const bool hasVersion =
        call.arguments.size() > 1 && !call.arguments[1].text.empty() &&
        call.arguments[1].text[0] >= '0' && call.arguments[1].text[0] <= '9';
    if (!isOneOf(name, kNumericPackages) || hasVersion)
      return;
    Dependency out = source(call.arguments[0].text, "CMake find_package");
    out.artefact = Artefact::Package;
    out.advisory = true;
    add(call, std::move(out));
  }

  /// The commands that a build step runs, without a shell.
  void commands(const Call &call) {
    std::vector<Command> all;
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
      if (call.arguments[i].text != "COMMAND" || call.arguments[i].isQuoted)
        continue;
      Command one;
      one.line = call.arguments[i].line;
      one.endLine = one.line;
      one.pipeline = static_cast<unsigned>(i);
      while (i + 1 < call.arguments.size() &&
             !isStepKeyword(call.arguments[i + 1]))
        one.words.push_back(call.arguments[++i].text);
      all.push_back(std::move(one));
    }
    if (all.empty())
      return;
    Inventory found;
    Reading reading(project_, call.path, found);
    readCommands(reading, all, true);
    for (Dependency &dependency : found.dependencies)
      add(call, std::move(dependency));
  }

  static bool isStepKeyword(const Argument &argument) {
    static constexpr std::array kKeys = {"COMMAND",
                                         "WORKING_DIRECTORY",
                                         "OUTPUT_VARIABLE",
                                         "ERROR_VARIABLE",
                                         "RESULT_VARIABLE",
                                         "DEPENDS",
                                         "COMMENT",
                                         "VERBATIM",
                                         "OUTPUT_QUIET",
                                         "ERROR_QUIET",
                                         "TIMEOUT",
                                         "BYPRODUCTS",
                                         "USES_TERMINAL",
                                         "OUTPUT_STRIP_TRAILING_WHITESPACE",
                                         "COMMAND_ERROR_IS_FATAL"};
    return !argument.isQuoted && isOneOf(argument.text, kKeys);
  }

  const Project &project_;
  Inventory &out_;
  cmake::Machine machine_;
  std::map<std::tuple<Range, std::string>, Dependency> found_;
  std::set<Range> resolvedPlaces_;
  CMakeSettings settings_;
  std::set<std::string> included_;
  std::map<std::string, std::tuple<Range, std::string>> downloaded_;
};

}  // namespace

void readCMakeProject(const Project &project, Inventory &out) {
  std::vector<std::string> paths;
  for (const std::string &path : project.files())
    if (baseName(path) == "CMakeLists.txt" || path.ends_with(".cmake"))
      paths.push_back(path);
  // From the top: what includes runs before what is included; modules that
  // nothing includes come last.
  std::ranges::sort(paths, {}, [](const std::string &path) {
    return std::tuple(path.ends_with(".cmake"), std::ranges::count(path, '/'),
                      path);
  });
  CMakeReader(project, out).run(paths);
  out.files += static_cast<unsigned>(paths.size());
}

}  // namespace reproaudit
