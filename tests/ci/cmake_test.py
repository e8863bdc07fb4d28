# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""find_package(reproaudit) in a project of its own, after a real installation."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from project import CLEAN, SEEDED_FROM_ENTROPY, ProjectTest

BUILD = os.environ["REPROAUDIT_BUILD"]
SEED = "repro-nondeterministic-seed"
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(consumer CXX)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
enable_testing()
find_package(reproaudit REQUIRED)
add_library(seeded)
reproaudit_add_scan(seeded)
target_sources(seeded PRIVATE src/seeded.cpp src/kernel.cu)
set_source_files_properties(src/kernel.cu PROPERTIES LANGUAGE CXX)
add_library(steady src/clean.cpp)
reproaudit_add_scan(steady FAIL_ON note ARGS --ignore mem)
set_target_properties(steady PROPERTIES CXX_CLANG_TIDY "")
"""
TIDY = 'set(CMAKE_CXX_CLANG_TIDY clang-tidy-22 -load=${reproaudit_TIDY_PLUGIN} "-checks=-*,repro-*")\n'


class CMake(ProjectTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.root.parent / "prefix"
        self.call("cmake", "--install", BUILD, "--prefix", str(self.prefix), "--component", "Unspecified")
        self.write("src/seed.h", SEEDED_FROM_ENTROPY.replace("std::mt19937", "inline std::mt19937"))
        self.write("src/seeded.cpp", '#include "seed.h"\n')
        self.write("src/kernel.cu", "int kernel;\n")
        self.write("src/clean.cpp", CLEAN)
        self.call("git", "init", "-q")

    def call(self, *command: str, ok: bool = True) -> str:
        result = subprocess.run(command, cwd=self.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode == 0, ok, result.stdout)
        return result.stdout

    def configure(self, text: str, ok: bool = True) -> str:
        self.write("CMakeLists.txt", text)
        return self.call("cmake", "-B", "build", "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-22",
                         f"-DCMAKE_PREFIX_PATH={self.prefix}", ok=ok)

    def test_targets_and_tests_scan_their_own_sources_and_headers(self):
        self.configure(PROJECT)
        said = self.call("ctest", "--test-dir", "build", "-V", ok=False)
        self.assertRegex(said, r"reproaudit/seeded \.+\*+Failed")
        self.assertRegex(said, r"reproaudit/steady \.+ +Passed")
        self.assertIn("src/seed.h:2:28: warning:", said)
        units = json.loads((self.root / "build/reproaudit/seeded/compile_commands.json").read_text())
        self.assertEqual(sorted(Path(unit["file"]).name for unit in units), ["kernel.cu", "seeded.cpp"])
        self.assertIn("0 errors, 0 warnings", self.call("cmake", "--build", "build", "--target", "steady-reproaudit"))

    def test_clang_tidy_runs_the_rules_while_building(self):
        self.configure(PROJECT.replace("add_library(seeded)", TIDY + "add_library(seeded)").replace(" src/kernel.cu", ""))
        self.assertIn(f"[{SEED}]", self.call("cmake", "--build", "build"))

    def test_mistakes_are_errors_that_say_what_to_do(self):
        self.assertIn("there is no target nobody", self.configure(PROJECT + "reproaudit_add_scan(nobody)\n", ok=False))
        self.assertIn("-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                      self.configure(PROJECT.replace("COMMANDS ON", "COMMANDS OFF"), ok=False))

    def test_the_installation_documents_itself(self):
        page = self.call("man", "--warnings", "-l", str(self.prefix / "share/man/man1/reproaudit.1"))
        for word in ("scan", "--diff-base", "baseline", "EXIT STATUS"):
            self.assertIn(word, page.replace("\u2010", "-"))
        self.assertNotIn("warning:", page)
        script = self.prefix / "share/bash-completion/completions/reproaudit"
        words = self.call("bash", "-c", f'. "{script}"; COMP_WORDS=(reproaudit scan --di); COMP_CWORD=2; _reproaudit; echo "${{COMPREPLY[*]}}"')
        self.assertIn("--diff-base", words)


if __name__ == "__main__":
    unittest.main()
