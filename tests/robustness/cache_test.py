# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A cache never lies: what it says is what a scan without it would say."""
import os
import shutil
import subprocess
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import project
from cached_project import SEEDED_BY_TIME, CachedProjectTest

REPEATED = int(os.environ.get("REPROAUDIT_TEST_REPEATS", "50"))

# A disk that is full as soon as an entry is written.
FULL_DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
ssize_t write(int fd, const void *data, size_t size) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n > 0) path[n] = 0;
  if (n > 0 && strstr(path, ".reproaudit-unit") && size > 100) { errno = ENOSPC; return -1; }
  return ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, data, size);
}
"""


class TwoUnits(CachedProjectTest):
    """`a.cpp` includes `a.h` and `shared.h`, `b.cpp` only `shared.h`."""

    def setUp(self):
        super().setUp()
        (self.root / "first").mkdir()
        self.write("a.h", "inline int a() { return 1; }\n")
        self.write("shared.h", "#pragma once\n#if __has_include(\"option.h\")\n#include \"option.h\"\n#endif\n" + SEEDED_BY_TIME)
        self.project("-I", "first", "-I", ".", a='#include <a.h>\n#include <shared.h>\n', b='#include <shared.h>\n')
        self.scan_cached()


class Hits(TwoUnits):
    def test_nothing_changed(self):
        self.expect_cached(2)

    def test_every_warm_scan_has_the_same_bytes(self):
        self.assertEqual({self.scan_cached() for _ in range(REPEATED)}, {(self.fresh(), 2)})

    def test_touched_but_not_changed(self):
        os.utime(self.root / "shared.h", (1, 1))
        self.expect_cached(2)

    def test_order_of_the_database(self):
        self.database(*({"file": f"{name}.cpp", "arguments": ["clang++", "-I", "first", "-I", ".", "-c", f"{name}.cpp"]}
                        for name in ("b", "a")))
        self.expect_cached(2)

    def test_unit_that_does_not_parse(self):
        self.project(bad='#include "missing.h"\n')
        self.scan_cached()
        self.expect_cached(1)


class Misses(TwoUnits):
    def test_header_edited(self):
        self.write("a.h", SEEDED_BY_TIME)
        self.expect_cached(1)

    def test_shared_header_edited(self):
        self.write("shared.h", "\n" + SEEDED_BY_TIME)
        self.expect_cached(0)

    def test_edit_that_hides_itself(self):
        header = self.root / "shared.h"
        before = header.stat()
        header.write_text(header.read_text().replace("nullptr", "      0"))
        os.utime(header, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.assertEqual(header.stat().st_size, before.st_size)
        self.expect_cached(0)

    def test_clock_that_was_wrong(self):
        header = self.root / "shared.h"
        for when in (0, 2**33):  # 1970 and 2242: the clock of another machine
            with self.subTest(when=when):
                header.write_text(header.read_text() + "\n")
                os.utime(header, (when, when))
                self.expect_cached(0)
                header.write_text("\n" + header.read_text()[:-1])
                os.utime(header, (when, when))
                self.expect_cached(0)

    def test_comment_that_suppresses(self):
        header = self.root / "shared.h"
        header.write_text(header.read_text().replace("}\n", "} // NOLINT(repro-nondeterministic-seed): a game\n"))
        self.expect_cached(0)
        self.assertIn("a game", self.scan_cached()[0])

    def test_absent_header_appears_in_front(self):
        self.write("first/a.h", SEEDED_BY_TIME)
        self.expect_cached(1)

    def test_absent_header_that_was_asked_for_appears(self):
        self.write("option.h", SEEDED_BY_TIME)
        self.expect_cached(0)

    def test_missing_header_is_generated(self):
        self.project(bad='#include "generated.h"\n')
        self.scan_cached()
        self.write("generated.h", SEEDED_BY_TIME)
        self.expect_cached(0)

    def test_header_removed(self):
        (self.root / "a.h").unlink()
        self.expect_cached(1)

    def test_command_changed(self):
        self.project("-I", ".", "-DNEW", a='#include <a.h>\n#include <shared.h>\n')
        self.expect_cached(0)

    def test_rules_chosen(self):
        self.expect_cached(0, "--select", "repro-nondeterministic-seed")
        self.expect_cached(2, "--select", "repro-nondeterministic-seed")
        self.expect_cached(2)

    def test_configuration_of_rules(self):
        self.write(".clang-tidy", "Checks: '-repro-nondeterministic-seed'\n")
        self.expect_cached(0)
        self.write(".clang-tidy", "Checks: '-repro-other-rule'\n")
        self.expect_cached(0)

    def test_engines_are_kept_apart(self):
        self.expect_cached(0, "--engine", "plain")

    def test_other_build_of_the_tool(self):
        other = Path(shutil.copy(project.REPROAUDIT, self.root.parent))
        with other.open("ab") as stream:
            stream.write(b"another build")
        original, project.REPROAUDIT = project.REPROAUDIT, str(other)
        self.addCleanup(setattr, project, "REPROAUDIT", original)
        self.expect_cached(0)


class Damage(TwoUnits):
    def expect_repaired(self):
        self.scan_cached()
        self.expect_cached(2)

    def test_truncated_entry(self):
        for part in (0, 0.01, 0.5, 0.999):
            with self.subTest(part=part):
                for entry in self.entries():
                    os.truncate(entry, int(entry.stat().st_size * part))
                self.expect_cached(0)
                self.expect_repaired()

    def test_flipped_bits(self):
        for place in (0.05, 0.3, 0.9):
            with self.subTest(place=place):
                for entry in self.entries():
                    text = bytearray(entry.read_bytes())
                    text[int(len(text) * place)] ^= 1
                    entry.write_bytes(text)
                self.expect_cached(0)
                self.expect_repaired()

    def test_entry_of_another_unit(self):
        first, second = self.entries()
        first.write_bytes(second.read_bytes())
        self.expect_cached(1)

    def test_entry_is_a_folder(self):
        for entry in self.entries():
            entry.unlink()
            entry.mkdir()
        self.expect_cached(0)

    def test_cache_vanishes_while_scanning(self):
        stop = threading.Event()

        def remove():
            while not stop.is_set():
                shutil.rmtree(self.cache, ignore_errors=True)
        remover = threading.Thread(target=remove)
        remover.start()
        try:
            reports = {self.scan_cached()[0] for _ in range(5)}
        finally:
            stop.set()
            remover.join()
        self.assertEqual(reports, {self.fresh()})


class NoRoom(TwoUnits):
    def test_full_disk(self):
        source, library = self.write("full.c", FULL_DISK), self.root.parent / "full.so"
        subprocess.run(["clang-22", "-shared", "-fPIC", source, "-o", library, "-ldl"], check=True)
        shutil.rmtree(self.cache)
        report, cached = self.scan_cached(LD_PRELOAD=str(library))
        self.assertEqual((report, cached), (self.fresh(), 0))
        self.assertEqual(self.entries(), [])

    def test_no_folder_can_be_made(self):
        self.write("file", "")
        for place in (self.root / "file/cache", "/proc/cache", "/dev/null"):
            with self.subTest(place=place):
                self.expect_cached(0, REPROAUDIT_CACHE_DIR=str(place))

    @unittest.skipUnless(os.geteuid() == 0 and all(folder.stat().st_mode & 1 for folder in Path(project.REPROAUDIT).resolve().parents),
                         "needs another user who may start the command")
    def test_cache_of_another_user_is_read_only(self):
        for path in (self.root.parent, *self.root.parent.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        def scan():
            result = subprocess.run([project.REPROAUDIT, "scan", "--output", "json"], cwd=self.root, user=65534, text=True,
                                    capture_output=True, env={**os.environ, "REPROAUDIT_CACHE_DIR": str(self.cache)})
            return result.stdout, result.stderr
        self.assertIn("(2 cached)", scan()[1])
        self.write("a.h", SEEDED_BY_TIME)
        before = [entry.read_bytes() for entry in self.entries()]
        report, log = scan()
        self.assertIn("(1 cached)", log)
        self.assertEqual(report, self.fresh())
        self.assertEqual([entry.read_bytes() for entry in self.entries()], before)


class Together(TwoUnits):
    def test_scans_at_once(self):
        shutil.rmtree(self.cache)
        with ThreadPoolExecutor(4) as pool:
            reports = {future.result()[0] for future in [pool.submit(self.scan_cached) for _ in range(8)]}
        self.assertEqual(reports, {self.fresh()})
        self.expect_cached(2)

    def test_edits_during_scans(self):
        header = self.root / "shared.h"
        texts = [header.read_text(), "\n\n" + header.read_text(), "#pragma once\n"]
        stop = threading.Event()

        def edit():
            number = 0
            while not stop.is_set():
                header.write_text(texts[number % len(texts)])
                number += 1
                stop.wait(0.01)
        editor = threading.Thread(target=edit)
        editor.start()
        try:
            for _ in range(10):
                self.scan_cached()
        finally:
            stop.set()
            editor.join()
        for text in texts:
            header.write_text(text)
            self.assertEqual(self.scan_cached()[0], self.fresh())


class CacheCommand(TwoUnits):
    def command(self, action: str) -> str:
        return self.run_command("cache", action, REPROAUDIT_CACHE_DIR=str(self.cache)).stdout

    def test_stats_and_clean(self):
        foreign = self.cache / "notes.json"
        foreign.write_text("of somebody else")
        self.assertRegex(self.command("stats"), r"^2 entries, 0\.\d MB in ")
        self.assertRegex(self.command("clean"), r"^removed 2 entries")
        self.assertRegex(self.command("stats"), r"^0 entries")
        self.assertEqual(self.entries(), [foreign])
        self.expect_cached(0)


if __name__ == "__main__":
    unittest.main()
