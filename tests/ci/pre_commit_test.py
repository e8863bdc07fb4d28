# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The commit hook, run by the real pre-commit in a real git repository."""
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from project import CLEAN, REPROAUDIT, SEEDED_FROM_ENTROPY, ProjectTest

CONFIG = "repos:\n  - repo: {hooks}\n    rev: {rev}\n    hooks:\n      - id: reproaudit\n"
SEED = "repro-nondeterministic-seed"


class PreCommit(ProjectTest):
    def setUp(self):
        super().setUp()
        home = self.root.parent / "home"
        self.env = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"),
                    "PATH": f"{Path(REPROAUDIT).parent}:{os.environ['PATH']}",
                    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
        home.mkdir()
        hooks = self.root.parent / "hooks"
        hooks.mkdir()
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
        self.git("init", "-q", cwd=hooks)
        self.git("add", ".", cwd=hooks)
        self.git("commit", "-qm", "hooks", cwd=hooks)
        rev = self.git("rev-parse", "HEAD", cwd=hooks).stdout.strip()
        self.git("init", "-q")
        self.write(".gitignore", "/build/\n")
        self.write(".pre-commit-config.yaml", CONFIG.format(hooks=hooks, rev=rev))
        self.write("engine.h", "#pragma once\n")
        self.project(main='#include "engine.h"\n' + CLEAN, old=SEEDED_FROM_ENTROPY)
        self.git("add", ".")
        self.git("commit", "-qm", "before the hook")
        subprocess.run(["pre-commit", "install"], cwd=self.root, env=self.env, check=True, capture_output=True)

    def git(self, *arguments, cwd=None, check=True):
        return subprocess.run(["git", *arguments], cwd=cwd or self.root, env=self.env, check=check, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def commit(self, *arguments) -> str | None:
        """What the hook said if it refused the commit."""
        result = self.git("commit", "-m", "change", *arguments, check=False)
        return result.stdout if result.returncode else None

    def test_old_findings_do_not_stop_a_commit_new_ones_do(self):
        self.write("old.cpp", SEEDED_FROM_ENTROPY + "int unrelated = 1;\n")
        self.assertIsNone(self.commit("-a"))
        self.write("main.cpp", SEEDED_FROM_ENTROPY)
        self.git("add", ".")
        said = self.commit()
        self.assertIn("main.cpp:2:21: warning:", said)
        self.assertNotIn("old.cpp", said)

    def test_a_commit_of_a_single_file_and_of_all(self):
        self.write("main.cpp", SEEDED_FROM_ENTROPY)
        self.write("old.cpp", "")
        self.assertIsNone(self.commit("old.cpp"))
        self.assertIn(SEED, self.commit("main.cpp"))
        self.assertIn(SEED, self.commit("-a"))

    def test_a_header_is_judged_by_the_units_that_include_it(self):
        self.write("engine.h", "#pragma once\n#include <random>\ninline std::mt19937 shared(std::random_device{}());\n")
        self.git("add", ".")
        self.assertIn("engine.h:3:28: warning:", self.commit())

    def test_what_is_not_staged_does_not_count(self):
        self.write("main.cpp", CLEAN + "int staged = 1;\n")
        self.git("add", ".")
        self.write("main.cpp", SEEDED_FROM_ENTROPY)
        self.assertIsNone(self.commit())

    def test_project_files_are_judged_too(self):
        self.write("Dockerfile", "FROM debian:latest\n")
        self.git("add", ".")
        self.assertIn("repro-unpinned-image", self.commit())

    def test_a_unit_that_does_not_parse_stops_the_commit(self):
        self.write("main.cpp", "#include \"gone.h\"\n")
        self.git("add", ".")
        self.assertIn("does not parse", self.commit())


if __name__ == "__main__":
    unittest.main()
