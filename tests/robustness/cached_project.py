# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A project that is scanned with a cache of its own."""
import re

from project import ProjectTest

# A finding that costs no large header.
SEEDED_BY_TIME = "#include <cstdlib>\n#include <ctime>\nvoid seed() { std::srand(std::time(nullptr)); }\n"


class CachedProjectTest(ProjectTest):
    def setUp(self):
        super().setUp()
        self.cache = self.root.parent / "cache"

    def entries(self) -> list:
        return sorted(path for path in self.cache.rglob("*") if path.is_file())

    def scan_cached(self, *arguments: str, **environment: str) -> tuple[str, int]:
        """The report, and how many units were known already."""
        result = self.run_command("scan", "--output", "json", *arguments,
                                  **{"REPROAUDIT_CACHE_DIR": str(self.cache), **environment})
        self.assertIn(result.returncode, (0, 1, 3), result.stderr)
        return result.stdout, int(re.search(r"\((\d+) cached\)", result.stderr)[1])

    def fresh(self, *arguments: str) -> str:
        return self.run_command("scan", "--output", "json", "--no-cache", *arguments).stdout

    def expect_cached(self, number: int, *arguments: str, **environment: str):
        """The report is that of a scan without cache, and `number` units were not analysed for it."""
        report, cached = self.scan_cached(*arguments, **environment)
        self.assertEqual(report, self.fresh(*arguments))
        self.assertEqual(cached, number)
