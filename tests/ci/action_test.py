# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The shell steps of action.yml, run as GitHub runs them, in a small project."""
import base64
import gzip
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))
from project import CLEAN, REPROAUDIT, SEEDED_FROM_ENTROPY, ProjectTest

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
# Stands for programs that a test must not really run; keeps what it was told.
RECORDER = '#!/bin/bash\nprintf "%s\\n" "$0 $*" >> "$RECORD"\n[ "${0##*/}" != curl ] || cat > "$RECORD.body"\n'


class Action(ProjectTest):
    def setUp(self):
        super().setUp()
        tools = self.root.parent / "tools"
        tools.mkdir()
        for name in ("sudo", "apt-get", "curl"):
            (tools / name).write_text(RECORDER)
            (tools / name).chmod(0o755)
        self.record = self.root.parent / "record"
        self.env = {**os.environ, "PATH": f"{tools}:{Path(REPROAUDIT).parent}:{os.environ['PATH']}",
                    "RUNNER_TEMP": str(self.root.parent), "GITHUB_STEP_SUMMARY": str(self.root.parent / "summary"),
                    "GITHUB_OUTPUT": str(self.root.parent / "output"), "RECORD": str(self.record), "GITHUB_SHA": "c0ffee",
                    "GITHUB_API_URL": "https://api.example", "GITHUB_REPOSITORY": "a/b"}

    def step(self, name: str, **values: str) -> subprocess.CompletedProcess:
        """Runs a step; \\p values are its environment where an expression gives it."""
        env = dict(self.env)
        for key, value in STEPS[name].get("env", {}).items():
            env[key] = values.pop(key) if key in values else EXPRESSION.sub("", str(value))
        self.assertEqual(values, {}, "not in the env of this step")
        return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
                              cwd=self.root, env=env, capture_output=True, text=True)

    def outputs(self) -> dict:
        return dict(line.split("=", 1) for line in (self.root.parent / "output").read_text().splitlines())

    def test_a_scan_writes_log_summary_and_annotations_and_fails_last(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        result = self.step("Scan", SARIF="out.sarif", ANNOTATE="true")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("::warning file=main.cpp,line=2,", result.stdout)
        self.assertIn("repro-nondeterministic-seed", (self.root.parent / "summary").read_text())
        self.assertEqual(len(json.loads((self.root / "out.sarif").read_text())["runs"][0]["results"]), 1)
        self.assertEqual(self.outputs(), {"sarif-file": "out.sarif", "exit-code": "1"})
        self.assertEqual(self.step("Fail if the scan did", CODE=self.outputs()["exit-code"]).returncode, 1)

    def test_arguments_reach_the_scan(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        result = self.step("Scan", SARIF="out.sarif", ARGS="--ignore rng", FAIL_ON="note", BUILD_DIR="build", DIFF_BASE="none")
        self.assertEqual(self.outputs()["exit-code"], "0", result.stderr)

    def test_an_unknown_base_fails_with_the_command_to_run(self):
        self.project(main=CLEAN)
        subprocess.run("git init -q && git add -A && git -c user.name=a -c user.email=a@b commit -qm x", shell=True,
                       cwd=self.root, check=True)
        result = self.step("Scan", SARIF="out.sarif", DIFF_BASE="origin/main")
        self.assertEqual(self.outputs()["exit-code"], "2")
        self.assertIn("git fetch", result.stderr)

    def test_the_log_is_sent_as_github_wants_it(self):
        self.write("out.sarif", '{"version": "2.1.0"}')
        result = self.step("Show the findings in code scanning", SARIF="out.sarif", GH_TOKEN="secret", REF="refs/pull/3/merge")
        self.assertEqual(result.returncode, 0, result.stderr)
        body = json.loads(Path(f"{self.record}.body").read_text())
        self.assertEqual((body["commit_sha"], body["ref"]), ("c0ffee", "refs/pull/3/merge"))
        self.assertEqual(gzip.decompress(base64.b64decode(body["sarif"])), b'{"version": "2.1.0"}')
        self.assertIn("https://api.example/repos/a/b/code-scanning/sarifs", self.record.read_text())

    def test_a_package_is_checked_before_it_is_installed(self):
        self.write("r.deb", "package")
        self.assertNotEqual(self.step("Install reproaudit", PACKAGE="r.deb", SHA256="0" * 64).returncode, 0)
        self.assertEqual(self.step("Install reproaudit", PACKAGE="https://x/r.deb").returncode, 2)
        self.assertFalse(self.record.exists())
        self.assertEqual(self.step("Install reproaudit", PACKAGE="r.deb").returncode, 0)
        self.assertIn(str(self.root / "r.deb"), self.record.read_text())

    def test_every_foreign_action_is_pinned(self):
        for step in STEPS.values():
            if "uses" in step:
                self.assertRegex(step["uses"], r"@[0-9a-f]{40}$")


if __name__ == "__main__":
    unittest.main()
