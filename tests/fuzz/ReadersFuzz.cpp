// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer target: one file of a format that the first byte chooses, read as
// `scan` does. Built with -DREPROAUDIT_FUZZERS=ON and the preset asan.
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

constexpr std::array kFiles = {"CMakeLists.txt",
                               "Dockerfile",
                               "requirements.txt",
                               ".github/workflows/a.yml",
                               ".gitlab-ci.yml",
                               ".circleci/config.yml",
                               "azure-pipelines.yml",
                               "a.sh",
                               "a.ps1",
                               "Makefile",
                               "a.ipynb",
                               "Jenkinsfile",
                               "MODULE.bazel",
                               ".bazelrc",
                               "a.wrap",
                               "meson.build",
                               "conanfile.txt",
                               "conanfile.py",
                               "vcpkg.json",
                               "flake.nix",
                               "spack.yaml",
                               "xmake.lua",
                               "pyproject.toml",
                               "Pipfile",
                               "pixi.toml",
                               "environment.yml",
                               ".pre-commit-config.yaml",
                               "package.json",
                               "docker-compose.yml",
                               "devcontainer.json",
                               "a.py",
                               "a.cpp",
                               "a.dvc",
                               "dvc.yaml",
                               "values.yaml",
                               "a.R",
                               ".gitmodules",
                               "MLproject",
                               "requirements.in"};

/// One folder for all runs; its files are overwritten.
const std::filesystem::path &root() {
  static const std::filesystem::path kRoot = [] {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "readers-XXXXXX").string();
    return std::filesystem::path(mkdtemp(pattern.data()));
  }();
  return kRoot;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  if (size == 0)
    return 0;
  const std::string file = kFiles[data[0] % kFiles.size()];
  const std::filesystem::path path = root() / file;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(data + 1),
             static_cast<std::streamsize>(size - 1));
  const reproaudit::Project project(root().string(), {file}, {});
  for (const reproaudit::Artefact artefact :
       {reproaudit::Artefact::Source, reproaudit::Artefact::Download})
    judge(project, "rule", artefact);
  return 0;
}
