# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Does `scan --diff-base` say what two full scans say? diff_history.py REPROAUDIT
REPOSITORY BASE HEAD [SOURCE_FOLDER]: takes the commits as a pull request from BASE
to HEAD of a project that CMake configures, in a clone in the temporary folder;
scans both in full and HEAD against BASE, and compares. A finding is new if HEAD
has more of its kind than BASE: same rule, message and line of source, whatever its
place. The rest it prints for a person: what moved, was edited around, or is wrong."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path


def run(*command: str | Path, **options) -> str:
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


class History:
    def __init__(self, program: str, repository: str, folder: Path, sources: str):
        self.program = str(Path(program).resolve())
        self.root = folder / "project"
        self.sources = self.root / sources
        self.build = folder / "build"
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        run("git", "clone", "-q", "--shared", "--no-checkout", repository, self.root)

    def check_out(self, commit: str):
        run("git", "-C", self.root, "checkout", "-q", "--detach", commit)
        run("cmake", "-S", self.sources, "-B", self.build, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
            "-DCMAKE_POLICY_VERSION_MINIMUM=3.5", "-DCMAKE_CXX_COMPILER=clang++-22", "-DCMAKE_C_COMPILER=clang-22")

    def scan(self, *arguments: str) -> tuple[Counter, float]:
        """The findings by kind, and the seconds it took."""
        start = time.monotonic()
        result = subprocess.run([self.program, "scan", "-p", self.build, "-j1", "--output", "json", *arguments],
                                cwd=self.root, env=self.environment, text=True, capture_output=True)
        if result.returncode not in (0, 1, 3):
            raise SystemExit(result.stderr)
        findings = [f for f in json.loads(result.stdout)["findings"] if not f["suppression"]]
        return Counter(map(self.kind, findings)), time.monotonic() - start

    def kind(self, finding: dict) -> tuple[str, str, str]:
        lines = (self.root / finding["at"]["path"]).read_text(errors="replace").splitlines()
        line = lines[finding["at"]["line"] - 1] if 0 < finding["at"]["line"] <= len(lines) else ""
        # Messages may name another line.
        return finding["rule"], re.sub(r"\d+", "N", finding["message"]), "".join(line.split())


def main(program: str, repository: str, base: str, head: str, sources: str = ".") -> int:
    with tempfile.TemporaryDirectory() as folder:
        history = History(program, repository, Path(folder), sources)
        history.check_out(base)
        before, _ = history.scan()
        history.check_out(head)
        after, full = history.scan()
        new, warm = history.scan("--diff-base", base)
    expected = after - before
    lost, extra = expected - new, new - expected
    print(f"{base[:9]} {head[:9]}: {before.total()} before, {after.total()} after ({full:.0f} s), {expected.total()} new; "
          f"reported {new.total()} ({warm:.0f} s), lost {lost.total()}, beyond {extra.total()}")
    for title, findings in (("lost", lost), ("beyond", extra)):
        for rule, message, line in sorted(findings):
            print(f"  {title}: {rule}: {message}\n    {line}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
