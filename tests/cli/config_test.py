# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`.reproaudit.yaml`: what it sets, who overrides whom, and what is wrong in one."""
import json
import subprocess
import unittest

import jsonschema

from project import CLEAN, SEEDED_FROM_ENTROPY, ProjectTest

RULE = "repro-nondeterministic-seed"


class Config(ProjectTest):
    def config(self, text: str, folder: str = "."):
        return self.write(f"{folder}/.reproaudit.yaml", text)

    def test_options_of_scan_can_be_set(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        self.config("fail-on: error\noutput: json\n")
        self.assertEqual(json.loads(self.scan(code=0))["findings"][0]["rule"], RULE)

    def test_the_command_line_wins(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        self.config("fail-on: never\nselect: [order]\n")
        self.scan(code=0, says="0 warnings")
        self.scan("--fail-on", "warning", "--select", "rng", code=1)

    def test_a_diff_base_gives_way_to_staged(self):
        self.project(main=CLEAN)
        subprocess.run("git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm x",
                       shell=True, cwd=self.root, check=True)
        self.config("diff-base: origin/main\n")
        self.scan("--staged", code=0)
        self.scan(code=2, says="git fetch origin")

    def test_a_rule_can_be_off_or_have_another_level(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        self.config("ignore: [rng]\n")
        self.scan(code=0, says="0 warnings, 0 notes")
        self.config("levels: {repro-nondeterministic-seed: note}\n")
        self.scan(code=0, says="0 warnings, 1 note")
        self.config("levels: {rng: error}\n")
        self.scan("--fail-on", "error", code=1, says="1 error")

    def test_paths_have_settings_of_their_own_and_the_last_counts(self):
        self.project(**{"src/main": SEEDED_FROM_ENTROPY, "tests/main": SEEDED_FROM_ENTROPY,
                        "other/deep/main": SEEDED_FROM_ENTROPY})
        self.config("levels: {rng: error}\n"
                    "paths:\n"
                    "  - path: tests\n    levels: {rng: note}\n"
                    "  - path: 'other/*'\n    ignore: [all]\n")
        out = self.scan(code=1, says="1 error, 0 warnings, 1 note")
        self.assertNotIn("other/", out)
        self.config(f"ignore: [{RULE}]\n", "src")
        self.scan(code=0, says="0 errors, 0 warnings, 1 note")
        self.config(f"inherit: false\nlevels: {{{RULE}: warning}}\n", "tests")
        self.scan(code=1, says="0 errors, 1 warning, 0 notes")

    def test_rules_selected_by_hand_are_not_switched_off(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        self.config("ignore: [rng]\n")
        self.scan("--select", RULE, code=1)

    def test_paths_in_a_file_count_from_its_folder(self):
        self.project(**{"src/main": SEEDED_FROM_ENTROPY})
        self.write("src/elsewhere/x", "")
        (self.root / "build").rename(self.root / "src/elsewhere/db")
        self.config("build-dir: elsewhere/db\n", "src")
        self.scan("src", code=1)

    def test_a_baseline_is_made_with_the_same_settings(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        self.config("select: [order]\n")
        self.assertEqual(self.run_command("baseline", "create").returncode, 0)
        self.assertNotIn(RULE, (self.root / ".reproaudit-baseline.json").read_text())

    def test_every_fault_has_its_line_and_a_suggestion(self):
        self.project(main=CLEAN)
        self.config("fail_on: note\nselect: [rgn]\nrequire: always\nunit-timeout: soon\n"
                    "fail-on: note\nfail-on: note\nlevels: {rng: loud}\npaths: [{ignore: [all]}]\n")
        result = self.run_command("config", "verify")
        self.assertEqual(result.returncode, 2)
        for fault in (":1: there is no key 'fail_on'; did you mean 'fail-on'?", ":2: no rule or family is called 'rgn'",
                      ":3: 'always' is none of: run,", ":4: 'unit-timeout' takes a number", ":6: 'fail-on' is set twice",
                      ":7: 'loud' is none of: off,", ":8: an entry of 'paths' needs a 'path'"):
            self.assertIn(".reproaudit.yaml" + fault, result.stderr)
        self.scan(code=2, says="did you mean 'fail-on'?")

    def test_what_is_no_yaml_or_no_map_is_an_error(self):
        self.project(main=CLEAN)
        for text in ("a: [", "- a\n- b\n", "select: {a: b}\n", "paths: 3\n", "levels: 3\n", "ignore: rng\n"):
            self.config(text)
            self.scan(code=2, says=".reproaudit.yaml:1: ")
        self.config("")
        self.scan(code=0)

    def test_show_says_which_line_sets_a_value(self):
        self.project(**{"src/main": CLEAN})
        self.config("fail-on: note\nselect: [rng, order]\nbuild-dir: build\n")
        self.config("\nfail-on: error\nlevels: {rng: note}\n", "src")
        shown = self.run_command("config", "show", "src/main.cpp").stdout
        self.assertIn("fail-on: error  # src/.reproaudit.yaml:2\n", shown)
        self.assertIn("select: rng, order  # .reproaudit.yaml:2\n", shown)
        self.assertIn("build-dir: build  # .reproaudit.yaml:3\n", shown)
        self.assertIn("  rng: note  # src/.reproaudit.yaml:3\n", shown)

    def test_the_schema_accepts_what_the_reader_accepts(self):
        schema = json.loads(self.run_command("config", "schema").stdout)
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.validate({"inherit": True, "select": ["rng"], "levels": {"all": "off"}, "output": "json",
                             "paths": [{"path": "a", "ignore": [RULE]}], "unit-memory": 3}, schema)
        for wrong in ({"fail_on": "note"}, {"fail-on": "loud"}, {"select": ["rgn"]}, {"paths": [{}]}):
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(wrong, schema)


if __name__ == "__main__":
    unittest.main()
