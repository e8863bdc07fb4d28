# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Applies every fix that the rules offer for a file, then compiles the result and looks again."""
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path


def tidy(command: list[str], source: Path, *options: str) -> list[str]:
    """The findings of our rules in `source`, one line each."""
    line = [*command, "--quiet", "--checks=-*,repro-*", "--config={}", *options, str(source), "--", "-std=c++17"]
    output = subprocess.run(line, capture_output=True, text=True).stdout
    return [text for text in output.splitlines() if text.endswith("]") and "[repro-" in text]


def main() -> int:
    parser = ArgumentParser(description="applies the fixes for one file")
    parser.add_argument("--compiler", required=True)
    parser.add_argument("source", type=Path)
    parser.add_argument("command", nargs="+", help="the analysis, after `--`")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(args.source, folder))
        found = tidy(args.command, copy, "--fix")
        compiled = subprocess.run([args.compiler, "-std=c++17", "-fsyntax-only", str(copy)], capture_output=True, text=True)
        left = tidy(args.command, copy)
        if found and compiled.returncode == 0 and not left:
            return 0
        print(f"{len(found)} findings before", compiled.stderr, *left, copy.read_text(), sep="\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
