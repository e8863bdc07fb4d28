// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which reader reads which file.
#include "Flags.h"
#include "Readers.h"
#include "Syntax.h"
#include "Text.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace reproaudit {
namespace {

/// Folders with copies of other projects: they declare what those need.
bool isVendored(std::string_view path) {
  const std::string text = "/" + lower(path);
  for (const std::string_view folder :
       {"/node_modules/", "/third_party/", "/3rdparty/", "/thirdparty/",
        "/vendor/", "/_deps/", "/site-packages/"})
    if (contains(text, folder))
      return true;
  return false;
}

bool isDockerfile(std::string_view name) {
  const std::string text = lower(name);
  return text.starts_with("dockerfile") || text.starts_with("containerfile") ||
         text.ends_with(".dockerfile") || text.ends_with(".containerfile") ||
         text.ends_with("_dockerfile") || contains(text, ".dockerfile.");
}

bool isRequirements(std::string_view path) {
  const std::string name = lower(baseName(path));
  if (!name.ends_with(".txt") && !name.ends_with(".in"))
    return false;
  return contains(name, "requirement") || contains(name, "constraint") ||
         baseName(folderOf(path)) == "requirements";
}

bool isYaml(std::string_view path) {
  return path.ends_with(".yml") || path.ends_with(".yaml");
}

bool isMakefile(std::string_view name) {
  return name == "Makefile" || name == "makefile" || name == "GNUmakefile" ||
         name.ends_with(".mk") || name.ends_with(".make") ||
         name.starts_with("Makefile.");
}

bool isCxx(std::string_view path) {
  for (const std::string_view end :
       {".cpp", ".cc", ".cxx", ".c", ".h", ".hpp", ".hh", ".cu", ".cuh"})
    if (path.ends_with(end))
      return true;
  return false;
}

/// YAML files are told apart by where they are or by what they hold.
Reader yamlReader(const Project &project, const std::string &path) {
  const std::string_view name = baseName(path);
  if (contains("/" + path, "/.github/workflows/") || name == "action.yml" ||
      name == "action.yaml")
    return readGitHubWorkflow;
  if (name.starts_with(".gitlab-ci"))
    return readGitLabCi;
  if (contains("/" + path, "/.circleci/"))
    return readCircleCi;
  if (startsLike(name, "azure-pipelines") ||
      contains(path, ".azure-pipelines/") || name == ".vsts-ci.yml")
    return readAzurePipeline;
  if (name.starts_with(".pre-commit-config"))
    return readPreCommit;
  if (contains(name, "compose"))
    return readCompose;
  if (name == ".travis.yml" || startsLike(name, "appveyor") ||
      name == ".appveyor.yml" || name == "bitbucket-pipelines.yml" ||
      name == ".drone.yml" || name == ".cirrus.yml")
    return readOtherCi;
  if (name == "python_env.yaml")
    return readPythonEnvironment;
  if (name == "spack.yaml")
    return readSpack;
  if (name == "dvc.yaml")
    return readDvc;
  const std::string &text = project.text(path);
  if (contains(text, "dependencies:") &&
      (contains(text, "channels:") || name.starts_with("conda.") ||
       name.starts_with("environment.")))
    return readCondaEnvironment;
  const bool isTemplate = contains(text, "{{");
  if (contains(text, "image:") && !isTemplate &&
      (contains(text, "apiVersion:") || name == "values.yaml" ||
       contains(text, "pipelineInfo:")))
    return readKubernetes;
  return nullptr;
}

/// What the end of a path says about its file.
struct Named {
  std::string_view end;
  Reader reader;
};

constexpr Named kReaders[] = {
    {".bazelrc", readBazelSettings},
    {".bzl", readBazel},
    {"WORKSPACE", readBazel},
    {"WORKSPACE.bazel", readBazel},
    {"MODULE.bazel", readBazel},
    {".bat", readBatch},
    {".cmd", readBatch},
    {".ps1", readBatch},
    {".psm1", readBatch},
    {"CMakePresets.json", readCMakePresets},
    {"conanfile.txt", readConanfile},
    {"DESCRIPTION", readRDescription},
    {"devcontainer.json", readDevcontainer},
    {".dvc", readDvc},
    {"Jenkinsfile", readJenkinsfile},
    {"jenkinsfile.groovy", readJenkinsfile},
    {"meson.build", readMesonBuild},
    {".wrap", readMesonWrap},
    {"MLproject", readMlProject},
    {"flake.nix", readNixFlake},
    {".nix", readNix},
    {".gitattributes", readGitAttributes},
    {".ipynb", readNotebook},
    {"package.json", readPackageJson},
    {"Pipfile", readPipfile},
    {"pixi.toml", readPixi},
    {"pyproject.toml", readPyproject},
    {".R", readRScript},
    {"Project.toml", readJuliaProject},
    {"setup.cfg", readSetupCfg},
    {".sh", readShellScript},
    {".bash", readShellScript},
    {".zsh", readShellScript},
    {".gitmodules", readSubmodules},
    {"vcpkg.json", readVcpkg},
    {"xmake.lua", readXmake},
};

Reader readerOf(const Project &project, const std::string &path) {
  const std::string_view name = baseName(path);
  if (isYaml(path))
    return yamlReader(project, path);
  if (isDockerfile(name))
    return readDockerfile;
  if (isRequirements(path))
    return readRequirements;
  if (isMakefile(name))
    return readMakefile;
  if (path.ends_with(".py"))
    return name == "conanfile.py" ? readConanScript : readPythonSource;
  if (isCxx(path))
    return readCxxSource;
  for (const Named &one : kReaders)
    if (path.ends_with(one.end))
      return one.reader;
  // Scripts without an extension say on their first line what they are.
  if (!contains(name, ".") &&
      project.text(path).substr(0, 40).find("sh") != std::string::npos &&
      project.text(path).starts_with("#!"))
    return readShellScript;
  return nullptr;
}

void noteMissingGrammars(Inventory &out) {
  if (!hasGrammar(Grammar::Bash))
    out.notices.push_back(
        {Level::Warning, "no-grammar", "", 0,
         "shell, Python and Starlark were not read: this program was built "
         "without their grammars; install npm and build it again"});
}

}  // namespace

Inventory readInventory(const Project &project) {
  Inventory out;
  noteMissingGrammars(out);
  readCMakeProject(project, out);
  for (const std::string &path : project.files()) {
    if (isVendored(path))
      continue;
    const Reader reader = readerOf(project, path);
    if (reader == nullptr)
      continue;
    ++out.files;
    if (const std::string why = project.unreadable(path); !why.empty()) {
      out.notices.push_back(
          {Level::Note, "not-read", path, 0, "this file was not read: " + why});
      continue;
    }
    Reading reading(project, path, out);
    reader(reading);
  }
  readUnitFlags(project, out);
  std::ranges::sort(out.dependencies, {}, [](const Dependency &one) {
    return std::tie(one.at, one.artefact, one.name);
  });
  std::ranges::sort(out.settings, {}, [](const Setting &one) {
    return std::tie(one.at, one.flag);
  });
  std::ranges::sort(out.notices);
  const auto twice = std::ranges::unique(out.notices);
  out.notices.erase(twice.begin(), twice.end());
  return out;
}

}  // namespace reproaudit
