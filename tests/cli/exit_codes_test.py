# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every exit code of `scan`, and what it says when it cannot do its work."""
import json
import unittest

from project import CLEAN, NO_SUCH_HEADER, SEEDED_FROM_ENTROPY, ProjectTest

SEED = "[repro-nondeterministic-seed]"


class Findings(ProjectTest):
    def test_nothing_found_is_0(self):
        self.project(main=CLEAN)
        self.assertEqual(self.scan(code=0), "")

    def test_findings_are_1(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        self.assertIn("main.cpp:2:21: warning: ", self.scan(code=1))

    def test_level_of_failure_is_chosen(self):
        self.project(main=SEEDED_FROM_ENTROPY)
        self.assertIn(SEED, self.scan("--fail-on", "error", code=0))
        self.assertIn(SEED, self.scan("--fail-on", "never", code=0))

    def test_suppressed_findings_do_not_count(self):
        self.project(main=SEEDED_FROM_ENTROPY.replace(
            "());", "());  // NOLINT(repro-nondeterministic-seed): keys must differ"))
        self.scan(code=0, says="1 suppressed")

    def test_header_of_two_units_is_reported_once(self):
        self.write("engine.h", "#include <random>\ninline std::mt19937 engine(std::random_device{}());\n")
        self.project(one='#include "engine.h"\n', two='#include "engine.h"\n')
        self.assertEqual(self.scan(code=1).count(SEED), 1)

    def test_path_limits_what_is_reported(self):
        self.project(one=SEEDED_FROM_ENTROPY, two=SEEDED_FROM_ENTROPY)
        self.assertEqual(self.scan("two.cpp", code=1).count(SEED), 1)


class Usage(ProjectTest):
    def test_no_database_names_the_command(self):
        self.write("main.cpp", CLEAN)
        self.scan(code=2, says="cmake -S . -B build -DCMAKE_EXPORT_COMPILE_COMMANDS=ON")

    def test_project_rules_need_no_database(self):
        self.write("README", "nothing to report")
        self.scan("--select", "deps", code=0)

    def test_misspelt_rule_and_flag(self):
        self.project(main=CLEAN)
        self.scan("--select", "repro-nondeterministic-sed", code=2, says="did you mean 'repro-nondeterministic-seed'")
        self.scan("--selekt", "rng", code=2, says="did you mean '--select'")

    def test_path_that_does_not_exist(self):
        self.project(main=CLEAN)
        self.scan("nowhere", code=2, says="nowhere")

    def test_database_that_is_not_one(self):
        for text in ("", "{", "[{", '"text"', b"\xff\xfe\x00", "null", "[" * 100000):
            with self.subTest(text=text[:10]):
                self.write("build/compile_commands.json", text)
                self.scan(code=2, says="compile_commands.json")

    def test_database_that_is_a_folder(self):
        (self.root / "build/compile_commands.json").mkdir(parents=True)
        self.scan("-p", "build", code=2, says="is a directory")

    def test_database_that_may_not_be_read(self):
        self.scan("-p", "missing", code=2, says="missing")


class Output(ProjectTest):
    def setUp(self):
        super().setUp()
        self.project(main=SEEDED_FROM_ENTROPY)

    def test_unknown_format_lists_all(self):
        self.scan("--output", "xml", code=2, says="sarif")

    def test_folder_that_does_not_exist(self):
        self.scan("--output", "sarif:no/where.sarif", code=2, says="no/where.sarif")

    def test_full_disk(self):
        self.scan("--output", "sarif:/dev/full", code=2, says="No space left")

    def test_folder_without_permission(self):
        self.scan("--output", "sarif:/proc/x.sarif", code=2, says="/proc/x.sarif")

    def test_failed_output_leaves_the_old_one(self):
        before = self.write("out.sarif", "old")
        self.scan("--output", "sarif:out.sarif", "--output", "text:no/where", code=2)
        self.assertEqual(before.read_text(), "old")
        self.assertEqual(sorted(path.name for path in self.root.iterdir()), ["build", "main.cpp", "out.sarif"])

    def test_several_formats_in_one_run(self):
        text = self.scan("--output", "text", "--output", "json:out.json", "--output", "sarif:out.sarif", code=1)
        self.assertIn(SEED, text)
        self.assertEqual(len(json.loads((self.root / "out.json").read_text())["findings"]), 1)
        self.assertEqual(len(json.loads((self.root / "out.sarif").read_text())["runs"][0]["results"]), 1)


class Incomplete(ProjectTest):
    """What cannot be analysed never hides what can."""

    def test_unit_that_does_not_parse(self):
        self.project(good=SEEDED_FROM_ENTROPY, bad=NO_SUCH_HEADER)
        text = self.scan(code=3, says="bad.cpp")
        self.assertIn("good.cpp:2:21", text)
        self.assertIn("bad.cpp:3:21", text)  # Behind the error, in the same unit.

    def test_incomplete_may_be_allowed(self):
        self.project(good=CLEAN, bad='#include "generated/missing.h"\n')
        self.scan("--allow-incomplete", code=0, says="bad.cpp")

    def test_sarif_tells_it_too(self):
        self.project(bad=NO_SUCH_HEADER)
        invocation = json.loads(self.scan("--output", "sarif", code=3))["runs"][0]["invocations"][0]
        self.assertTrue(invocation["toolExecutionNotifications"])
        self.assertFalse(invocation["executionSuccessful"])

    def test_source_that_vanished(self):
        self.project(good=SEEDED_FROM_ENTROPY, gone=CLEAN)
        (self.root / "gone.cpp").unlink()
        self.assertIn(SEED, self.scan(code=3, says="gone.cpp"))

    def test_binary_garbage(self):
        self.project(good=SEEDED_FROM_ENTROPY, garbage=bytes(range(256)) * 64)
        self.assertIn(SEED, self.scan(code=3, says="garbage.cpp"))

    def test_source_that_is_a_folder(self):
        self.project(good=SEEDED_FROM_ENTROPY)
        (self.root / "folder.cpp").mkdir()
        self.database({"file": "good.cpp", "arguments": ["c++", "-c", "good.cpp"]},
                      {"file": "folder.cpp", "arguments": ["c++", "-c", "folder.cpp"]})
        self.assertIn(SEED, self.scan(code=3, says="folder.cpp"))

    def test_entry_without_file(self):
        self.write("good.cpp", SEEDED_FROM_ENTROPY)
        self.database({"arguments": ["c++"]}, {"file": "good.cpp", "arguments": ["c++", "-c", "good.cpp"]})
        self.assertIn(SEED, self.scan(code=3, says="has no `file`"))

    def test_worker_that_crashes(self):
        self.project(good=SEEDED_FROM_ENTROPY, crash="#pragma clang __debug crash\n")
        self.assertIn(SEED, self.scan(code=3, says="crash.cpp: is not analysed: its parser crashed"))

    def test_worker_that_hangs(self):
        endless = "constexpr int f() { int i = 0; while (true) i ^= 1; return i; }\nconstexpr int x = f();\n"
        self.project("-fconstexpr-steps=4294967295", good=SEEDED_FROM_ENTROPY, hang=endless)
        self.assertIn(SEED, self.scan("--unit-timeout", "20", code=3, says="hang.cpp: is not analysed: it took more than"))

    def test_worker_that_needs_too_much_memory(self):
        hungry = "template <int N> struct S : S<N - 1>, S<N - 2> { int x[N]; };\n" + \
            "template <class...> struct L {};\ntemplate <int N, class... T> struct M { using t = typename M<N - 1, T..., T..., int>::t; };\n" + \
            "template <class... T> struct M<0, T...> { using t = L<T...>; };\nusing T = M<30>::t;\n"
        self.project(good=SEEDED_FROM_ENTROPY, hungry=hungry)
        self.assertIn(SEED, self.scan("--unit-memory", "700", code=3, says="hungry.cpp: is not analysed: it needs more than"))


class StrangeNames(ProjectTest):
    def test_spaces_quotes_newlines(self):
        for name in ("with space", "with'quote", 'with"quotes', "with\nnewline", "naïve", "-Wall"):
            with self.subTest(name=name):
                self.project(**{name: SEEDED_FROM_ENTROPY})
                results = json.loads(self.scan("--output", "json", code=1))["findings"]
                self.assertEqual([f["at"]["path"] for f in results], [f"{name}.cpp"])

    def test_invalid_utf8_in_the_source(self):
        self.project(main=b'#include <random>\n/* \xff\xfe */ std::mt19937 engine(std::random_device{}()); // \xc3\n')
        for form in ("text", "json", "sarif"):
            with self.subTest(form=form):
                self.scan("--output", form, code=1)


class OtherCommands(ProjectTest):
    def test_version_rules_explain_completion(self):
        for arguments, part in ((["version"], "reproaudit"), (["rules"], "repro-nondeterministic-seed"),
                                (["explain", "repro-nondeterministic-seed"], "## Why"), (["completion", "bash"], "complete")):
            with self.subTest(arguments=arguments):
                result = self.run_command(*arguments)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(part, result.stdout)

    def test_explain_knows_no_such_rule(self):
        result = self.run_command("explain", "repro-nondeterministic-sed")
        self.assertEqual(result.returncode, 2)
        self.assertIn("repro-nondeterministic-seed", result.stderr)

    def test_no_command_or_an_unknown_one(self):
        for arguments in ([], ["scam"]):
            self.assertEqual(self.run_command(*arguments).returncode, 2)


if __name__ == "__main__":
    unittest.main()
