# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Comments that suppress findings: which are used, unused, misspelt, over."""
import json
import os
import subprocess
import unittest

from project import CLEAN, SEEDED_FROM_ENTROPY, ProjectTest

SEED = "repro-nondeterministic-seed"
UNUSED = "repro-unused-suppression"
UNEXPLAINED = "repro-unexplained-suppression"


class Suppressions(ProjectTest):
    def found(self, *arguments: str) -> list[tuple[str, int, str]]:
        """Place and rule of what is reported about comments."""
        result = self.run_command("scan", "--no-cache", "--output", "json", *arguments)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return [(f["at"]["path"], f["at"]["line"], f["rule"]) for f in json.loads(result.stdout)["findings"]
                if not f["suppression"]]

    def test_comments_that_suppress_something_are_left_alone(self):
        engine = "std::mt19937 {}(std::random_device{{}}());"
        self.project(main="#include <random>\n" + "\n".join([
            engine.format("a") + f"  // NOLINT({SEED}): keys must differ",
            f"// NOLINTNEXTLINE({SEED}, bugprone-x): keys must differ",
            engine.format("b"),
            f"// NOLINTBEGIN({SEED}): keys must differ",
            engine.format("c"),
            f"// NOLINTEND({SEED})",
            engine.format("d") + "  // NOLINT(repro-*): keys must differ",
            engine.format("e") + "  // NOLINT", ""]))
        self.assertEqual(self.found(), [])

    def test_comments_that_suppress_nothing_are_reported(self):
        self.project(main=CLEAN + "\n".join([
            f"int a;  // NOLINT({SEED}): was random once",
            f"// NOLINTNEXTLINE({SEED}): was random once",
            "int b;",
            "int c;  // NOLINT(repro-nondeterministic-sed): misspelt",
            "int d;  // NOLINT(bugprone-x)",
            f'const char *e = "NOLINT({SEED})";',
            f"#define F 1  // NOLINT({SEED}): of whoever uses it", ""]))
        self.assertEqual(self.found(), [("main.cpp", line, UNUSED) for line in (3, 4, 6)])

    def test_a_rule_that_is_off_says_nothing_about_its_comments(self):
        self.project(main=CLEAN + f"int a;  // NOLINT({SEED}): was random once\n")
        self.assertEqual(self.found("--ignore", SEED), [])

    def test_reasons_are_wanted(self):
        self.project(main=SEEDED_FROM_ENTROPY.replace("());", f"());  // NOLINT({SEED})"))
        self.assertEqual(self.found(), [("main.cpp", 2, UNEXPLAINED)])

    def test_a_suppression_ends_with_the_first_commit_after_its_day(self):
        self.project(main=SEEDED_FROM_ENTROPY.replace("());", f"());  // NOLINT({SEED}): until=2026-03-31 for the paper"))
        for day, expected in (("2026-03-31", []), ("2026-04-01", [("main.cpp", 2, UNUSED)])):
            date = f"{day}T12:00:00+0000"
            subprocess.run("git init -q . && git add main.cpp && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x",
                           shell=True, cwd=self.root, check=True, env={**os.environ, "GIT_COMMITTER_DATE": date})
            self.assertEqual(self.found(), expected)

    def test_fix_removes_the_comments(self):
        before = CLEAN + f"int a;  // NOLINT({SEED}): was random\n  // NOLINTNEXTLINE({SEED}): was random\nint b; // é\n"
        self.project(main=before)
        self.scan("--fix", code=0)
        self.assertEqual((self.root / "main.cpp").read_text(), CLEAN + "int a;\nint b; // é\n")
        self.assertEqual(self.found(), [])

    def test_project_files_are_judged_too(self):
        self.write("Dockerfile", "FROM debian:12@sha256:" + "0" * 64 + "\nRUN true\n# NOLINTNEXTLINE(repro-unpinned-image): ours\n"
                                 "FROM debian:12@sha256:" + "1" * 64 + "  # NOLINT(repro-unpinned-image): ours\n")
        self.write("README.md", "# NOLINT(repro-unpinned-image): how to write it\n")
        self.project(main=CLEAN)
        self.assertEqual(self.found(), [("Dockerfile", 3, UNUSED), ("Dockerfile", 4, UNUSED)])

    def test_reasons_reach_sarif(self):
        self.project(main=SEEDED_FROM_ENTROPY.replace("());", f"());  // NOLINT({SEED}): keys must differ"))
        log = json.loads(self.scan("--output", "sarif", code=0))
        result, = log["runs"][0]["results"]
        self.assertEqual(result["suppressions"][0]["justification"], "keys must differ")
        log = json.loads(self.scan("--output", "sarif", "--sarif-profile", "github", code=0))
        self.assertEqual(log["runs"][0]["results"], [])


if __name__ == "__main__":
    unittest.main()
