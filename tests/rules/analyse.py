# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs `reproaudit scan` on a copy of some files and returns what it finds."""
import json
import subprocess
from pathlib import Path
from typing import NamedTuple

STUBS = Path(__file__).parents[2] / "fixtures" / "stubs"
SOURCE_FAMILIES = ["rng", "order", "parallel", "gpu", "fp", "env", "mem"]

# CUDA compilers include the runtime's header before anything else.
NO_TOOLKIT = ["-nocudainc", "-isystem", f"{STUBS}/cuda", "-include", "cuda_runtime.h"]


class Finding(NamedTuple):
    file: str
    line: int
    rule: str
    text: str
    cure: str


def compiler_flags(source: Path, headers: str = "plain") -> list[str]:
    """`headers`: plain (libstdc++, stubs of CUDA), libcxx, or cuda (the toolkit)."""
    if source.suffix == ".c":
        return ["-std=gnu17"]
    flags = ["-std=c++20", "-isystem", f"{STUBS}/libs"]
    if headers == "libcxx":
        flags.append("-stdlib=libc++")
    if source.suffix == ".cu" and headers != "cuda":
        flags += NO_TOOLKIT
    return flags


def scan(reproaudit: str, folder: Path, rules: list[str], units: dict[Path, list[str]] = {}) -> list[Finding]:
    """The findings of `rules` (names or families) in `folder` that no comment suppresses, sorted by place.
    `units` are the sources to compile, with their flags."""
    if units:
        (folder / "compile_commands.json").write_text(json.dumps([
            {"directory": str(folder), "file": str(source), "arguments": ["clang-22" if source.suffix == ".c" else "clang++-22", *flags, "-c", str(source)]}
            for source, flags in units.items()]))
    command = [reproaudit, "scan", str(folder), "-p", str(folder), "--select", ",".join(rules),
               "--output", "json", "--no-cache", "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}\nexit code {result.returncode}\n{result.stderr}")
    return [Finding(f["at"]["path"], f["at"]["line"], f["rule"], f["message"], (f.get("cure") or {}).get("text", ""))
            for f in json.loads(result.stdout)["findings"] if not f["suppression"]]
