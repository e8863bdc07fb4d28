# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The same inputs give the same bytes, whatever the machine looks like; and the
plug-in for clang-tidy finds what `scan` finds."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

REPROAUDIT = os.environ.get("REPROAUDIT", "build/release/bin/reproaudit")
PLUGIN = os.environ.get("REPROAUDIT_PLUGIN", "build/release/lib/libreproaudit_tidy.so")
DEMO = Path(__file__).parents[2] / "fixtures/projects/tiny-trainer"
SOURCE_FAMILIES = "rng,order,parallel,gpu,fp,env,mem"
FORMATS = ("text", "json", "sarif")
LINE = re.compile(r"^(?P<path>/.+?):(?P<line>\d+):(?P<column>\d+): (?:warning|remark): (?P<text>.*) \[(?P<rule>repro-[\w-]+)\]$")


def copy_of_demo(parent: str) -> Path:
    """A checkout of its own, with the compile database that CMake writes there."""
    root = Path(parent).resolve() / "tiny-trainer"
    shutil.copytree(DEMO, root, ignore=shutil.ignore_patterns("build"))
    subprocess.run(["cmake", "-S", root, "-B", root / "build", "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-22"],
                   check=True, capture_output=True)
    return root



class SameBytes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folders = [tempfile.TemporaryDirectory(), tempfile.TemporaryDirectory(prefix="another place ")]
        cls.here, cls.there = (copy_of_demo(folder.name) for folder in cls.folders)
        cls.expected = cls.scan(cls.here)

    @classmethod
    def tearDownClass(cls):
        for folder in cls.folders:
            folder.cleanup()

    @staticmethod
    def scan(root: Path, *arguments: str, cwd: str | Path = "/", **environment: str) -> dict[str, bytes]:
        with tempfile.TemporaryDirectory() as out:
            outputs = [word for form in FORMATS for word in ("--output", f"{form}:{out}/{form}")]
            result = subprocess.run([REPROAUDIT, "scan", str(root), "-p", str(root / "build"), "--no-cache", *outputs,
                                     *arguments], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True)
            assert result.returncode == 1, result.stderr
            return {form: (Path(out) / form).read_bytes() for form in FORMATS}

    def expect_same(self, got: dict[str, bytes]):
        for form in FORMATS:
            self.assertEqual(got[form].decode(), self.expected[form].decode(), form)

    def test_number_of_workers(self):
        for jobs in ("1", "2", "7"):
            with self.subTest(jobs=jobs):
                self.expect_same(self.scan(self.here, "-j", jobs))

    def test_checkout_and_working_directory(self):
        self.expect_same(self.scan(self.there, cwd=self.there / "src"))
        self.expect_same(self.scan(self.here, cwd=self.there))

    def test_locale_and_time_zone(self):
        for environment in ({"LANG": "C", "LC_ALL": "C", "TZ": "UTC"}, {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kathmandu"},
                            {"LANG": "tr_TR.UTF-8", "LC_ALL": "", "TZ": "Pacific/Chatham"}):
            with self.subTest(environment=environment):
                self.expect_same(self.scan(self.here, **environment))

    def test_order_of_the_database(self):
        file = self.there / "build/compile_commands.json"
        text = file.read_text()
        file.write_text(json.dumps(json.loads(text)[::-1]))
        self.addCleanup(file.write_text, text)
        self.expect_same(self.scan(self.there))

    def test_nothing_of_the_machine_is_in_them(self):
        for form, text in self.expected.items():
            self.assertNotIn(str(self.here.parent).encode(), text, form)
            self.assertNotIn(os.uname().nodename.encode() + b".", text, form)

    def test_engines(self):
        self.expect_same(self.scan(self.here, "--engine", "plain"))

    def test_plug_in_finds_the_same(self):
        result = subprocess.run([REPROAUDIT, "scan", str(self.here), "-p", str(self.here / "build"), "--no-cache",
                                 "--select", SOURCE_FAMILIES, "--output", "json"], capture_output=True, text=True)
        scanned = {(f["at"]["path"], f["at"]["line"], f["at"]["column"], f["rule"], f["message"])
                   for f in json.loads(result.stdout)["findings"]}
        rules = {rule["name"] for rule in json.loads(result.stdout)["rules"]}
        tidy = subprocess.run(["clang-tidy-22", "-load", str(Path(PLUGIN).resolve()), "-p", str(self.here / "build"), "--quiet",
                               f"--checks=-*,{','.join(sorted(rules))}", "--config={}", "--header-filter=.*",
                               *map(str, sorted((self.here / "src").glob("*.cpp")))], capture_output=True, text=True)
        found = {(os.path.relpath(m["path"], self.here), int(m["line"]), int(m["column"]), m["rule"], m["text"])
                 for m in map(LINE.match, tidy.stdout.splitlines()) if m}
        known = json.loads(subprocess.run([REPROAUDIT, "rules", "--json"], capture_output=True, check=True).stdout)
        for_unit = {rule["name"] for rule in known if rule["sees"] == "unit"}
        self.assertTrue(scanned)
        self.assertEqual(*({finding for finding in findings if finding[3] in for_unit} for findings in (found, scanned)))
        places = [{finding[:4] for finding in findings} for findings in (found, scanned)]
        self.assertLessEqual(*places, "what the program is needed for is said without it")


if __name__ == "__main__":
    unittest.main()
