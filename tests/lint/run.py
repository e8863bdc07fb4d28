# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs clang-tidy with our .clang-tidy over our own sources, every warning an
error. A file that passed is not read again until something it includes changes."""
import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

CLANG_TIDY = "clang-tidy-22"
OURS = ("checks", "include", "tests", "tools")


@cache
def digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def dependencies(build: Path) -> dict[str, list[str]]:
    """What each source was made from, as ninja recorded it; the source comes first."""
    listing = subprocess.run(["ninja", "-C", build, "-t", "deps"], check=True, capture_output=True, text=True).stdout
    blocks = re.split(r"\n(?=\S)", listing)
    paths = ([str((build / line.strip()).resolve()) for line in block.splitlines()[1:] if line.strip()]
             for block in blocks)
    return {made_from[0]: made_from for made_from in paths if made_from}


def configurations(source: str) -> list[str]:
    """The .clang-tidy files that decide about a source."""
    return [str(folder / ".clang-tidy") for folder in Path(source).parents if (folder / ".clang-tidy").exists()]


def main(root: Path, build: Path) -> int:
    sources = sorted({entry["file"] for entry in json.loads((build / "compile_commands.json").read_text())
                      if Path(entry["file"]).relative_to(root).parts[0] in OURS})
    made_from = dependencies(build)
    passed = build / "lint"
    passed.mkdir(exist_ok=True)

    def lint(source: str) -> str:
        """What is wrong with one source, or nothing."""
        texts = map(digest, configurations(source) + made_from.get(source, [source]))
        stamp = passed / hashlib.sha256("".join(texts).encode()).hexdigest()
        if stamp.exists():
            return ""
        result = subprocess.run([CLANG_TIDY, "--quiet", "-p", build, source], capture_output=True, text=True)
        if result.returncode == 0:
            stamp.touch()
            return ""
        return result.stdout.replace(f"{root}/", "") or result.stderr

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [problem for problem in pool.map(lint, sources) if problem]
    print("\n".join(problems))
    print(f"{len(sources)} sources, {len(problems)} with problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
