# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The catalogue across units, with files of the user, and with mistakes in them."""
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
REPROAUDIT, PLUGIN, CLANG_TIDY = sys.argv[1:4]

USE = """
#include <torch/torch.h>
void train(at::Tensor sums, at::Tensor index, at::Tensor values) {
  sums.cuda().index_add_(0, index, values);
  sums.cuda().scatter_add_(0, index, values);
}
"""
DECLARATIONS = """
#include <torch/torch.h>
void train(at::Tensor, at::Tensor, at::Tensor);
"""
MAIN = DECLARATIONS + """
int main() {
  %s
  train({}, {}, {});
  %s
}
"""
STRICT = "at::globalContext().setDeterministicAlgorithms(true, false);"
WARNS = "at::globalContext().setDeterministicAlgorithms(true, true);"


def fenced(language: str) -> list[str]:
    """The code in the README's section about the user's own libraries."""
    section = (ROOT / "README.md").read_text().split("## Your own libraries\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.S)


def program(files: dict[str, str]) -> tempfile.TemporaryDirectory:
    folder = tempfile.TemporaryDirectory()
    units = []
    for name, text in files.items():
        Path(folder.name, name).write_text(text)
        if name.endswith(".cpp"):
            units.append({"directory": folder.name, "file": name, "arguments": [
                "clang++-22", "-std=c++20", "-isystem", f"{ROOT}/fixtures/stubs/libs", "-c", name]})
    Path(folder.name, "compile_commands.json").write_text(json.dumps(units))
    return folder


def scan(files: dict[str, str]) -> tuple[int, list[dict], str]:
    with program(files) as folder:
        run = subprocess.run([REPROAUDIT, "scan", folder, "-p", folder, "--no-cache", "--quiet", "--output", "json",
                              "--select", "gpu,parallel,rng"], capture_output=True, text=True, cwd=folder)
    return run.returncode, json.loads(run.stdout)["findings"], run.stderr


class Program(unittest.TestCase):
    def levels(self, before: str, after: str = "") -> list[tuple[str, int, str]]:
        _, found, _ = scan({"train.cpp": USE, "main.cpp": MAIN % (before, after)})
        return [(f["at"]["path"], f["at"]["line"], f["level"]) for f in found]

    def test_one_note_where_a_switch_is_missing(self):
        _, found, _ = scan({"train.cpp": USE, "main.cpp": MAIN % ("", "")})
        self.assertEqual([(f["at"]["line"], f["level"]) for f in found], [(4, "note")])
        self.assertEqual([step["at"]["line"] for step in found[0]["flow"]], [5])

    def test_a_switch_in_another_unit_guards(self):
        self.assertEqual(self.levels(STRICT), [])

    def test_a_switch_that_only_warns_does_not_guard(self):
        self.assertEqual(self.levels(WARNS), [("train.cpp", 4, "note"), ("train.cpp", 5, "note")])

    def test_a_switch_in_the_same_unit_that_comes_too_late_does_not_guard(self):
        text = USE + "int main() { train({}, {}, {}); %s }\n" % STRICT
        _, found, _ = scan({"main.cpp": text})
        self.assertTrue(found)
        self.assertIn("this comes too late", [step["text"] for step in found[0]["flow"]])

    def test_without_a_gpu_nothing_matters(self):
        _, found, _ = scan({"train.cpp": USE.replace(".cuda()", "")})
        self.assertEqual(found, [])


class UserFile(unittest.TestCase):
    def setUp(self):
        self.yaml, settings = fenced("yaml")
        code = fenced("cpp")[0]
        self.files = {"catalogue.yaml": self.yaml, ".clang-tidy": settings, "main.cpp": code}

    def test_the_example_of_the_readme_works(self):
        status, found, _ = scan(self.files)
        self.assertEqual(status, 1)
        lines = self.files["main.cpp"].splitlines()
        marked = [number for number, line in enumerate(lines, 1) if "reported" in line]
        self.assertEqual([f["at"]["line"] for f in found], marked)

    def test_it_works_in_clang_tidy(self):
        with program(self.files) as folder:
            run = subprocess.run([CLANG_TIDY, "-load", PLUGIN, "-checks=-*,repro-*", "--quiet", "main.cpp"],
                                 capture_output=True, text=True, cwd=folder)
        self.assertIn("[repro-gpu-library-algo]", run.stdout)

    def test_a_mistake_is_named_with_file_line_and_key(self):
        line = 1 + self.yaml.splitlines().index(next(l for l in self.yaml.splitlines() if "cure:" in l))
        self.files["catalogue.yaml"] = self.yaml.replace("cure:", "remedy:", 1)
        status, _, errors = scan(self.files)
        self.assertEqual(status, 3)
        self.assertIn(f"catalogue.yaml:{line}: unknown key 'remedy' in an entry; known are id, rule, ", errors)

    def test_a_missing_file_is_named(self):
        del self.files["catalogue.yaml"]
        status, _, errors = scan(self.files)
        self.assertEqual(status, 3)
        self.assertIn("'catalogue.yaml'", errors)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
