# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The fast engine parses shared headers once and says what the plain one says."""
import unittest

from project import ProjectTest

# Each unit ends with a draw in a loop over an unordered container.
UNIT = """{includes}
float total{name}(const std::unordered_map<int, float> &weights) {{
  float sum = 0;
  for (const auto &[key, weight] : weights)
    sum += weight * scale<{kind}>({kind}(1));
  return sum;
}}
{rest}
"""
SCALE = """#pragma once
#include <unordered_map>
#include <random>
template <class T> T scale(T value) {
  std::mt19937 engine(std::random_device{}());
  return value + T(engine());
}
"""
HEADERS = '#include "scale.h"\n#include <string>\n#include <vector>\n'


# A rule that asks whether a class is the source's own.
FORGETFUL = """
namespace {
struct State { int pass, steps; double loss, weight, total, rate; };
void initState(State &state) {
  state.pass = state.steps = 0;
  state.loss = 0;
  state.weight = 1;
  state.rate = 0.5;
}
double add(State &state) { return state.total += state.weight; }
double run() { State state; initState(state); return add(state); }
}
"""


class Engine(ProjectTest):
    def units(self, number: int = 6) -> dict:
        return {f"unit{i}": UNIT.format(name=i, includes=HEADERS, kind="int" if i % 2 else "double", rest="")
                for i in range(number)}

    def report(self, *arguments: str) -> tuple[str, str]:
        """With the facts, which a shard has, and with what statistics say."""
        result = self.run_command("scan", "--no-cache", "--shard", "1/1", "--select", "all", "--output", "json",
                                  "--statistics", *arguments)
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        return result.stdout, "\n".join(line for line in result.stderr.splitlines() if "parsed alone" in line)

    def expect_equal(self, says: str = ""):
        fast, statistics = self.report("-j2")
        plain, _ = self.report("--engine", "plain")
        self.assertEqual(fast, plain)
        self.assertIn("repro-unordered-float-reduction", fast)
        self.assertIn(says, statistics)
        if not says:
            self.assertEqual(statistics, "")

    def test_units_share_headers(self):
        self.write("scale.h", SCALE)
        self.project("-std=c++17", **self.units())
        self.expect_equal()

    def test_classes_of_the_source_itself(self):
        self.write("scale.h", SCALE)
        self.project("-std=c++17", **{name: text + FORGETFUL for name, text in self.units().items()})
        self.expect_equal()
        fast, _ = self.report()
        self.assertIn("repro-forgotten-member", fast)

    def test_flags_that_no_other_unit_has(self):
        self.write("scale.h", SCALE)
        sources = self.units()
        self.project("-std=c++17", **sources)
        self.database({"file": "unit0.cpp", "arguments": ["clang++", "-std=c++20", "unit0.cpp"]},
                      *({"file": f"{name}.cpp", "arguments": ["clang++", "-std=c++17", f"{name}.cpp"]}
                        for name in sources if name != "unit0"))
        self.expect_equal(says="1 unit parsed alone: no other unit has its flags")

    def test_macro_that_a_source_defines_before_a_header(self):
        self.write("scale.h", SCALE.replace("return value", "#ifdef EXACT\n  return T(1);\n#endif\n  return value"))
        sources = self.units()
        sources["unit0"] = "#define EXACT\n" + sources["unit0"]
        self.project("-std=c++17", **sources)
        self.expect_equal()

    def test_macro_that_one_header_defines_for_another(self):
        self.write("scale.h", SCALE.replace("return value", "#if ROUNDS > 1\n  return T(1);\n#endif\n  return value"))
        self.write("rounds.h", "#pragma once\n#include <cstdlib>\n#define ROUNDS 2\n")
        sources = self.units()
        for name in ("unit0", "unit1", "unit2"):
            sources[name] = '#include "rounds.h"\n' + sources[name]
        for name in ("unit3", "unit4"):
            sources[name] += '#include "rounds.h"\n'
        self.project("-std=c++17", **sources)
        self.expect_equal()

    def test_question_whether_a_later_header_was_read(self):
        self.write("scale.h", SCALE)
        self.write("early.h", "#pragma once\n#ifdef LATE\n#error too late\n#endif\n#include <cstdlib>\n"
                              "inline int draw() { return std::rand(); }\n")
        self.write("late.h", "#pragma once\n#define LATE\n")
        sources = {name: '#include "early.h"\n#include "late.h"\n' + text for name, text in self.units().items()}
        self.project("-std=c++17", **sources)
        self.expect_equal()

    def test_header_that_needs_another_before_it(self):
        self.write("scale.h", SCALE)
        self.write("needy.h", "#pragma once\ninline int drawn(std::mt19937 &engine) { return engine(); }\n")
        sources = {name: text + '#include "needy.h"\n' for name, text in self.units().items()}
        sources["unit0"] = '#include <random>\n#include "needy.h"\n' + sources["unit0"]
        self.project("-std=c++17", **sources)
        fast, _ = self.report()
        self.assertEqual(fast, self.report("--engine", "plain")[0])

    def test_header_inside_of_braces(self):
        self.write("scale.h", SCALE)
        self.write("inner.h", "#pragma once\ninline int inner() { return rand(); }\n")
        sources = {name: text + '#include <stdlib.h>\nnamespace own {\n#include "inner.h"\n}\n'
                   for name, text in self.units().items()}
        self.project("-std=c++17", **sources)
        self.expect_equal()

    def test_macros_that_count(self):
        self.write("scale.h", SCALE)
        sources = self.units()
        sources["unit0"] += "#include <cstdlib>\ntemplate <int> int drawn() { return std::rand(); }\nint first = drawn<__COUNTER__>();\n"
        self.project("-std=c++17", **sources)
        self.expect_equal(says="1 unit parsed alone: its macros count what was read before")

    def test_unit_that_crashes_or_does_not_parse(self):
        self.write("scale.h", SCALE)
        sources = self.units()
        sources["unit0"] = "#pragma clang __debug crash\n" + sources["unit0"]
        sources["unit1"] += "int broken = ;\n"
        sources["unit2"] = '#include "missing.h"\n' + sources["unit2"]
        sources["unit3"] = "#pragma reproaudit_prelude_ends\n" + sources["unit3"]
        self.project("-std=c++17", **sources)
        self.expect_equal(says="1 unit parsed alone: not all of its headers are found")

    def test_c_units(self):
        for number in range(5):
            self.write(f"unit{number}.c", "#include <stdlib.h>\n#include <time.h>\n"
                                          f"void seed{number}(void) {{ srand(time(NULL)); }}\n")
        self.database(*({"file": f"unit{number}.c", "arguments": ["clang", f"unit{number}.c"]} for number in range(5)))
        fast, statistics = self.report()
        self.assertEqual(fast, self.report("--engine", "plain")[0])
        self.assertIn("repro-nondeterministic-seed", fast)
        self.assertEqual(statistics, "")


if __name__ == "__main__":
    unittest.main()
