# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The demo project: every planted defect is found at its line, every look-alike
is left alone, and mending the defects is what makes the program repeat itself."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPROAUDIT = os.environ.get("REPROAUDIT", "build/release/bin/reproaudit")
ROOT = Path(__file__).parents[2]
DEMO = ROOT / "fixtures/projects/tiny-trainer"
PLACE = "fixtures/projects/tiny-trainer/"  # In a git checkout, paths begin there.
JUDGES = ROOT / "tests/sarif/validate.py"
MARKER = re.compile(r"^(?P<code>.*?)(?://|#) (?P<kind>planted|look-alike): (?P<rule>[\w-]+)$")
SOURCE_FAMILIES = "rng,order,parallel,gpu,fp,env,mem"


def markers(kind: str) -> set[tuple[str, int, str]]:
    found = set()
    for path in sorted(path for path in DEMO.rglob("*") if path.is_file()):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if (m := MARKER.match(line)) and m["kind"] == kind:
                on_its_own = not m["code"].strip()
                found.add((path.relative_to(DEMO).as_posix(), number + on_its_own, m["rule"]))
    return found


class TinyTrainer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.planted = cls.configure("planted")
        cls.mended = cls.configure("mended", "-DTINY_TRAINER_CLEAN=ON")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def configure(cls, name: str, *options: str) -> Path:
        build = Path(cls.folder.name).resolve() / name
        subprocess.run(["cmake", "-S", DEMO, "-B", build, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-22", *options],
                       check=True, capture_output=True)
        return build

    def scan(self, build: Path, *arguments: str) -> list[tuple[str, int, str]]:
        result = subprocess.run([REPROAUDIT, "scan", str(DEMO), "-p", str(build), "--no-cache", "--output", "json", *arguments],
                                capture_output=True, text=True)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return [(f["at"]["path"].removeprefix(PLACE), f["at"]["line"], f["rule"])
                for f in json.loads(result.stdout)["findings"]]

    def test_planted_defects_are_found_and_nothing_else(self):
        found = self.scan(self.planted)
        self.assertEqual(sorted(found), sorted(markers("planted")))

    def test_look_alikes_are_near_and_left_alone(self):
        self.assertGreaterEqual(len(markers("look-alike")), 10)
        self.assertEqual(set(self.scan(self.planted)) & markers("look-alike"), set())

    def test_mended_program_is_clean(self):
        self.assertEqual(self.scan(self.mended, "--select", SOURCE_FAMILIES), [])

    def test_sarif_satisfies_its_judges(self):
        # The judges ask where the sources come from: a repository with a remote.
        copy = Path(self.folder.name).resolve() / "copy"
        shutil.copytree(DEMO, copy)
        for command in (["init", "-q"], ["remote", "add", "origin", "https://example.org/demo.git"], ["add", "-A"],
                        ["-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "demo"]):
            subprocess.run(["git", "-C", copy, *command], check=True)
        build = copy / "build"
        subprocess.run(["cmake", "-S", copy, "-B", build, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-22"],
                       check=True, capture_output=True)
        log = Path(self.folder.name) / "demo.sarif"
        subprocess.run([REPROAUDIT, "scan", copy, "-p", build, "--no-cache", "--output", f"sarif:{log}"],
                       capture_output=True)
        judged = subprocess.run([sys.executable, JUDGES, "--sources", copy, log], capture_output=True, text=True)
        self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)

    def test_readme_shows_what_is_printed(self):
        printed = subprocess.run([REPROAUDIT, "scan", DEMO, "-p", self.planted, "--no-cache"],
                                 capture_output=True, text=True).stdout
        shown = re.search(r"<!-- demo -->\n```text\n(.*?)\n?```", (ROOT / "README.md").read_text(), re.S)[1]
        self.assertIn(shown.replace(PLACE, ""), printed.replace(PLACE, ""))

    def run_twice(self, build: Path) -> list[tuple[str, bytes]]:
        subprocess.run(["cmake", "--build", build], check=True, capture_output=True)
        runs = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                checkpoint = Path(folder) / "model.ckpt"
                output = subprocess.run([build / "tiny-trainer", "--data", DEMO / "data", "--checkpoint", checkpoint],
                                        check=True, capture_output=True, text=True).stdout
                runs.append((output, checkpoint.read_bytes()))
        return runs

    def test_planted_program_does_not_repeat(self):
        first, second = self.run_twice(self.planted)
        self.assertNotEqual(first[0], second[0])

    def test_mended_program_repeats_to_the_bit(self):
        first, second = self.run_twice(self.mended)
        self.assertIn("weights", first[0])
        self.assertEqual(first, second)


if __name__ == "__main__":
    unittest.main()
