# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`scan --cmake-trace` asks the real CMake for what cannot be read."""
import unittest

from project import ProjectTest

# The pattern has operators: only CMake's own engine knows what remains.
LISTS = """cmake_minimum_required(VERSION 3.20)
project(traced NONE)
include(FetchContent)
string(REGEX REPLACE "^(m[a-z]+)-.*$" "\\\\1" BRANCH "main-of-all")
FetchContent_Declare(moving
  GIT_REPOSITORY https://example.com/owner/moving.git
  GIT_TAG ${BRANCH})
"""


class CMakeTrace(ProjectTest):
    def test_only_cmake_knows_the_value(self):
        self.write("CMakeLists.txt", LISTS)
        read = self.run_command("scan", "--select", "deps", "--no-cache")
        traced = self.run_command("scan", "--select", "deps", "--no-cache", "--cmake-trace")
        self.assertNotIn("'main'", read.stdout)
        self.assertIn("'moving' (CMake FetchContent) is taken from a branch or tag that moves: 'main'", traced.stdout)


if __name__ == "__main__":
    unittest.main()
