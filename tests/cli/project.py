# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small project in a temporary folder, and the program under test in it."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

REPROAUDIT = os.environ.get("REPROAUDIT", "build/release/bin/reproaudit")
SEEDED_FROM_ENTROPY = "#include <random>\nstd::mt19937 engine(std::random_device{}());\n"
CLEAN = "#include <random>\nstd::mt19937 engine(42);\n"
NO_SUCH_HEADER = '#include "generated/missing.h"\n' + SEEDED_FROM_ENTROPY


class ProjectTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve() / "a project"
        self.root.mkdir()

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def project(self, *extra_flags: str, **sources: str | bytes):
        """`main=TEXT` is the unit main.cpp; all units are in the compile database."""
        for name, text in sources.items():
            self.write(f"{name}.cpp", text)
        self.database(*({"file": f"{name}.cpp", "arguments": ["clang++", *extra_flags, "-c", f"{name}.cpp"]}
                        for name in sources))

    def database(self, *entries: dict):
        self.write("build/compile_commands.json",
                   json.dumps([{"directory": str(self.root), **entry} for entry in entries]))

    def ignore_build_folder(self):
        """As in a checkout: what lies in `build` is no file of the project."""
        self.write("build/.gitignore", "*\n")
        subprocess.run(["git", "init", "-q", self.root], check=True)

    def run_command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run([REPROAUDIT, *arguments], cwd=self.root, capture_output=True, timeout=300,
                              env={**os.environ, **environment}, encoding="utf-8")

    def scan(self, *arguments: str, code: int, says: str = "", **environment: str) -> str:
        """Scans here; checks the exit code and what stderr says; returns stdout."""
        result = self.run_command("scan", "--no-cache", *arguments, **environment)
        self.assertEqual(result.returncode, code, result.stderr + result.stdout)
        self.assertIn(says, result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        self.assertNotIn("terminate called", result.stderr)
        return result.stdout
