# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`scan --staged` sees what will be committed, whatever else is on disk."""
import subprocess
import unittest

from project import CLEAN, SEEDED_FROM_ENTROPY, ProjectTest

UNPINNED = "FROM debian:latest\n"
PINNED = "FROM debian:12@sha256:" + "0" * 64 + "\n"
UNSET = "struct Layer { Layer() {} int width; };\nint area(Layer layer) { return layer.width; }\n"


class Staged(ProjectTest):
    def setUp(self):
        super().setUp()
        self.write("Dockerfile", PINNED)
        self.write("shared.h", CLEAN)
        self.project(main='#include "shared.h"\n', other=CLEAN)
        self.ignore_build_folder()
        self.git("add", "-A")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "base")

    def git(self, *command: str):
        subprocess.run(["git", *command], cwd=self.root, check=True, capture_output=True)

    def stage(self, name: str, text: str):
        self.write(name, text)
        self.git("add", name)

    def test_what_is_only_on_disk_is_not_seen(self):
        self.stage("other.cpp", CLEAN + "int staged;\n")
        self.write("other.cpp", SEEDED_FROM_ENTROPY)
        self.write("shared.h", SEEDED_FROM_ENTROPY)
        self.write("Dockerfile", UNPINNED)
        self.scan("--staged", code=0)

    def test_what_is_only_staged_is_seen(self):
        for name in ("other.cpp", "shared.h"):
            with self.subTest(name):
                self.stage(name, SEEDED_FROM_ENTROPY)
                expected = self.scan("--staged", "--output", "full", code=1)
                self.assertIn(f"{name}:2", expected)
                self.write(name, "// gone\n" + CLEAN)
                self.assertEqual(self.scan("--staged", "--output", "full", code=1), expected)
                self.stage(name, CLEAN)

    def test_a_header_that_is_gone_from_disk_is_seen(self):
        self.stage("shared.h", SEEDED_FROM_ENTROPY)
        (self.root / "shared.h").unlink()
        self.assertIn("shared.h:2", self.scan("--staged", code=1))

    def test_project_files_are_read_as_staged(self):
        self.stage("Dockerfile", UNPINNED)
        expected = self.scan("--staged", code=1)
        self.write("Dockerfile", PINNED)
        self.assertEqual(self.scan("--staged", code=1), expected)
        (self.root / "Dockerfile").unlink()
        self.assertEqual(self.scan("--staged", code=1), expected)

    def test_fixes_are_not_put_into_another_text(self):
        self.stage("other.cpp", UNSET)
        self.write("other.cpp", "\n" + UNSET)
        self.scan("--staged", "--fix", "--unsafe-fixes", code=2, says="other.cpp is not on disk as it is staged")
        self.write("other.cpp", UNSET)
        self.scan("--staged", "--fix", "--unsafe-fixes", code=0)

    def test_the_cache_keeps_apart_what_is_staged_and_what_is_on_disk(self):
        cached = lambda *arguments: self.run_command("scan", *arguments, XDG_CACHE_HOME=str(self.root / "build"))
        self.stage("other.cpp", SEEDED_FROM_ENTROPY)
        self.write("other.cpp", CLEAN)
        for _ in range(2):
            self.assertIn("other.cpp:2", cached("--staged").stdout)
            self.assertNotIn("other.cpp:2", cached().stdout)
        self.assertIn("(1 cached)", cached("--staged").stderr)


if __name__ == "__main__":
    unittest.main()
