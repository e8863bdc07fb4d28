# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compile databases and sources that were written to do harm: nothing of the
scanned tree is executed, nothing is written, and the other units are analysed."""
import os
import subprocess
import unittest

from project import SEEDED_FROM_ENTROPY, ProjectTest

SEED = "[repro-nondeterministic-seed]"
LIMITS = ("--unit-timeout", "20", "--unit-memory", "700")
PLUGIN = '__attribute__((constructor)) static void run(void) { __builtin_printf("x"); fclose(fopen("executed", "w")); }\n'


class Hostile(ProjectTest):
    """Beside `bad.cpp` there is always `good.cpp`, whose finding is never lost."""

    def setUp(self):
        super().setUp()
        self.write("good.cpp", SEEDED_FROM_ENTROPY)
        self.write("bad.cpp", "int bad;\n")
        self.executed = self.root / "executed"
        self.attack = self.write("attack.sh", f"#!/bin/sh\ntouch '{self.executed}'\n")
        self.attack.chmod(0o755)

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))

    def expect(self, code: int, says: str, *, command: list[str] | None = None, **bad):
        """Scans with `bad.cpp` compiled by `command`, or with another database entry for it."""
        self.database({"file": "good.cpp", "arguments": ["c++", "-c", "good.cpp"]},
                      {"file": "bad.cpp", "arguments": command or ["c++", "-c", "bad.cpp"], **bad})
        before = self.files()
        self.assertIn("good.cpp:2:21: warning: ", self.scan(*LIMITS, code=code, says=says))
        self.assertEqual(self.files(), before, "something was written")

    def test_01_plug_ins(self):
        self.write("plugin.c", "#include <stdio.h>\n" + PLUGIN)
        subprocess.run(["clang-22", "-shared", "-fPIC", "plugin.c", "-o", "plugin.so"], cwd=self.root, check=True)
        for flags in (["-fplugin=./plugin.so"], ["-Xclang", "-load", "-Xclang", "./plugin.so"],
                      ["-fpass-plugin=./plugin.so"], ["-Xclang", "-fplugin=./plugin.so"],
                      ["-fplugin=./plugin.so", "-fplugin-arg-plugin-x=1"]):
            with self.subTest(flags=flags):
                self.expect(1, "could run code", command=["clang++", *flags, "-c", "bad.cpp"])

    def test_02_compiler_of_the_tree(self):
        for command in (["./attack.sh", "-c", "bad.cpp"], ["ccache", "./attack.sh", "-c", "bad.cpp"], [str(self.attack), "bad.cpp"]):
            with self.subTest(command=command):
                self.expect(1, "", command=command)

    def test_03_programs_of_the_compiler(self):
        for name in ("as", "ld", "cc1plus", "clang", "clang++", "ptxas", "nvcc"):
            (self.root / name).symlink_to(self.attack)
        for flags in ([f"-B{self.root}"], ["-B", str(self.root)], [f"--gcc-toolchain={self.root}"], ["-no-integrated-as"],
                      ["-wrapper", "./attack.sh"], [f"-fuse-ld={self.attack}"], [f"--ptxas-path={self.attack}"]):
            with self.subTest(flags=flags):
                self.expect(1, "", command=["c++", *flags, "-c", "bad.cpp"])

    def test_04_configuration_files(self):
        self.write("evil.cfg", "-fplugin=./plugin.so\n")
        for flags in (["--config=evil.cfg"], ["-specs=evil.cfg"], ["--config", "evil.cfg"], [f"--config-user-dir={self.root}"]):
            with self.subTest(flags=flags):
                self.expect(1, "", command=["clang++", *flags, "-c", "bad.cpp"])

    def test_05_response_file_of_another_tree(self):
        outside = self.root.parent / "outside.rsp"
        outside.write_text("-DSECRET\n")
        (self.root / "link.rsp").symlink_to(outside)
        for path in (str(outside), "../outside.rsp", "link.rsp", "/etc/hostname"):
            with self.subTest(path=path):
                self.expect(1, "could run code or read files from elsewhere", command=["c++", f"@{path}", "-c", "bad.cpp"])

    def test_06_response_file_that_reads_itself(self):
        self.write("a.rsp", "-DA @b.rsp @b.rsp")
        self.write("b.rsp", "-DB @a.rsp @a.rsp")
        self.expect(1, "", command=["c++", "@a.rsp", "-c", "bad.cpp"])

    def test_07_flags_that_write(self):
        for flags in (["-MD", "-MF", "written.d"], ["-o", "written.o"], ["-save-temps"], ["-ftime-trace=written"],
                      ["--serialize-diagnostics", "written"], ["-Xclang", "-o", "-Xclang", "written"], ["-fmodules"],
                      ["-Wp,-MD,written"], ["-emit-pch"], ["-Xclang", "-emit-pch"], ["-fcrash-diagnostics-dir=written"],
                      ["-fsave-optimization-record", "-foptimization-record-file=written"], ["-E", "-owritten"],
                      ["-Xclang", "-dependency-dot", "-Xclang", "written"], ["-Xclang", "-header-include-file", "-Xclang", "written"],
                      ["-Xclang", "-stats-file=written"], ["--coverage"], ["-fproc-stat-report=written"], ["-MJ", "written"],
                      ["-Xclang", "-diagnostic-log-file", "-Xclang", "written"], ["-print-stats"], ["-H"], ["-emit-ast"],
                      ["-fmodules", "-fmodules-cache-path=written"], ["-gsplit-dwarf"], ["-fthinlto-index=written"]):
            with self.subTest(flags=flags):
                self.expect(1, "", command=["clang++", *flags, "-c", "bad.cpp"])

    def test_08_devices_as_headers(self):
        for device in ("zero", "stdin", "urandom", "full"):
            with self.subTest(device=device):
                self.write("bad.cpp", f'#include "/dev/{device}"\n')
                self.expect(1, "")

    def test_09_header_that_waits(self):
        os.mkfifo(self.root / "fifo.h")
        self.write("bad.cpp", '#include "fifo.h"\n')
        self.expect(3, "bad.cpp: is not analysed: it took more than")

    def test_10_sources_that_are_no_files(self):
        for name, make in (("loop.cpp", lambda path: path.symlink_to(path)), ("pipe.cpp", os.mkfifo), ("folder.cpp", os.mkdir),
                           ("dangling.cpp", lambda path: path.symlink_to("nowhere"))):
            with self.subTest(name=name):
                make(self.root / name)
                self.expect(3, name, file=name)

    def test_11_source_that_includes_itself(self):
        self.write("bad.cpp", "#include __FILE__\n#include __FILE__\n")
        self.expect(3, "bad.cpp: ")

    def test_12_source_outside(self):
        for file in ("/etc/passwd", "../../../../etc/passwd", "/dev/zero"):
            with self.subTest(file=file):
                self.expect(1, "", file=file)

    def test_13_folder_that_does_not_exist(self):
        self.expect(3, "cannot be entered", directory=str(self.root / "nowhere"), file=str(self.root / "bad.cpp"))

    def test_14_nesting_that_eats_the_stack(self):
        depth = 200_000
        self.write("bad.cpp", "int bad = " + "(" * depth + "1" + ")" * depth + ";\n")
        self.expect(3, "bad.cpp: ", command=["clang++", "-fbracket-depth=1000000", "-c", "bad.cpp"])

    def test_15_macros_that_double(self):
        self.write("bad.cpp", "#define A0 1+1\n" + "".join(f"#define A{i} A{i - 1}+A{i - 1}\n" for i in range(1, 40)) + "long bad = A39;\n")
        self.expect(3, "bad.cpp: is not analysed: it ")

    def test_16_arguments_of_every_kind(self):
        for flags in (["-"], ["--"], [""], ["-x"], ["-D"], ["-Xclang"], ["-include"], ["\x00"], ["-\x00"], ["-I\x01\x1b[2J"], ["@"],
                      ["-cc1"], ["-cc1as"], ["--version"], ["-###"], ["--help"], ["-dumpmachine"], ["-print-search-dirs"],
                      ["-mllvm", "--help"], ["-Xclang", "-version"], ["-working-directory=/"], ["-target", "none"],
                      ["-march=none"], ["-fno-such-flag"], ["-std=c++99"]):
            with self.subTest(flags=flags):
                self.database({"file": "good.cpp", "arguments": ["c++", "-c", "good.cpp"]},
                              {"file": "bad.cpp", "arguments": ["clang++", *flags, "-c", "bad.cpp"]})
                result = self.run_command("scan", "--no-cache", *LIMITS)
                self.assertIn(result.returncode, (1, 3), result.stderr)
                self.assertIn("good.cpp:2:21: warning: ", result.stdout)

    def test_17_many_entries_for_one_file(self):
        self.database(*[{"file": "good.cpp", "arguments": ["c++", "-c", "good.cpp"]}] * 20_000)
        self.assertEqual(self.scan(code=1).count(SEED), 1)

    def test_18_other_language(self):
        self.write("bad.cpp", "module main;\n")
        for language in ("assembler-with-cpp", "ir", "ast", "c-header", "objective-c++", "none", "nonsense"):
            with self.subTest(language=language):
                self.database({"file": "good.cpp", "arguments": ["c++", "-c", "good.cpp"]},
                              {"file": "bad.cpp", "arguments": ["clang++", "-x", language, "-c", "bad.cpp"]})
                self.assertIn(self.run_command("scan", "--no-cache", *LIMITS).returncode, (1, 3))

    def tearDown(self):
        self.assertFalse(self.executed.exists(), "something of the tree was executed")


if __name__ == "__main__":
    unittest.main()
