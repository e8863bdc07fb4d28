#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What `rerun` costs: the preload library in a program that trains on the CPU,
a trace that nobody listens to, and a whole audit.

  rerun.py REPROAUDIT [--pairs N] [--compiler CXX]

Alone and pinned runs take turns, and the ratio of each pair of CPU times is
taken, so that what else the machine does hits both. Printed are the medians.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

SOURCES = Path(__file__).parent
INCLUDE = SOURCES.parents[1] / "include"


def build(compiler: str, folder: Path) -> Path:
    program = folder / "training"
    subprocess.run([compiler, "-std=c++17", "-O2", f"-I{INCLUDE}", SOURCES / "training.cpp", "-o", program], check=True)
    return program


def cpu_seconds(command: list, **environment: str) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0
    return usage.ru_utime + usage.ru_stime


def pinned_environment(reproaudit: Path, folder: Path) -> dict[str, str]:
    config = folder / "config"
    config.write_text(f"log {folder}/log\nprocessors {os.cpu_count()}\npinned 1\n")
    library = reproaudit.parents[1] / "lib/libreproaudit_perturb.so"
    return {"LD_PRELOAD": str(library), "REPROAUDIT_PERTURB": str(config), "LD_BIND_NOW": "1"}


def audit(reproaudit: Path, program: Path, folder: Path, epochs: int) -> tuple[float, dict]:
    start = time.monotonic()
    run = subprocess.run([reproaudit, "rerun", "--output", "json", "--", program, str(epochs)],
                         cwd=folder, stdout=subprocess.PIPE, text=True)
    return time.monotonic() - start, json.loads(run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reproaudit", type=Path)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--compiler", default="g++")
    options = parser.parse_args()
    reproaudit = options.reproaudit.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = build(options.compiler, folder)
        epochs = max(1, round(0.2 * 20 / cpu_seconds([program, "20"])))
        pinned = pinned_environment(reproaudit, folder)
        long = [program, str(5 * epochs)]
        pairs = [(cpu_seconds(long), cpu_seconds(long, **pinned)) for _ in range(options.pairs)]
        alone = statistics.median(a for a, _ in pairs)
        print(f"alone {alone:.2f} s, pinned {statistics.median(p / a for a, p in pairs):.3f} times that,"
              f" in {len(pairs)} pairs")
        wall, report = audit(reproaudit, program, folder, epochs)
        print(f"audit of {cpu_seconds([program, str(epochs)]):.2f} s: {wall:.1f} s, {report['runs']} runs,"
              f" {report['verdict']}")
        print(subprocess.run([program, "1", "trace"], capture_output=True, text=True, check=True).stdout, end="")


main()
