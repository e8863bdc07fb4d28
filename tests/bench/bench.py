#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How fast a scan is, beside tools that read the same units.

  bench.py PROJECT [-p BUILD] [-j N] [--pairs N] [--with TOOL,...]
  bench.py --generate UNITS FOLDER     a project of that many units, for growth

Each tool runs in turn with `clang -fsyntax-only`, and the ratio of each pair is
taken, so that what else the machine does hits both. Printed are the medians:
wall and CPU seconds, their ratios, and the peak memory of one process. `edited`
adds a line to one source of PROJECT and takes it away again.
"""
import argparse
import json
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPROAUDIT = os.environ.get("REPROAUDIT", "reproaudit")
NEAREST_CHECKS = "-*,bugprone-nondeterministic-pointer-iteration-order,cert-msc50-cpp,cert-msc51-cpp,concurrency-mt-unsafe"
SOURCE = re.compile(r"\.(c|cc|cpp|cxx)$")
SOURCE_FAMILIES = "rng,order,parallel,gpu,fp,env,mem"


class Usage:
    """What processes used: wall, CPU seconds, and megabytes of the largest."""

    def __init__(self):
        self.wall = self.cpu = self.peak = 0.0

    def run(self, command: list[str], cwd: str | Path = ".", **environment: str) -> int:
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)  # With those of its children that ended.
        process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu += usage.ru_utime + usage.ru_stime
        self.peak = max(self.peak, usage.ru_maxrss / 1024)
        return process.returncode


def syntax_only(entry: dict) -> list[str]:
    arguments = entry.get("arguments") or shlex.split(entry["command"])
    kept, words = [], iter(arguments[1:])
    for word in words:
        if word in ("-o", "-MF", "-MT", "-MQ"):
            next(words, None)
        elif word not in ("-c", "-MD", "-MMD", "-MP"):
            kept.append(word)
    compiler = "clang++-22" if arguments[0].endswith("++") else "clang-22"
    return [compiler, "-fsyntax-only", "-w", *kept]


class Bench:
    def __init__(self, project: Path, build: Path, jobs: int):
        self.project, self.build, self.jobs = project, build, jobs
        entries = json.loads((build / "compile_commands.json").read_text())
        self.units = [entry for entry in entries if SOURCE.search(entry["file"])]
        self.cache = tempfile.mkdtemp()
        source = max((Path(e["directory"], e["file"]) for e in self.units), key=lambda path: path.stat().st_size)
        self.edited = source.resolve()

    def each(self, usage: Usage, command):
        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(lambda entry: usage.run(command(entry), entry["directory"]), self.units))

    def scan(self, usage: Usage, *arguments: str):
        code = usage.run([REPROAUDIT, "scan", str(self.project), "-p", str(self.build), "-j", str(self.jobs), "--quiet",
                          "--select", SOURCE_FAMILIES, *arguments], REPROAUDIT_CACHE_DIR=self.cache)
        if code not in (0, 1, 3):  # Findings, or units that do not parse, are no failure here.
            raise SystemExit(f"the scan failed with exit code {code}")

    def syntax(self, usage: Usage):
        self.each(usage, syntax_only)

    def cold(self, usage: Usage):
        self.scan(usage, "--no-cache")

    def plain(self, usage: Usage):
        self.scan(usage, "--no-cache", "--engine", "plain")

    def warm(self, usage: Usage):
        self.scan(usage)

    def edited_one(self, usage: Usage):
        before = self.edited.read_bytes()
        try:
            self.edited.write_bytes(before + b"\n// %d\n" % time.monotonic_ns())
            self.scan(usage)
        finally:
            self.edited.write_bytes(before)

    def clang_tidy(self, usage: Usage):
        self.each(usage, lambda entry: ["clang-tidy-22", f"--checks={NEAREST_CHECKS}", "--quiet", "-p", str(self.build), entry["file"]])

    def run_clang_tidy(self, usage: Usage):
        usage.run(["run-clang-tidy-22", f"-checks={NEAREST_CHECKS}", "-quiet", "-p", str(self.build), "-j", str(self.jobs)], self.build)

    TOOLS = {"cold": cold, "plain": plain, "warm": warm, "edited": edited_one, "clang-tidy": clang_tidy, "run-clang-tidy": run_clang_tidy}

    def measure(self, tool) -> Usage:
        usage, begin = Usage(), time.monotonic()
        tool(self, usage)
        usage.wall = time.monotonic() - begin
        return usage

    def compare(self, name: str, pairs: int):
        if name in ("warm", "edited"):
            self.measure(Bench.warm)  # Fills the cache.
        runs = [(self.measure(self.TOOLS[name]), self.measure(Bench.syntax)) for _ in range(pairs)]
        median = statistics.median
        print(f"{name:15} {median(t.wall for t, _ in runs):8.2f} {median(t.cpu for t, _ in runs):8.2f} "
              f"{median(t.wall / s.wall for t, s in runs):10.3f} {median(t.cpu / s.cpu for t, s in runs):10.3f} "
              f"{max(t.peak for t, _ in runs):8.0f}", flush=True)


def generate(units: int, folder: Path):
    """Every unit includes some of a few headers and has one loop to judge."""
    folder.mkdir(parents=True)
    for number in range(20):
        (folder / f"layer{number}.h").write_text(
            "#pragma once\n#include <map>\n#include <string>\n#include <unordered_map>\n#include <vector>\n"
            f"struct Layer{number} {{ std::unordered_map<std::string, float> weights; float sum() const; }};\n")
    commands = []
    for number in range(units):
        layer = number % 20
        (folder / f"unit{number}.cpp").write_text(
            f'#include "layer{layer}.h"\n#include <algorithm>\nfloat sum{number}(const Layer{layer} &layer) {{\n  float sum = 0;\n'
            "  for (const auto &[name, weight] : layer.weights)\n    sum += weight;\n  return sum;\n}\n")
        commands.append({"directory": str(folder), "file": f"unit{number}.cpp", "arguments": ["c++", "-std=c++17", "-c", f"unit{number}.cpp"]})
    (folder / "compile_commands.json").write_text(json.dumps(commands))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("-p", dest="build", type=Path)
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count())
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--with", dest="tools", default=",".join(Bench.TOOLS))
    parser.add_argument("--generate", type=int)
    arguments = parser.parse_args()
    project = arguments.project.resolve()
    if arguments.generate:
        generate(arguments.generate, project)
        return 0
    build = arguments.build or next((folder for folder in (project, project / "build") if (folder / "compile_commands.json").exists()), None)
    if build is None:
        return print("no compile_commands.json: name its folder with -p", file=sys.stderr) or 2
    bench = Bench(project, build.resolve(), arguments.jobs)
    print(f"{len(bench.units)} units, {arguments.jobs} processes, medians of {arguments.pairs} pairs with clang -fsyntax-only\n"
          f"{'':15} {'wall s':>8} {'CPU s':>8} {'wall ratio':>10} {'CPU ratio':>10} {'peak MB':>8}")
    try:
        for name in arguments.tools.split(","):
            bench.compare(name, arguments.pairs)
    finally:
        shutil.rmtree(bench.cache)
    return 0


if __name__ == "__main__":
    sys.exit(main())
