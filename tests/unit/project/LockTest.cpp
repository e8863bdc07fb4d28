// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Lock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace reproaudit {
namespace {

/// `version` of \p name in a lock called \p file, with `#` if it has a hash.
std::string entry(const char *file, std::string_view text,
                  const std::string &name) {
  const Lock lock = parseLock(file, text);
  const auto found = lock.entries.find(lockKey(name));
  if (found == lock.entries.end())
    return "none";
  return found->second.version + (found->second.hasHash ? "#" : "");
}

TEST(Lock, IsReadInEveryFormat) {
  EXPECT_EQ(entry("package-lock.json",
                  R"({"packages": {"node_modules/a/node_modules/@s/b":
                      {"version": "1.2.3", "integrity": "sha512-A"}}})",
                  "@s/b"),
            "1.2.3#");
  EXPECT_EQ(entry("package-lock.json",
                  R"({"dependencies": {"a": {"version": "1.2.3"}}})", "a"),
            "1.2.3");
  EXPECT_EQ(entry("yarn.lock",
                  "\"@s/a@^1\", \"@s/a@~1\":\n  version \"1.2.3\"\n"
                  "  integrity sha512-A\n",
                  "@s/a"),
            "1.2.3#");
  EXPECT_EQ(entry("yarn.lock", "\"a@npm:^1\":\r\n  version: 1.2.3\r\n", "a"),
            "1.2.3");
  EXPECT_EQ(entry("pnpm-lock.yaml",
                  "packages:\n  /@s/a@1.2.3(peer@2):\n"
                  "    resolution: {integrity: sha512-A}\n",
                  "@s/a"),
            "1.2.3#");
  EXPECT_EQ(entry("bun.lock",
                  R"({"packages": {"a": ["a@1.2.3", "", {}, "sha512-A"],}})",
                  "a"),
            "1.2.3#");
  EXPECT_EQ(entry("uv.lock",
                  "[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n"
                  "sdist = { url = \"u\", hash = \"sha256:0\" }\n",
                  "A"),
            "1.2.3#");
  EXPECT_EQ(entry("poetry.lock",
                  "[[package]]\nname = \"a_b\"\nversion = \"1.2.3\"\n"
                  "files = []\n",
                  "a-b"),
            "1.2.3");
  EXPECT_EQ(entry("conda-lock.yml",
                  "package:\n- name: a\n  version: 1.2.3\n"
                  "  hash: {md5: 0123}\n",
                  "a"),
            "1.2.3#");
  EXPECT_EQ(entry("pixi.lock",
                  "packages:\n- conda: https://x.org/a-b-1.2.3-h0_1.conda\n"
                  "  sha256: 0123\n",
                  "a-b"),
            "1.2.3#");
  EXPECT_EQ(
      entry("conan.lock", R"({"requires": ["a/1.2.3@u/c#0123%1.0"]})", "a"),
      "1.2.3#");
  EXPECT_EQ(entry("spack.lock",
                  R"({"concrete_specs": {"abc": {"name": "a",
                      "version": "1.2.3"}}})",
                  "a"),
            "1.2.3#");
  EXPECT_EQ(entry("MODULE.bazel.lock",
                  R"({"registryFileHashes":
                      {"https://bcr.x/modules/a/1.2.3/source.json": "0123"}})",
                  "a"),
            "1.2.3#");
  EXPECT_EQ(entry("Manifest.toml", "[[a]]\nversion = \"1.2.3\"\n", "a"),
            "1.2.3");
}

TEST(Lock, OfRubbishIsNoLock) {
  for (const char *file :
       {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
        "uv.lock", "Pipfile.lock", "conda-lock.yml", "pixi.lock",
        "Manifest.toml", "renv.lock", "conan.lock", "spack.lock", "flake.lock",
        "MODULE.bazel.lock", "devcontainer-lock.json", "dvc.lock",
        "xmake-requires.lock"})
    for (const std::string_view text :
         {"", "{", "[]", "[[[", "{\"packages\": [1, {\"a\": null}]}", "a: [",
          "package: x", "[[package]]\n", "[\"", "version = \"", "\":\n@:",
          "\xff\xfe\x00", "{\"nodes\": {\"root\": {\"inputs\": {\"a\": 1}}}}",
          "{\"requires\": [\"/\", \"a/#\", 7]}", "packages:\n- conda: -\n",
          "packages:\n- conda: -a-\n  b: 1\n"})
      EXPECT_TRUE(parseLock(file, text).entries.size() < 2) << file << text;
}

Dependency asked(const char *declared) {
  return {.artefact = Artefact::Package,
          .ecosystem = "pip",
          .name = "numpy",
          .declared = declared,
          .resolved = declared,
          .strength = Strength::Range,
          .at = {},
          .evidence = {},
          .group = {}};
}

/// What applying \p lock leaves: the strength and the last remark.
std::pair<Strength, std::string> applied(const char *declared,
                                         const Lock &lock) {
  Dependency one = asked(declared);
  applyLock(one, lock);
  return {one.strength, one.evidence.empty() ? "" : one.evidence.back().text};
}

TEST(ApplyLock, SaysWhatKeepsALockFromCounting) {
  Lock lock{.path = "uv.lock"};
  lock.entries.emplace("numpy", Locked{"1.26.4", true});
  using Result = std::pair<Strength, std::string>;
  EXPECT_EQ(applied(">=1", lock), Result(Strength::Content, "locked here"));
  EXPECT_EQ(applied(">=2", lock),
            Result(Strength::Range, "'uv.lock' holds '1.26.4', which is not "
                                    "what is asked for"));
  EXPECT_EQ(applied(">=1", Lock{.path = "uv.lock"}),
            Result(Strength::Range, "'uv.lock' has no entry for it"));
  EXPECT_EQ(applied(">=1", Lock{.path = "uv.lock", .problem = "it is torn"}),
            Result(Strength::Range, "'uv.lock' does not count: it is torn"));
  EXPECT_EQ(applied(">=1", Lock{}), Result(Strength::Range, ""));
  lock.entries.find("numpy")->second.hasHash = false;
  EXPECT_EQ(applied(">=1", lock),
            Result(Strength::Exact, "locked here, without a hash"));
}

TEST(LockOf, ALockThatGitDoesNotTrackDoesNotCount) {
  namespace fs = std::filesystem;
  std::string pattern = (fs::temp_directory_path() / "lock-XXXXXX").string();
  const fs::path root = mkdtemp(pattern.data());
  fs::create_directories(root / "sub");
  std::ofstream(root / "uv.lock") << "";
  const Project untracked(root.string(), {"sub/pyproject.toml"}, {});
  EXPECT_EQ(lockOf(untracked, "sub", {"uv.lock"}).problem,
            "git does not track it");
  const Project tracked(root.string(), {"sub/pyproject.toml", "uv.lock"}, {});
  EXPECT_EQ(lockOf(tracked, "sub", {"uv.lock"}).path, "uv.lock");
  EXPECT_EQ(lockOf(tracked, "sub", {"uv.lock"}).problem, "");
  EXPECT_EQ(lockOf(tracked, "sub", {"poetry.lock"}).path, "");
  fs::remove_all(root);
}

}  // namespace
}  // namespace reproaudit
