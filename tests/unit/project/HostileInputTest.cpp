// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A repository that wants to hang, crash or escape: every reader stays within
// bounds, and what was not read is told.
#include "reproaudit/analysis/Dependency.h"
#include "reproaudit/analysis/Project.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace reproaudit {
namespace {

namespace fs = std::filesystem;

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

class HostileInput : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern =
        (fs::temp_directory_path() / "hostile-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string &path, std::string_view text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
    files_.push_back(path);
  }

  /// Reads the repository; fails if that takes long.
  Inventory inventory() {
    std::ranges::sort(files_);
    const Project project(root_.string(), files_, {});
    const auto start = std::chrono::steady_clock::now();
    Inventory out = project.inventory();
    EXPECT_LT(std::chrono::steady_clock::now() - start,
              std::chrono::seconds(30));
    return out;
  }

  std::string noticeOf(const Inventory &inventory, const std::string &path) {
    const auto found =
        std::ranges::find(inventory.notices, path, &Notice::path);
    return found == inventory.notices.end() ? "" : found->text;
  }

  fs::path root_;
  std::vector<std::string> files_;
};

TEST_F(HostileInput, AliasesThatExpandWithoutEndAreCut) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
            repeated(last + ", ", 9) + last + "]\n";
  }
  write(".github/workflows/laughs.yml", text);
  EXPECT_NE(noticeOf(inventory(), ".github/workflows/laughs.yml"), "");
}

TEST_F(HostileInput, OnlyRegularFilesInsideTheTreeAreRead) {
  write("requirements.txt", "numpy\n");
  fs::create_symlink("Dockerfile", root_ / "Dockerfile");
  fs::create_symlink("/etc/passwd", root_ / "Makefile");
  ASSERT_EQ(mkfifo((root_ / "install.sh").c_str(), 0600), 0);
  std::ofstream(root_ / "requirements-big.txt") << "torch\n";
  fs::resize_file(root_ / "requirements-big.txt", 10'000'000'000);
  for (const char *path :
       {"Dockerfile", "Makefile", "install.sh", "requirements-big.txt"})
    files_.emplace_back(path);
  const Inventory found = inventory();
  ASSERT_EQ(found.dependencies.size(), 1U);
  EXPECT_EQ(found.dependencies[0].name, "numpy");
  for (const char *path :
       {"Dockerfile", "Makefile", "install.sh", "requirements-big.txt"})
    EXPECT_NE(noticeOf(found, path), "") << path;
}

TEST_F(HostileInput, DeepNestingIsBounded) {
  write("package.json", repeated("[", 200000));
  write("docker-compose.yml", repeated("[", 20000));
  write("pyproject.toml", "a = " + repeated("[", 5000));
  write("deep.sh", repeated("$(", 20000));
  write("if.sh", repeated("if true; then ", 5000));
  write("train.py", "from_pretrained" + repeated("(", 20000));
  write("calls.py", "torch.hub.load" + repeated("().a", 20000));
  write("WORKSPACE", "http_archive(urls = " + repeated("[", 20000));
  write("CMakeLists.txt", "set(A " + repeated("${", 20000) + ")\n" +
                              "message(" + repeated("(", 20000) + ")\n");
  EXPECT_TRUE(inventory().dependencies.empty());
}

TEST_F(HostileInput, RecursionAndLoopsEnd) {
  write("CMakeLists.txt", "function(f)\n  f()\n  f()\nendfunction()\nf()\n"
                          "include(CMakeLists.txt)\nadd_subdirectory(.)\n"
                          "set(A x)\n" +
                              repeated("set(A ${A}${A}${A})\n", 60) +
                              repeated("foreach(i 1 2 3 4 5 6 7 8 9)\n", 12) +
                              "message(x)\n" + repeated("endforeach()\n", 12));
  write("loops.sh", "f() { f; f; }\nf\n" +
                        repeated("for i in 1 2 3 4 5 6 7 8; do ", 12) + ":" +
                        repeated("; done", 12) + "\n");
  write("Makefile", "A = $(A)$(A)\nall:\n\tcurl $(A)\n");
  write("Dockerfile", "ARG A=${A}${A}\nFROM ${A}\n");
  inventory();
}

TEST_F(HostileInput, LongLinesAndRubbishAreRead) {
  const std::string megabyte(1 << 20, 'x');
  std::string bytes;
  for (unsigned i = 0; i < 60000; ++i)
    bytes += static_cast<char>((i * 2654435761U) >> 24U);
  for (const char *path : {"Dockerfile",
                           "a.sh",
                           "a.py",
                           "CMakeLists.txt",
                           "requirements.txt",
                           "a.yml",
                           ".github/workflows/a.yml",
                           "package.json",
                           "Pipfile",
                           "a.bzl",
                           "a.wrap",
                           "Makefile",
                           "a.ipynb",
                           "a.bat",
                           "Jenkinsfile",
                           "meson.build",
                           "conanfile.txt",
                           "conanfile.py",
                           "flake.nix",
                           "vcpkg.json",
                           "a.cpp",
                           "xmake.lua",
                           "a.R",
                           ".gitmodules",
                           ".pre-commit-config.yaml",
                           "spack.yaml",
                           "dvc.yaml",
                           "a.dvc",
                           "pixi.toml",
                           ".bazelrc"}) {
    write(path, megabyte + "\n" + bytes);
    write(std::string("rubbish/") + path, bytes);
    write(std::string("empty/") + path, "");
  }
  inventory();
}

TEST_F(HostileInput, PathsOutOfTheTreeAreNotFollowed) {
  write("requirements.txt", "-c ../../../../etc/passwd\nnumpy\n");
  write("CMakeLists.txt", "file(STRINGS ../../../etc/passwd A)\n"
                          "include(/etc/passwd)\nadd_subdirectory(../..)\n");
  EXPECT_EQ(inventory().dependencies.size(), 1U);
}

}  // namespace
}  // namespace reproaudit
