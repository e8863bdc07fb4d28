# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A scan in parts, on one machine or on many, gives the bytes of one in a whole;
the recipes of the guide are what is run here."""
import os
import re
import subprocess
import unittest
from pathlib import Path

import project
from project import CLEAN, NO_SUCH_HEADER, SEEDED_FROM_ENTROPY, ProjectTest

GUIDE = (Path(__file__).parents[2] / "docs/guide/large-projects.md").read_text()
SHARDS = 4  # As in the guide.


class Shards(ProjectTest):
    def setUp(self):
        super().setUp()
        self.write("engine.h", "#pragma once\n" + SEEDED_FROM_ENTROPY.replace("std::mt", "inline std::mt"))
        # A draw in one unit, no seed in any: only all units together tell.
        self.project("-I", ".", a='#include "engine.h"\n', b='#include "engine.h"\n' + "int draw();\n", c=CLEAN, e=SEEDED_FROM_ENTROPY,
                     d="#include <cstdlib>\nint draw() { return std::rand() % 6; }\n", bad=NO_SUCH_HEADER, f="int f();\n")
        self.write("Dockerfile", "FROM ubuntu:latest\n")
        self.ignore_build_folder()

    def run_scan(self, *arguments: str, code: int) -> bytes:
        result = subprocess.run([project.REPROAUDIT, *arguments], cwd=self.root, capture_output=True)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stdout

    def whole(self, form: str = "sarif") -> bytes:
        return self.run_scan("scan", "--no-cache", "--output", form, code=3)

    def parts(self, count: int) -> list[str]:
        logs = [f"build/{number}.sarif" for number in range(1, count + 1)]
        for number, log in enumerate(logs, start=1):
            self.run_scan("scan", "--no-cache", "--shard", f"{number}/{count}", "--output", f"sarif:{log}", code=0)
        return logs

    def test_any_number_of_shards(self):
        whole = self.whole()
        for count in (1, 2, 3, 20):
            with self.subTest(count=count):
                self.assertEqual(self.run_scan("merge", *reversed(self.parts(count)), code=3), whole)

    def test_any_format(self):
        logs = self.parts(2)
        for form in ("text", "json", "github"):
            with self.subTest(form=form):
                self.assertEqual(self.run_scan("merge", *logs, "--output", form, code=3), self.whole(form))

    def test_settings_hold(self):
        self.write(".reproaudit.yaml", "levels: {rng: note}\npaths:\n  - path: c.cpp\n    ignore: [all]\n")
        self.assertEqual(self.run_scan("merge", *self.parts(2), code=3), self.whole())

    def test_shard_that_is_missing_or_foreign(self):
        logs = self.parts(3)
        result = self.run_command("merge", logs[0], logs[2])
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("the log of shard 2/3 is missing", result.stderr)
        other = [self.parts(2)[0], logs[1], logs[2]]
        self.assertIn("not the shards of one scan", self.run_command("merge", *other).stderr)

    def test_words_that_are_no_shard(self):
        for word in ("0/2", "3/2", "1", "a/b", "1/2/3", "/", "-1/2"):
            with self.subTest(word=word):
                self.scan("--shard", word, code=2, says="1 <= K <= N")

    def test_options_that_need_the_whole(self):
        for other in (["a.cpp"], ["--staged"], ["--diff-base", "HEAD"], ["--baseline", "x"], ["--fix"], ["--diff"]):
            with self.subTest(other=other):
                self.scan("--shard", "1/2", *other, code=2, says="excludes")

    def bash(self, script: str, code: int = 0, **environment: str):
        path = f"{Path(project.REPROAUDIT).resolve().parent}:{os.environ['PATH']}"
        result = subprocess.run(["bash", "-e", "-c", script], cwd=self.root, capture_output=True, text=True,
                                env={**os.environ, **environment, "PATH": path})
        self.assertEqual(result.returncode, code, result.stderr)

    def test_matrix_of_the_guide(self):
        workflow = re.search(r"```yaml\n(.*?)```", GUIDE, re.S)[1]
        scan, merge = re.findall(r"- run: (reproaudit .*)\n", workflow)
        for number in range(1, SHARDS + 1):
            self.bash(scan.replace("${{ matrix.shard }}", str(number)))
        self.bash(merge, code=3)
        self.assertEqual((self.root / "build/reproaudit.sarif").read_bytes(), self.whole())

    def test_job_array_of_the_guide(self):
        script = re.search(r"```bash\n(#!.*?)```", GUIDE, re.S)[1]
        self.assertIn(f"#SBATCH --array=1-{SHARDS}\n", script)
        for number in range(1, SHARDS + 1):
            self.bash(script, SLURM_ARRAY_TASK_ID=str(number), SLURM_ARRAY_TASK_COUNT=str(SHARDS), SLURM_CPUS_PER_TASK="1")
        self.bash(re.search(r"^reproaudit merge build.*$", GUIDE, re.M)[0], code=3)
        self.assertEqual((self.root / "build/reproaudit.sarif").read_bytes(), self.whole())


if __name__ == "__main__":
    unittest.main()
