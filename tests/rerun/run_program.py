# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Audits a program of fixtures/programs and compares with what its source says:

    // factor: NAME        on a line of its own: this factor must differ
    // also: NAME          this one may differ too
    // clean               no factor may differ
    ...;  // site: NAME    a cause with this factor must name this line
    // store: NAME        a cause with this factor must name the store that
                          differs first, and it is marked
    ...;  // here: store
    ...;  // cleared: NAME a call site here must have been tested and cleared
    // at most N runs      that is what the audit may take
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def markers(source: Path, word: str) -> set[tuple[str, int]]:
    return {(m[1], number) for number, line in enumerate(source.read_text().splitlines(), 1)
            if (m := re.search(rf"// {word}: ([a-z-]+)", line))}


def places(entries) -> set[tuple[str, int]]:
    return {(e["factor"], e["site"]["line"]) for e in entries if e["site"]}


def stores(report, factor: str):
    for cause in report["causes"]:
        divergence = cause["first_divergence"]
        if cause["factor"] == factor and divergence:
            assert divergence["runs"] <= 12, f"{divergence['runs']} runs to find a store"
            yield from (s["line"] for s in (divergence["store_a"], divergence["store_b"]) if s)


def audit(reproaudit: str, program: str, options: list[str]) -> dict:
    with tempfile.TemporaryDirectory() as directory:
        run = subprocess.run([reproaudit, "rerun", *options, "--output", "json", "--", program],
                             cwd=directory, capture_output=True, text=True)
        left = [p.name for p in Path(directory).iterdir()]
    if run.returncode not in (0, 1):
        sys.exit(f"exit code {run.returncode}\n{run.stdout}\n{run.stderr}")
    report = json.loads(run.stdout)
    assert run.returncode == report["exit_code"], "exit code and report disagree"
    assert not left, f"the audit left {left} behind"
    return report


def problems(source: Path, report: dict):
    expected = {name for name, _ in markers(source, "factor")}
    allowed = expected | {name for name, _ in markers(source, "also")}
    differing = {f["name"] for f in report["factors"] if f["state"] == "differs"}
    for name in sorted(expected - differing):
        yield f"{name} does not differ"
    for name in sorted(differing - allowed):
        yield f"{name} differs"
    for name, _ in sorted(markers(source, "store")):
        lines = {line for _, line in markers(source, "here")}
        if not lines & set(stores(report, name)):
            yield f"no store of line {lines} is named for {name}"
    most = re.search(r"// at most (\d+) runs", source.read_text())
    if most and report["runs"] > int(most[1]):
        yield f"{report['runs']} runs, where {most[1]} must do"
    caused, cleared = places(report["causes"]), places(report["cleared"])
    for name, line in sorted(markers(source, "site") - caused):
        yield f"line {line} is not named as a cause of {name}"
    for name, line in sorted(markers(source, "cleared") - cleared):
        yield f"line {line} is not cleared of {name}"
    for name, line in sorted(markers(source, "cleared") & caused):
        yield f"line {line} is blamed for {name}"


def main():
    reproaudit, program, source, *options = sys.argv[1:]
    report = audit(reproaudit, program, options)
    found = list(problems(Path(source), report))
    if found:
        sys.exit("\n".join(found) + "\n" + json.dumps(report, indent=1))


main()
