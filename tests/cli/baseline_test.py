# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A baseline lives through what people do to code: exactly the new findings are
new, and exactly the fixed ones are gone."""
import json
import unittest

from project import ProjectTest

HEADER = "#include <cstdlib>\n#include <ctime>\n#include <random>\n"
SHUFFLE = "int shuffled() {\n  std::mt19937 engine(std::random_device{}());\n  return static_cast<int>(engine());\n}\n"
DROPOUT = "int dropped() {\n  std::mt19937 mask(time(nullptr));\n  return static_cast<int>(mask());\n}\n"
# Two findings that differ in nothing but their place.
NOISE = ("int noise() {\n  std::mt19937 a(std::random_device{}());\n  int sum = static_cast<int>(a());\n"
         "  {\n    std::mt19937 a(std::random_device{}());\n    sum += static_cast<int>(a());\n  }\n  return sum;\n}\n")
BASELINE = ".reproaudit-baseline.json"


class Torture(ProjectTest):
    def setUp(self):
        super().setUp()
        self.cache = str(self.root.parent / "cache")
        self.project(main=HEADER + SHUFFLE + DROPOUT + NOISE)
        self.baseline("create")
        self.assertEqual(self.new(), [])

    def baseline(self, action: str, *arguments: str):
        result = self.run_command("baseline", action, "--select", "rng", *arguments, XDG_CACHE_HOME=self.cache)
        self.assertEqual(result.returncode, 0, result.stderr)

    def entries(self) -> list[tuple[str, str]]:
        lines = (self.root / BASELINE).read_text().splitlines()
        found = [json.loads(line.rstrip(",")) for line in lines if '"rule"' in line]
        return sorted((entry["path"], entry["function"]) for entry in found)

    def new(self) -> list[tuple[str, str]]:
        """File and function of what the baseline does not accept."""
        result = self.run_command("scan", "--select", "rng", "--baseline", BASELINE, "--output", "json",
                                  XDG_CACHE_HOME=self.cache)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return sorted((f["at"]["path"], f["function"]) for f in json.loads(result.stdout)["findings"])

    def gone(self) -> set[tuple[str, str]]:
        """What prune takes away; the baseline is put back."""
        text, before = (self.root / BASELINE).read_text(), self.entries()
        self.baseline("prune")
        after = self.entries()
        (self.root / BASELINE).write_text(text)
        for entry in after:
            before.remove(entry)
        return before

    def expect(self, new: list, gone: list):
        self.assertEqual(self.new(), new)
        self.assertEqual(self.gone(), gone)

    def test_every_finding_has_an_entry(self):
        self.assertEqual([function for _, function in self.entries()], ["dropped", "noise", "noise", "shuffled"])

    def test_reformatting(self):
        text = (HEADER + SHUFFLE + DROPOUT + NOISE).replace("engine(std::random_device{}())",
                                                            "\n  engine (\n\t std :: random_device { } ( ) )")
        self.write("main.cpp", text.replace(" {\n", "\n{\n"))
        self.expect([], [])

    def test_inserted_lines(self):
        self.write("main.cpp", "// one\n// two\n" + HEADER + "int unrelated;\n" + SHUFFLE + "\n\n" + DROPOUT + NOISE)
        self.expect([], [])

    def test_renamed_file(self):
        (self.root / "main.cpp").unlink()
        self.project(**{"deep/renamed": HEADER + SHUFFLE + DROPOUT + NOISE})
        self.expect([], [])

    def test_moved_function(self):
        self.project(main=HEADER + SHUFFLE, other=HEADER + NOISE + DROPOUT)
        self.expect([], [])

    def test_renamed_function(self):
        self.write("main.cpp", HEADER + SHUFFLE.replace("shuffled", "mixed") + DROPOUT + NOISE)
        self.expect([], [])

    def test_duplicated_statement(self):
        twice = DROPOUT.replace("  return", "  {\n    std::mt19937 mask(time(nullptr));\n    (void)mask();\n  }\n  return")
        self.write("main.cpp", HEADER + SHUFFLE + twice + NOISE)
        self.expect([("main.cpp", "dropped")], [])

    def test_copied_function(self):
        self.write("main.cpp", HEADER + SHUFFLE + SHUFFLE.replace("shuffled", "shuffledAgain") + DROPOUT + NOISE)
        self.expect([("main.cpp", "shuffledAgain")], [])

    def test_one_of_two_equal_ones_fixed(self):
        self.write("main.cpp", HEADER + SHUFFLE + DROPOUT + NOISE.replace("a(std::random_device{}())", "a(1)", 1))
        self.assertEqual(self.gone(), [("main.cpp", "noise")])
        stale = self.run_command("scan", "--baseline", BASELINE)
        self.assertEqual(stale.returncode, 2)
        self.assertIn("accepts 1 finding that is not found any more", stale.stderr)
        self.assertIn("reproaudit baseline prune", stale.stderr)

    def test_all_at_once(self):
        (self.root / "main.cpp").unlink()
        self.project(one="\n" + HEADER + DROPOUT.replace("time(nullptr)", "42"),
                     two=HEADER + NOISE + SHUFFLE.replace("  return", "\n  std::srand(time(nullptr));\n  return"))
        self.expect([("two.cpp", "shuffled")], [("main.cpp", "dropped")])

    def test_update_adds_only_what_is_asked_for(self):
        self.write("main.cpp", HEADER + SHUFFLE + SHUFFLE.replace("shuffled", "more") + NOISE)
        self.baseline("update")
        self.assertEqual([f for _, f in self.entries()], ["noise", "noise", "shuffled"])
        self.baseline("update", "--accept-new")
        self.assertEqual([f for _, f in self.entries()], ["more", "noise", "noise", "shuffled"])
        self.expect([], [])


if __name__ == "__main__":
    unittest.main()
