# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`init` writes what is missing, keeps what is there, and what it writes works."""
import json
import subprocess
import unittest

import yaml

from project import SEEDED_FROM_ENTROPY, ProjectTest


class Init(ProjectTest):
    def init(self, *arguments: str) -> str:
        result = self.run_command("init", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_it_writes_four_files_and_says_so(self):
        said = self.init()
        for path in (".reproaudit.yaml", ".pre-commit-config.yaml", ".github/workflows/reproaudit.yml", ".vscode/settings.json"):
            self.assertIn(f"wrote   {path}: ", said)
            self.assertTrue((self.root / path).exists())
        yaml.safe_load((self.root / ".pre-commit-config.yaml").read_text())
        yaml.safe_load((self.root / ".github/workflows/reproaudit.yml").read_text())
        json.loads((self.root / ".vscode/settings.json").read_text())

    def test_nothing_is_overwritten(self):
        self.write(".reproaudit.yaml", "fail-on: note\n")
        self.assertIn("kept    .reproaudit.yaml", self.init())
        self.assertEqual((self.root / ".reproaudit.yaml").read_text(), "fail-on: note\n")
        self.assertNotIn("wrote", self.init())

    def test_a_part_can_be_chosen(self):
        self.assertEqual(self.init("--only", "editor").count("\n"), 1)
        self.assertFalse((self.root / ".reproaudit.yaml").exists())

    def test_the_settings_are_valid_as_they_are_and_uncommented(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        self.init()
        self.scan("--ignore", "deps", code=1)
        path = self.root / ".reproaudit.yaml"
        keys = [line[2:] for line in path.read_text().splitlines() if line.startswith(("# require:", "# fail-on:", "# paths:", "#   -", "#     "))]
        path.write_text("\n".join(keys))
        self.scan("--ignore", "deps", code=1)

    def test_the_hook_is_that_of_the_hooks_file(self):
        self.init("--only", "hook")
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        subprocess.run(["pre-commit", "validate-config"], cwd=self.root, check=True)


if __name__ == "__main__":
    unittest.main()
