# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""reproaudit-clangd over the protocol: the findings of `scan`, with nothing
configured, and code actions that make them vanish."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from lsp import Server, apply

REPROAUDIT = os.environ["REPROAUDIT"]
CLANGD = os.environ["REPROAUDIT_CLANGD"]
DEMO = Path(__file__).parents[2] / "fixtures/projects/tiny-trainer"
SEVERITIES = {1: "error", 2: "warning", 3: "note"}
SEED = "repro-nondeterministic-seed"
ENTROPY = "#include <random>\nstd::mt19937 engine(std::random_device{}());\n"


def ours(diagnostics: list[dict]) -> list[dict]:
    return [d for d in diagnostics if str(d.get("code", "")).startswith("repro-")]


class Editor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        # Outside of this repository, whose .clang-tidy would count.
        cls.root = Path(folder.name).resolve() / "demo"
        shutil.copytree(DEMO, cls.root)
        subprocess.run(["cmake", "-S", cls.root, "-B", cls.root / "build", "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-22"],
                       check=True, capture_output=True)
        cls.server = Server(CLANGD)
        cls.addClassCleanup(cls.server.close)

    def file(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def test_the_demo_shows_the_findings_of_scan(self):
        log = subprocess.run([REPROAUDIT, "scan", "--no-cache", "--output", "json", "--ignore", "deps,build,data"],
                             cwd=self.root, capture_output=True, text=True).stdout
        findings = json.loads(log)["findings"]
        self.assertGreater(len(findings), 10)
        rules = json.loads(subprocess.run([REPROAUDIT, "rules", "--json"], capture_output=True, check=True).stdout)
        for_unit = {rule["name"] for rule in rules if rule["sees"] == "unit"}
        for path in sorted((self.root / "src").glob("*.cpp")):
            with self.subTest(path.name):
                here = {(f["at"]["line"], f["rule"], f["level"]) for f in findings if f["at"]["path"] == f"src/{path.name}"}
                shown = {(d["range"]["start"]["line"] + 1, d["code"], SEVERITIES[d["severity"]])
                         for d in ours(self.server.open(path))}
                self.assertEqual(*({finding for finding in all if finding[1] in for_unit} for all in (here, shown)))
                self.assertLessEqual(shown, here, "what the program is needed for is said without it")

    def test_code_actions_make_findings_of_the_demo_vanish(self):
        for name, wanted in (("Metrics.h", lambda title: not title.startswith("suppress")),
                             ("Checkpoint.cpp", lambda title: "with a reason" in title)):
            path = self.root / "src" / name
            before = ours(self.server.open(path))
            action = next(a for a in self.server.actions(path, before[0]) if wanted(a["title"]))
            after = ours(self.server.change(path, apply(path.read_text(), action["edit"]["changes"][path.as_uri()])))
            with self.subTest(name):
                self.assertEqual([d["code"] for d in after], [d["code"] for d in before[1:]])

    def test_a_finding_links_to_our_page(self):
        finding, = ours(self.server.open(self.file("link.cpp", ENTROPY)))
        self.assertTrue(finding["codeDescription"]["href"].endswith(f"/docs/rules/{SEED}.md"), finding)

    def test_other_checks_keep_their_links(self):
        path = self.file("other/unused.cpp", "#include <vector>\n")
        self.file("other/.clang-tidy", "Checks: '-*,bugprone-integer-division'\n")
        path.write_text("float f(int a) { return a / 2; }\n")
        finding, = self.server.open(path)
        self.assertIn("clang.llvm.org", finding["codeDescription"]["href"])

    def test_a_fix_is_a_code_action(self):
        text = "struct Layer { Layer() {} int width; };\nint area(Layer layer) { return layer.width; }\n"
        path = self.file("fix.cpp", text)
        finding, = ours(self.server.open(path))
        fix = next(a for a in self.server.actions(path, finding) if not a["title"].startswith("suppress"))
        mended = apply(text, fix["edit"]["changes"][path.as_uri()])
        self.assertNotEqual(mended, text)
        self.assertEqual(ours(self.server.change(path, mended)), [])

    def test_a_finding_can_be_suppressed_from_the_editor(self):
        text = "#include <random>\nvoid f() {\n  std::mt19937 engine(std::random_device{}());\n  (void)engine();\n}\n"
        path = self.file("suppress.cpp", text)
        finding, = ours(self.server.open(path))
        action = next(a for a in self.server.actions(path, finding) if a["title"].startswith("suppress"))
        quiet = apply(text, action["edit"]["changes"][path.as_uri()])
        self.assertEqual(quiet.splitlines()[2], f"  // NOLINTNEXTLINE({SEED}): say why")
        self.assertEqual(ours(self.server.change(path, quiet)), [])

    def test_clang_tidy_files_take_rules_away_only_by_name(self):
        self.file("named/.clang-tidy", f"Checks: '-*,bugprone-*,-{SEED}'\n")
        self.file("others/.clang-tidy", "Checks: '-*,bugprone-*'\n")
        self.assertEqual(ours(self.server.open(self.file("named/a.cpp", ENTROPY))), [])
        self.assertEqual(len(ours(self.server.open(self.file("others/a.cpp", ENTROPY)))), 1)


if __name__ == "__main__":
    unittest.main()
