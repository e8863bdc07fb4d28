# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The architecture test notices what it is there for: each case breaks a copy
of the repository in one way and expects one problem."""
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import check

ROOT = Path(__file__).parents[2]
CHECKS = (check.layers, check.manners, check.rules, check.named_notes, check.packages)


class Architecture(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        for part in ("include", "checks", "fixtures/rules"):
            shutil.copytree(ROOT / part, self.root / part)
        (self.root / "tools").mkdir()
        (self.root / "tools/packages.txt").write_text("cmake\n")
        self.before = self.problems()

    def tearDown(self):
        self.folder.cleanup()

    def problems(self) -> set[str]:
        return {problem for one in CHECKS for problem in one(self.root)}

    def expect(self, part: str):
        new = self.problems() - self.before
        self.assertTrue(any(part in problem for problem in new), f"{part!r} is not in {new}")

    def append(self, path: str, text: str):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((file.read_text() if file.exists() else f"// {check.SPDX}\n") + text)

    def test_lower_layer_includes_a_higher_one(self):
        self.append("include/reproaudit/rule/RuleInfo.h", '#include "reproaudit/report/Finding.h"\n')
        self.expect("may not include reproaudit/report/Finding.h")

    def test_rule_includes_another_family(self):
        self.append("checks/order/UnorderedFloatReduction.cpp", '#include "../rng/Seed.h"\n')
        self.expect("../rng/Seed.h is not a neighbour")

    def test_tool_includes_another_tool(self):
        self.append("tools/scan/Unit.h", "")
        self.append("tools/rerun/Plan.cpp", '#include "../scan/Unit.h"\n')
        self.expect("../scan/Unit.h is not a neighbour")

    def test_example_in_a_raw_string_is_no_include(self):
        self.append("checks/order/UnorderedFloatReduction.cpp", 'auto x = R"cpp(\n#include <torch/torch.h>\n)cpp";\n')
        self.assertEqual(self.problems(), self.before)

    def test_unlisted_rule_and_orphan_fixture(self):
        self.append("checks/order/Forgotten.cpp", "")
        self.append("fixtures/rules/order/Orphan.cpp", "")
        self.expect("checks/order/Forgotten.cpp: is not in checks/Rules.def")
        self.expect("fixtures/rules/order/Orphan.cpp: no rule has this fixture")

    def test_rule_without_source_and_unsorted_list(self):
        self.append("checks/Rules.def", "RULE(env, Aaa)\n")
        self.expect("checks/env/Aaa.cpp: is missing")
        self.expect("checks/Rules.def: is not sorted")

    def test_id_that_two_families_share(self):
        self.append("checks/Rules.def", "RULE(rng, UnorderedFloatReduction)\n")
        self.expect("two families have a rule repro-unordered-float-reduction")

    def test_library_prints(self):
        self.append("checks/support/Loud.cpp", "void f() { llvm::errs() << 1; }\n")
        self.expect("checks/support/Loud.cpp:2: only tools may print")

    def test_reference_to_a_note_that_nobody_wrote(self):
        self.append("include/reproaudit/rule/RuleInfo.h", "// NOTE(ref: nowhere)\n")
        self.expect("NOTE(ref: nowhere) has 0 definitions")

    def test_unsorted_packages(self):
        self.append("tools/packages.txt", "bash\n")
        self.expect("tools/packages.txt: is not sorted")


if __name__ == "__main__":
    unittest.main()
