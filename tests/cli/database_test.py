# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compile databases as projects have them."""
import json
import subprocess
import unittest

from project import CLEAN, NO_SUCH_HEADER, SEEDED_FROM_ENTROPY, ProjectTest

SEED = "[repro-nondeterministic-seed]"


class Commands(ProjectTest):
    """However the unit is compiled, its finding is there and nothing is said about it."""

    def expect_seed(self, *command: str, **entry):
        if command:
            entry["arguments"] = [*command, "-c", "main.cpp"]
        self.write("main.cpp", SEEDED_FROM_ENTROPY)
        self.database({"file": "main.cpp", **entry})
        result = self.run_command("scan", "--no-cache")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stdout.count(SEED), 1)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)  # The summary.

    def test_launchers(self):
        for launcher in ("ccache", "/usr/bin/sccache", "distcc -j 8", "icecc", "ccache distcc", "env LANG=C A=b", "nice -n 10",
                         "cmake -E env CCACHE_BASEDIR=/ ccache", "time -p", "/opt/wrapper.sh --quiet", "buildcache"):
            with self.subTest(launcher=launcher):
                self.expect_seed(*launcher.split(), "g++")

    def test_compilers(self):
        for compiler in ("g++", "/usr/bin/c++", "g++-12", "clang++-22", "gcc", "cc", "x86_64-linux-gnu-g++-13", "icpx", "mpicxx",
                         "/usr/lib/ccache/g++", "my-own-compiler"):
            with self.subTest(compiler=compiler):
                self.expect_seed(compiler)

    def test_flags_of_other_compilers(self):
        self.write("pch.h", "#include <vector>\n")
        self.write("pch.h.gch", b"gpch.014 of another compiler")
        self.write("pch.h.pch", b"CPCH of another version")
        for flags in ("-fconserve-stack -fno-gcse -mno-red-zone -Wno-maybe-uninitialized", "-Winvalid-pch -include pch.h",
                      "-Xclang -include-pch -Xclang pch.h.pch -Xclang -include -Xclang pch.h", "-fmodules-ts -fmodule-mapper=x.modmap",
                      "@main.cpp.o.modmap -fdeps-format=p1689r5", "-fopenmp -pthread -ggdb3 -O3 -flto=auto", "-MD -MT x -MF x.d -o x.o",
                      "-Werror -Wall -Wfatal-errors -pedantic-errors", "-fprofile-use=x.profdata", "-fdiagnostics-color=always",
                      "--param max-inline-insns=100", "-Wa,--noexecstack -Wl,-z,now -Wp,-DX", "-fsanitize=address,undefined"):
            with self.subTest(flags=flags):
                self.expect_seed("g++", *flags.split())

    def test_command_as_one_line(self):
        self.expect_seed(command="g++ -DTEXT='\"a b\"' -I\"with space\" -c main.cpp")

    def test_response_file_of_the_tree(self):
        self.write("SEEDED.rsp", "-DHEADER='<random>'\n-std=c++17 @nested.rsp")
        self.write("nested.rsp", "-DNESTED")
        self.write("main.cpp", "#ifdef NESTED\n#include HEADER\n#endif\nstd::mt19937 engine(std::random_device{}());\n")
        self.database({"file": "main.cpp", "arguments": ["g++", "@SEEDED.rsp", "-c", "main.cpp"]})
        self.assertIn(SEED, self.scan(code=1))

    def test_folders(self):
        self.write("src/main.cpp", '#include "../engine.h"\n')
        self.write("engine.h", SEEDED_FROM_ENTROPY)
        for directory, file in (("..", "src/main.cpp"), ("../src", "main.cpp"), (str(self.root), "src/main.cpp"),
                                ("../src/../build", "../src/main.cpp"), (str(self.root / "src"), str(self.root / "src/main.cpp"))):
            with self.subTest(directory=directory, file=file):
                self.database({"directory": directory, "file": file, "arguments": ["c++", "-c", file]})
                self.assertIn("engine.h:2:21: warning: ", self.scan(code=1))

    def test_c_sources(self):
        self.write("main.c", "#include <stdlib.h>\n#include <time.h>\nvoid seed(int class) { srand(time(0)); }\n")
        for compiler in ("gcc", "cc", "clang"):
            with self.subTest(compiler=compiler):
                self.database({"file": "main.c", "arguments": [compiler, "-std=gnu11", "-c", "main.c"]})
                self.assertIn("main.c:3:", self.scan(code=1))

    def test_cross_compiler(self):
        self.write("main.c", "#ifndef __aarch64__\n#error not for this machine\n#endif\n"
                   "int rand(void);\nvoid srand(unsigned);\nlong time(long *);\nvoid seed(void) { srand(time(0)); }\n")
        for compiler in (["aarch64-linux-gnu-gcc-12"], ["/opt/arm/bin/aarch64-none-linux-gnu-gcc"], ["clang", "--target=aarch64-linux-gnu"],
                         ["clang", "-target", "aarch64-linux-gnu"]):
            with self.subTest(compiler=compiler):
                self.database({"file": "main.c", "arguments": [*compiler, "-march=armv8-a", "--sysroot=/nowhere", "-c", "main.c"]})
                self.scan("--fail-on", "never", code=0)

    def test_header_as_unit_and_header_without_units(self):
        self.write("engine.h", SEEDED_FROM_ENTROPY)
        self.write("alone.h", SEEDED_FROM_ENTROPY)
        self.database({"file": "engine.h", "arguments": ["c++", "-x", "c++-header", "engine.h"]})
        report = self.scan(code=1)
        self.assertIn("engine.h:2", report)
        self.assertNotIn("alone.h", report)


