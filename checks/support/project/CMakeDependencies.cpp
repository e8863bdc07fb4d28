// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the calls of CMake code fetch, and the flags that they set.
#include "CMake.h"
#include "Commands.h"
#include "Flags.h"
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

template <std::size_t N>
bool isOneOf(std::string_view text, const std::array<const char *, N> &all) {
  return std::ranges::find(all, text) != all.end();
}

/// Keyword arguments: `GIT_TAG v1` becomes GIT_TAG -> v1.
class Keywords {
public:
  Keywords(const std::vector<Argument> &arguments, std::size_t from) {
    static constexpr std::array kKeys = {"GIT_REPOSITORY",
                                         "GIT_TAG",
                                         "URL",
                                         "URL_HASH",
                                         "URL_MD5",
                                         "SOURCE_DIR",
                                         "DOWNLOAD_COMMAND",
                                         "SVN_REPOSITORY",
                                         "SVN_REVISION",
                                         "HG_REPOSITORY",
                                         "HG_TAG",
                                         "CVS_REPOSITORY",
                                         "NAME",
                                         "VERSION",
                                         "GITHUB_REPOSITORY",
                                         "GITLAB_REPOSITORY",
                                         "BITBUCKET_REPOSITORY",
                                         "EXPECTED_HASH",
                                         "EXPECTED_MD5",
                                         "URI"};
    std::string key;
    for (std::size_t i = from; i < arguments.size(); ++i) {
      const Argument &one = arguments[i];
      if (!one.isQuoted && isOneOf(one.text, kKeys)) {
        key = one.text;
        values_.try_emplace(key);
      } else if (isOther(one)) {
        key.clear();
      } else if (!key.empty()) {
        values_[key].push_back(one.text);
        lines_.emplace(key, one.line);
      }
    }
  }

  bool has(const std::string &key) const { return values_.contains(key); }
  std::string operator[](const std::string &key) const {
    const auto found = values_.find(key);
    return found == values_.end() || found->second.empty() ? ""
                                                           : found->second[0];
  }

private:
  /// Any other word in capitals with an underscore is a keyword that ends the
  /// values of the one before.
  static bool isOther(const Argument &one) {
    return !one.isQuoted && contains(one.text, "_") &&
           std::ranges::all_of(one.text, [](char c) {
             return c == '_' || (c >= 'A' && c <= 'Z');
           });
  }

