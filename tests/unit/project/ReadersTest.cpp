// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every reader of Readers.def on what fuzzing left behind, and on the ways in
// which people and tools write text.
#include "Readers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace reproaudit {
namespace {

namespace fs = std::filesystem;

struct Named {
  const char *name;
  const char *path;
  Reader reader;
};

constexpr Named kReaders[] = {
#define READER(NAME, PATH) {#NAME, PATH, read##NAME},
#include "Readers.def"
#undef READER
};

Inventory read(const Named &one, const std::string &text) {
  const Project project("/nonexistent", {one.path}, {}, {{one.path, text}});
  Inventory out;
  Reading reading(project, one.path, out);
  one.reader(reading);
  return out;
}

std::vector<std::string> corpusOf(const std::string &name) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto &file : fs::directory_iterator(
           fs::path(REPROAUDIT_TESTS) / "fuzz" / "corpus" / name, none)) {
    std::ifstream in(file.path(), std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(in),
                     std::istreambuf_iterator<char>());
  }
  std::ranges::sort(out);
  return out;
}

TEST(Readers, SurviveTheFuzzCorpus) {
  for (const Named &one : kReaders)
    for (const std::string &text : corpusOf(one.name))
      read(one, text);
  for (const std::string &text : corpusOf("CMakeProject")) {
    const Project project("/nonexistent", {"CMakeLists.txt"}, {},
                          {{"CMakeLists.txt", text}});
    Inventory out;
    readCMakeProject(project, out);
  }
}

/// What a reader found, without the order of equal lines.
std::vector<std::string> names(const Inventory &inventory) {
  std::vector<std::string> out;
  out.reserve(inventory.dependencies.size());
  for (const Dependency &one : inventory.dependencies)
    out.push_back(one.name + " " + one.resolved + " " +
                  std::to_string(one.at.line) +
                  std::string(name(one.strength)));
  for (const Setting &one : inventory.settings)
    out.push_back(one.flag + " " + std::to_string(one.at.line));
  return out;
}

std::string withCarriageReturns(const std::string &text) {
  std::string out;
  for (const char c : text)
    out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

/// A file of each format that declares something, with comments.
const std::map<std::string, std::string> &samples() {
  static const std::map<std::string, std::string> kSamples = {
      {"AzurePipeline", "# pool\npool:\n  vmImage: ubuntu-latest\n"},
      {"Batch", "rem git clone x\ngit clone https://x.org/o/a\n"},
      {"Bazel", "# a\nbazel_dep(name = \"a\")\n"},
      {"BazelSettings", "# -Ofast\nbuild --copt=-Ofast\n"},
      {"CircleCi", "orbs:\n  # a\n  a: o/a@volatile\n"},
      {"Compose", "services:\n  a:\n    image: a:latest # b\n"},
      {"ConanScript", "class A:\n    # b\n    requires = \"a/[*]\"\n"},
      {"Conanfile", "# a\n[requires]\na/[*]\n"},
      {"CondaEnvironment", "channels: [a]\ndependencies:\n  - b # c\n"},
      {"CxxSource", "// __DATE__\nauto a = __DATE__;\n"},
      {"Devcontainer", "{\n  // a\n  \"image\": \"a:latest\",\n}\n"},
      {"Dockerfile", "# a\nFROM a:latest\nRUN git clone \\\n  # b\n  "
                     "https://x.org/o/a\n"},
      {"Dvc", "# a\nouts:\n- path: a\n"},
      {"GitAttributes", "# *.a filter=lfs\n*.b filter=lfs\n"},
      {"GitHubWorkflow", "jobs:\n  a:\n    steps:\n      - uses: o/a@v4 # b\n"
                         "      - run: |\n          # c\n          pip install "
                         "d\n"},
      {"GitLabCi", "image: a:latest # b\n"},
      {"Jenkinsfile", "// a\n@Library('a@main') _\n"},
      {"JuliaProject", "# a\n[deps]\nA = \"0\"\n"},
      {"Kubernetes", "apiVersion: v1\n# a\nimage: a:latest\n"},
      {"Makefile", "# -Ofast\nCFLAGS = -Ofast\nall:\n\tgit clone \\\n\t  "
                   "https://x.org/o/a\n"},
      {"MesonBuild", "# -Ofast\nadd_project_arguments('-Ofast')\n"},
      {"MesonWrap", "# a\n[wrap-git]\nrevision = head\n"},
      {"MlProject", "docker_env:\n  image: a:latest # b\n"},
      {"Nix", "# a\nimport <nixpkgs>\n"},
      {"NixFlake", "{\n  # a\n  inputs.a.url = \"github:o/a\";\n}\n"},
      {"Notebook", "{\"cells\": [\n{\"cell_type\": \"code\", \"source\": [\n"
                   "\"!pip install a\\n\"]}]}\n"},
      {"OtherCi", "script:\n  - git clone https://x.org/o/a # b\n"},
      {"PackageJson", "{\n  \"dependencies\": {\n    \"a\": \"^1\" }\n}\n"},
      {"Pipfile", "# a\n[packages]\na = \"*\"\n"},
      {"Pixi", "# a\n[dependencies]\na = \"*\"\n"},
      {"PreCommit", "repos:\n  - repo: https://x.org/a\n    rev: main # b\n"},
      {"Pyproject", "# a\n[project]\ndependencies = [\n  \"a\",\n]\n"},
      {"PythonEnvironment", "dependencies:\n  - a # b\n"},
      {"PythonSource", "# a\nimport torch\ntorch.hub.load(\n    \"o/a\")\n"},
      {"RDescription", "Package: a\nImports:\n    b\n"},
      {"RScript", "# a\ninstall.packages(\"a\")\n"},
      {"Requirements", "# a\na\nb \\\n  >=1\n"},
      {"SetupCfg", "[options]\ninstall_requires =\n    # a\n    b\n"},
      {"ShellScript", "# git clone x\ngit clone \\\n  https://x.org/o/a\n"
                      "cat <<A\ngit clone y\nA\n"},
      {"Spack", "spack:\n  specs:\n    - a # b\n"},
      {"Vcpkg", "{\n  // a\n  \"dependencies\": [\n    \"a\"]\n}\n"},
      {"Xmake", "-- a\nadd_requires(\"a\")\n"},
  };
  return kSamples;
}

TEST(Readers, DoNotMindLineEndsAndByteOrderMarks) {
  for (const Named &one : kReaders) {
    const auto sample = samples().find(one.name);
    if (sample == samples().end())
      continue;  // git submodules need a repository
    const std::vector<std::string> expected = names(read(one, sample->second));
    EXPECT_TRUE(!expected.empty() || sample->first == "GitAttributes")
        << one.name;
    EXPECT_EQ(names(read(one, withCarriageReturns(sample->second))), expected)
        << one.name << " with CRLF";
    EXPECT_EQ(names(read(one, "\xef\xbb\xbf" + sample->second)), expected)
        << one.name << " with a byte order mark";
  }
}

TEST(Readers, SurviveBeingCutOffAnywhere) {
  for (const Named &one : kReaders)
    if (const auto sample = samples().find(one.name); sample != samples().end())
      for (std::size_t size = 0; size < sample->second.size(); ++size)
        read(one, sample->second.substr(0, size));
}

TEST(Readers, SurviveDeepNestingAndLongLines) {
  std::string deep;
  for (int i = 0; i < 20000; ++i)
    deep += "[{(\"$(";
  const std::string line(1 << 20, 'a');
  for (const Named &one : kReaders) {
    read(one, deep);
    read(one, line);
  }
}

}  // namespace
}  // namespace reproaudit
