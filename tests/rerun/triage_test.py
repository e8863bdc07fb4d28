# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Both halves together, on the demo project: a run judges the findings of a
scan, a scan raises what a run has confirmed, and a replay tells when the source
is repaired.

usage: triage_test.py REPROAUDIT"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPROAUDIT = sys.argv.pop(1)
DEMO = Path(__file__).resolve().parents[2] / "fixtures/projects/tiny-trainer"
SOURCE_FAMILIES = "rng,order,parallel,gpu,fp,env,mem"


class Triage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = Path(cls.folder.name).resolve()
        cls.planted = cls.build("planted")
        cls.mended = cls.build("mended", "-DTINY_TRAINER_CLEAN=ON")
        cls.log, cls.report, cls.triaged = (cls.root / name for name in ("scan.sarif", "rerun.json", "rerun.sarif"))
        cls.scan("--output", f"sarif:{cls.log}")
        cls.rerun(cls.planted, "--findings", cls.log, "--output", f"json:{cls.report}",
                  "--output", f"sarif:{cls.triaged}")

    @classmethod
    def build(cls, name, *options):
        folder = cls.root / name
        subprocess.run(["cmake", "-S", DEMO, "-B", folder, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-22",
                        "-DCMAKE_BUILD_TYPE=RelWithDebInfo", *options], check=True, capture_output=True)
        subprocess.run(["cmake", "--build", folder], check=True, capture_output=True)
        return folder / "tiny-trainer"

    @classmethod
    def scan(cls, *arguments):
        return subprocess.run([REPROAUDIT, "scan", DEMO, "-p", cls.planted.parent, "--no-cache",
                               "--select", SOURCE_FAMILIES, *arguments], capture_output=True, text=True)

    @classmethod
    def rerun(cls, program, *arguments):
        run = cls.root / "run"
        run.mkdir(exist_ok=True)
        return subprocess.run([REPROAUDIT, "rerun", *arguments, "--", program, "--data", DEMO / "data",
                               "--checkpoint", "model.ckpt"], cwd=run, capture_output=True, text=True)

    def states(self):
        return {(Path(f["path"]).name, f["rule"]): f["state"] for f in json.loads(self.report.read_text())["findings"]}

    def test_what_a_run_shows_is_confirmed(self):
        states = self.states()
        for place in (("Trainer.cpp", "repro-nondeterministic-seed"), ("Checkpoint.cpp", "repro-time-as-data"),
                      ("Dataset.cpp", "repro-directory-order"), ("Dataset.cpp", "repro-unordered-leak"),
                      ("Optimizer.cpp", "repro-unordered-float-reduction")):
            self.assertEqual(states[place], "confirmed", place)

    def test_what_no_run_can_show_is_not(self):
        states = self.states()
        self.assertEqual(states["Checkpoint.cpp", "repro-build-timestamp"], "not-testable")
        self.assertEqual(states["Checkpoint.cpp", "repro-padding-bytes"], "unresolved")

    def test_sarif_tells_the_states_apart(self):
        results = json.loads(self.triaged.read_text())["runs"][0]["results"]
        kinds = {result["ruleId"]: result.get("kind", "fail") for result in results}
        self.assertEqual(kinds["repro-time-as-data"], "fail")
        self.assertEqual(kinds["repro-padding-bytes"], "open")
        self.assertEqual(kinds["repro-build-timestamp"], "notApplicable")

    def test_scan_raises_what_is_confirmed_and_says_so(self):
        found = json.loads(self.scan("--evidence", self.report, "--output", "json").stdout)["findings"]
        raised = {f["rule"] for f in found if "confirmed by running the program" in f["message"]}
        self.assertIn("repro-unordered-leak", raised)
        self.assertTrue(all(f["level"] == "error" for f in found if f["rule"] in raised))
        self.assertNotIn("repro-padding-bytes", raised)

    def test_replay_fails_until_the_source_is_repaired(self):
        before = self.rerun(self.planted, "--replay", self.report)
        self.assertEqual(before.returncode, 1, before.stdout)
        after = self.rerun(self.mended, "--replay", self.report)
        self.assertEqual(after.returncode, 0, after.stdout)


unittest.main()