  std::map<std::string, std::vector<std::string>> values_;
  std::map<std::string, unsigned> lines_;
};

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
    for (const auto &[file, key] : downloaded_)
      if (const auto at = found_.find(key); at != found_.end())
        at->second.executed = included_.contains(file);
    for (auto &[place, dependency] : found_)
      if (!dependency.advisory || !resolvedPlaces_.contains(dependency.at))
        out_.dependencies.push_back(std::move(dependency));
    for (auto &[place, setting] : settings_) {
      for (const std::string &variable : guards_[place])
        setting.optional |= machine_.canBeOff(variable);
      out_.settings.push_back(std::move(setting));
    }
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
    else if (name == "string" && call.arguments[0].text == "TIMESTAMP")
      timestamp(call);
    if (name != "execute_process")
      flags(call);
  }

  Range placeOf(const Call &call) const {
    if (call.siteLine != 0)
      return {call.sitePath, call.siteLine, 0, call.siteEndLine, 0};
    return {call.path, call.line, 0, call.endLine, 0};
  }

  void add(const Call &call, Dependency dependency) {
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
      git(call, keys["GIT_TAG"], std::move(name), std::move(ecosystem));
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

  void git(const Call &call, const std::string &tag, std::string name,
           std::string ecosystem) {
    Dependency out = source(std::move(name), std::move(ecosystem));
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
      git(call, tag, std::move(name), std::move(ecosystem));
    } else if (!keys["URL"].empty()) {
      url(call, keys["URL"], keys["URL_HASH"] + keys["URL_MD5"],
          std::move(name), std::move(ecosystem));
    }
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
    git(call, tag, std::string(baseName(path)), "CPM");
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

  // -- settings -------------------------------------------------------------

  void addSetting(const Call &call, SettingKind kind, const std::string &flag,
                  std::string program, unsigned line) {
    Setting setting{.kind = kind,
                    .flag = flag,
                    .program = std::move(program),
                    .at = {call.path, line, 0, line, 0},
                    .evidence = {}};
    const auto key = std::pair(setting.at, flag);
    settings_.try_emplace(key, std::move(setting));
    std::set<std::string> &guards = guards_[key];
    for (const std::string &condition : call.conditions) {
      const std::vector<std::string_view> parts = split(condition, ';');
      for (std::size_t i = 0; i < parts.size(); ++i)
        if (i == 0 ||
            (parts[i - 1] != "NOT" &&
             !(i > 1 && parts[i - 1] == "(" && parts[i - 2] == "NOT")))
          guards.emplace(parts[i]);
    }
  }

  void timestamp(const Call &call) {
    if (call.arguments.size() > 1)
      addSetting(call, SettingKind::Timestamp, "string(TIMESTAMP)", "",
                 call.line);
  }

  static bool takesFlags(const Call &call) {
    static constexpr std::array kCommands = {"add_compile_options",
                                             "target_compile_options",
                                             "add_definitions",
                                             "add_link_options",
                                             "target_link_options",
                                             "target_link_libraries",
                                             "set_target_properties",
                                             "set_source_files_properties",
                                             "set_property",
                                             "list",
                                             "set",
                                             "string",
                                             "cuda_add_library",
                                             "cuda_add_executable",
                                             "add_compile_definitions",
                                             "target_compile_definitions",
                                             "append",
                                             "cuda_select_nvcc_arch_flags"};
    if (!isOneOf(call.name, kCommands))
      return false;
    const std::string &first = call.written[0].text;
    if (call.name == "string")
      return first == "APPEND" || first == "PREPEND" || first == "CONCAT" ||
             first == "REPLACE" || first == "REGEX";
    if (call.name == "list")
      return first == "APPEND" || first == "PREPEND" || first == "INSERT";
    return !first.starts_with("CMAKE_REQUIRED_");
  }

  void flags(const Call &call) {
    if (!takesFlags(call))
      return;
    const bool isReplace =
        call.name == "string" &&
        (call.written[0].text == "REPLACE" || call.written[0].text == "REGEX");
    // Only the text that is put in counts, not the one that is looked for.
    const std::size_t first = call.name.starts_with("add_") ? 0 : 1;
    const std::size_t from = !isReplace                        ? first
                             : call.written[0].text == "REGEX" ? 3
                                                               : 2;
    const bool isTarget = call.name.starts_with("target_");
    for (std::size_t i = from; i < call.written.size(); ++i) {
      for (const Flag &flag : flagsIn(call.written[i].text))
        addSetting(call, flag.kind, flag.text,
                   isTarget ? call.arguments[0].text : "",
                   call.written[i].line);
      if (isReplace)
        break;
    }
    architectures(call);
  }

  /// CMAKE_CUDA_ARCHITECTURES native: code for the card that builds.
  void architectures(const Call &call) {
    for (std::size_t i = 0; i + 1 < call.written.size(); ++i) {
      const std::string &name = call.written[i].text;
      if (name.ends_with("CUDA_ARCHITECTURES") &&
          (call.written[i + 1].text == "native" ||
           call.written[i + 1].text == "\"native\""))
        addSetting(call, SettingKind::Native, "CUDA_ARCHITECTURES native",
                   contains(call.name, "target") ? call.arguments[0].text : "",
                   call.written[i + 1].line);
    }
  }

  const Project &project_;
  Inventory &out_;
  cmake::Machine machine_;
  std::map<std::tuple<Range, std::string>, Dependency> found_;
  std::set<Range> resolvedPlaces_;
  std::map<std::pair<Range, std::string>, Setting> settings_;
  std::map<std::pair<Range, std::string>, std::set<std::string>> guards_;
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