class Configurations(ProjectTest):
    """One file that is compiled several times."""

    def test_findings_are_merged(self):
        self.write("main.cpp", "#include <random>\n#ifdef A\nstd::mt19937 a(std::random_device{}());\n#endif\n"
                   "std::mt19937 both(std::random_device{}());\n#ifdef B\nstd::mt19937 b(std::random_device{}());\n#endif\n")
        self.database(*({"file": "main.cpp", "arguments": ["c++", f"-D{name}", "-c", "main.cpp"]} for name in "AB"))
        findings = json.loads(self.scan("--output", "json", code=1))["findings"]
        self.assertEqual([f["at"]["line"] for f in findings], [3, 5, 7])

    def test_one_that_does_not_parse_here(self):
        self.write("main.cpp", SEEDED_FROM_ENTROPY + "#ifdef SVE\n#include <no_such_vector_unit.h>\n#endif\n")
        self.database({"file": "main.cpp", "arguments": ["c++", "-c", "main.cpp"]},
                      {"file": "main.cpp", "arguments": ["c++", "-DSVE", "-c", "main.cpp"]})
        self.assertEqual(self.scan(code=1, says="another configuration of this file was analysed").count(SEED), 1)

    def test_none_that_parses(self):
        self.write("main.cpp", NO_SUCH_HEADER)
        self.database(*({"file": "main.cpp", "arguments": ["c++", f"-D{name}", "-c", "main.cpp"]} for name in "AB"))
        self.scan(code=3, says="main.cpp: does not parse completely")


class MissingHeaders(ProjectTest):
    def test_target_that_makes_it_is_named(self):
        self.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.20)\nproject(p CXX)\nset(CMAKE_EXPORT_COMPILE_COMMANDS ON)\n"
                   "add_custom_command(OUTPUT gen/version.h COMMAND false)\nadd_custom_target(headers DEPENDS gen/version.h)\n"
                   "add_library(p main.cpp)\nadd_dependencies(p headers)\n"
                   "target_include_directories(p PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/gen)\n")
        self.write("main.cpp", '#include "version.h"\n' + CLEAN)
        for folder, generator, advice in (("ninja", "Ninja", "`cmake --build ninja --target gen/version.h`"),
                                          ("make", "Unix Makefiles", "`cmake --build make`")):
            with self.subTest(generator=generator):
                subprocess.run(["cmake", "-S", ".", "-B", folder, "-G", generator,
                                "-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22"], cwd=self.root, check=True, capture_output=True)
                self.scan("-p", folder, code=3, says=f"run {advice}")

    def test_module_that_is_imported(self):
        self.write("main.cpp", "import optimiser;\nint main() {}\n")
        self.database({"file": "main.cpp", "arguments": ["c++", "-std=c++20", "-c", "main.cpp"]})
        self.scan(code=3, says="imports of C++20 modules are not followed")

    def test_unit_of_a_module(self):
        self.write("optimiser.cppm", "module;\n#include <random>\nexport module optimiser;\nexport std::mt19937 engine(std::random_device{}());\n")
        self.database({"file": "optimiser.cppm", "arguments": ["clang++", "-std=c++20", "--precompile", "-c", "optimiser.cppm"]})
        self.assertIn("optimiser.cppm:4", self.scan(code=1))


class Changed(ProjectTest):
    """What is new since a revision is found through every path that a header is included by."""

    def git(self, *arguments: str):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *arguments], cwd=self.root, check=True,
                       capture_output=True)

    def setUp(self):
        super().setUp()
        self.write("include/old.h", "#include <random>\nstatic std::mt19937 old(std::random_device{}());\n")
        self.write("src/main.cpp", '#include "../include/old.h"\n')
        self.write("src/other.cpp", CLEAN)
        self.write(".gitignore", "build\n")
        self.database(*({"directory": str(self.root / "src"), "file": f"{name}.cpp", "arguments": ["c++", "-c", f"{name}.cpp"]}
                        for name in ("main", "other")))
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "base")

    def test_header_changed(self):
        self.write("include/old.h", "#include <random>\nstatic std::mt19937 added(std::random_device{}());\n"
                   "static std::mt19937 old(std::random_device{}());\n")
        report = self.scan("--diff-base", "HEAD", code=1, says="1 finding not shown")
        self.assertIn("'added'", report)
        self.scan("--staged", code=0)
        self.git("add", "-A")
        self.assertEqual(self.scan("--staged", code=1), report)

    def test_header_as_argument(self):
        self.assertIn("include/old.h:2", self.scan("include/old.h", code=1))


if __name__ == "__main__":
    unittest.main()
