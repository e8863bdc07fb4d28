# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the rules on one source file and returns what they find."""
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

STUBS = Path(__file__).parents[2] / "fixtures" / "stubs"
CUDA = Path("/usr/local/cuda")

# Our stand-ins for third-party libraries are there in every variant.
LIBRARIES = ["-isystem", f"{STUBS}/libs"]
HEADERS = {
    "plain": [],
    "libcxx": ["-stdlib=libc++"],
    "cuda": [f"--cuda-path={CUDA}", f"-I{CUDA}/include/cccl", "-Wno-unknown-cuda-version"],
}
# CUDA compilers include the runtime's header before anything else.
NO_TOOLKIT = ["-nocudainc", "-isystem", f"{STUBS}/cuda", "-include", "cuda_runtime.h"]

LINE = re.compile(r"^(?P<file>.+?):(?P<line>\d+):\d+: (?P<level>warning|error|remark): (?P<text>.*) \[(?P<rule>[\w.,-]+)\]$")


class Finding(NamedTuple):
    file: str
    line: int
    rule: str
    text: str


def passes(source: Path, headers: str) -> list[list[str]]:
    """The flags of each compilation of `source`: CUDA has two, one for each side."""
    flags = ["-std=c++20", *LIBRARIES, *HEADERS[headers]]
    if source.suffix != ".cu":
        return [flags]
    if headers == "plain":
        flags += NO_TOOLKIT
    flags += ["-xcuda", "-nocudalib", "-Xclang", "-target-sdk-version=12.9"]
    return [[f"--cuda-{side}-only", *flags] for side in ("host", "device")]


def run_project(dev: str, rule: str, folder: Path) -> list[Finding]:
    """The findings of a project rule; `file` is relative to `folder`."""
    result = subprocess.run([dev, "check", rule, str(folder)], capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(result.stderr)
    return sorted(Finding(m["file"], int(m["line"]), m["rule"], m["text"])
                  for m in map(LINE.match, result.stdout.splitlines()) if m)


def run(command: list[str], source: Path, headers: str = "plain", extra: list[str] = []) -> list[Finding]:
    """Every finding once, by place; a file that does not compile ends the test."""
    found = set()
    for flags in passes(source, headers):
        line = [*command, "--quiet", "--checks=-*,repro-*", "--config={}", str(source), "--", *flags, *extra]
        result = subprocess.run(line, capture_output=True, text=True)
        matches = [m for m in map(LINE.match, result.stdout.splitlines()) if m]
        broken = any(m["rule"].startswith("clang-diagnostic-error") for m in matches)
        if broken or (result.returncode and not matches):
            raise SystemExit(f"{' '.join(line)}\n{result.stdout}{result.stderr}")
        found |= {Finding(Path(m["file"]).name, int(m["line"]), m["rule"], m["text"])
                  for m in matches if m["rule"].startswith("repro-")}
    return sorted(found)
