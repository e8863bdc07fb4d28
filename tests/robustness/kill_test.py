# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A scan that is killed, or whose worker is, costs what was killed and no more."""
import os
import random
import signal
import subprocess
import time
import unittest
from pathlib import Path

import project
from cached_project import SEEDED_BY_TIME, CachedProjectTest

KILLS = 100
ENDLESS = "constexpr int f() { int i = 0; while (true) i ^= 1; return i; }\nconstexpr int x = f();\n"


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Kills(CachedProjectTest):
    def start(self, *arguments: str) -> subprocess.Popen:
        process = subprocess.Popen([project.REPROAUDIT, "scan", "--output", "json", *arguments], cwd=self.root, text=True,
                                   env={**os.environ, "REPROAUDIT_CACHE_DIR": str(self.cache)},
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def worker_of(self, process: subprocess.Popen) -> int:
        while not (children := children_of(process.pid)):
            time.sleep(0.01)
        return children[0]

    def expect_gone(self, worker: int):
        for _ in range(500):
            if not is_running(worker):
                return
            time.sleep(0.01)
        self.fail("the worker has outlived its scan")

    def test_random_moments(self):
        self.project(**{f"unit{i}": SEEDED_BY_TIME + f"int unit{i}() {{ return {i}; }}\n" for i in range(4)})
        begin = time.monotonic()
        expected = self.fresh()
        whole = time.monotonic() - begin
        chance = random.Random(7)
        for number in range(KILLS):
            if number % 10 == 0:  # Else all kills after the first few would meet a warm scan.
                self.run_command("cache", "clean", REPROAUDIT_CACHE_DIR=str(self.cache))
            process = self.start()
            time.sleep(chance.uniform(0, whole))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        self.assertEqual(self.scan_cached()[0], expected)
        self.expect_cached(4)

    def endless(self):
        self.project("-fconstexpr-steps=4294967295", endless=ENDLESS, good=SEEDED_BY_TIME)

    def test_worker_killed(self):
        self.endless()
        process = self.start("-j", "1")
        os.kill(self.worker_of(process), signal.SIGKILL)
        report, log = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3)
        self.assertIn("endless.cpp: is not analysed: its parser crashed (Killed)", log)
        self.assertIn("good.cpp", report)

    def test_scan_killed_leaves_no_worker(self):
        self.endless()
        process = self.start("-j", "1")
        worker = self.worker_of(process)
        process.kill()
        self.expect_gone(worker)

    def test_scan_interrupted(self):
        self.endless()
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                process = self.start("-j", "1")
                worker = self.worker_of(process)
                process.send_signal(number)
                _, log = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 130)
                self.assertIn("interrupted", log)
                self.expect_gone(worker)


if __name__ == "__main__":
    unittest.main()
