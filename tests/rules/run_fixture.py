# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a fixture yields exactly the findings that its comments expect.

    sum += x;  // expect: rule-name ["part of the message"]
    sum += y;  // gap: rule-name       should be reported, but is not yet

A marker on a line of its own speaks about the next line. Every finding needs a
marker and every marker a finding, so silence is tested too. A gap that is
reported after all fails as well: turn it into an `expect`.

    // flags: -fopenmp     more compiler flags for this fixture
    // only: plain         the variants of headers that it runs with
"""
import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import NamedTuple

import analyse

# Project files have other comments: `#` of CMake and Python, `--` of SQL and Lua, `<!--` of XML.
MARKER = re.compile(r'^(?P<code>.*?)(?://|#|--|<!--) (?P<kind>expect|gap): (?P<rule>[\w-]+)(?: "(?P<text>[^"]*)")?(?:\s*-->)?\s*$')
HEADER = re.compile(r"^// (?P<key>flags|only): (?P<words>.*)$", re.M)


class Marker(NamedTuple):
    line: int
    rule: str
    text: str


def markers(source: Path, kind: str) -> list[Marker]:
    found = []
    for number, line in enumerate(source.read_text().splitlines(), start=1):
        if (m := MARKER.match(line)) and m["kind"] == kind:
            on_its_own = not m["code"].strip()
            found.append(Marker(number + on_its_own, m["rule"], m["text"] or ""))
    return found


def header(source: Path, key: str) -> list[str]:
    return [word for m in HEADER.finditer(source.read_text()) if m["key"] == key for word in m["words"].split()]


def kebab(name: str) -> str:
    return "repro" + re.sub(r"[A-Z]", lambda m: "-" + m[0].lower(), name)


def problems(source: Path, found: list[analyse.Finding]) -> list[str]:
    missing = markers(source, "expect")
    gaps = {(gap.line, gap.rule) for gap in markers(source, "gap")}
    surprising = []
    for finding in found:
        match = next((m for m in missing if (m.line, m.rule) == (finding.line, finding.rule)
                      and m.text in finding.text), None)
        missing.remove(match) if match else surprising.append(finding)
    return [f"{source}:{m.line}: expected {m.rule} {m.text!r}, but it was not reported" for m in missing] + [
        f"{source}:{f.line}: {'closed gap' if (f.line, f.rule) in gaps else 'unexpected'} {f.rule}: {f.text}"
        for f in surprising]


def check_folder(dev: str, folder: Path) -> list[str]:
    found = analyse.run_project(dev, kebab(folder.name), folder)
    return [problem for path in sorted(folder.rglob("*")) if path.is_file()
            for problem in problems(path, [f for f in found if f.file == path.relative_to(folder).as_posix()])]


def check_source(command: list[str], source: Path, headers: str) -> list[str]:
    if headers not in (header(source, "only") or [headers]):
        return []
    found = analyse.run(command, source, headers, header(source, "flags"))
    return problems(source, [f for f in found if f.file == source.name]) + [
        f"{f.file}:{f.line}: found outside the fixture: {f.rule}" for f in found if f.file != source.name]


def main() -> int:
    parser = ArgumentParser(description="checks the fixture of one rule")
    parser.add_argument("--headers", choices=analyse.HEADERS, default="plain")
    parser.add_argument("--dev", help="the program reproaudit-dev")
    parser.add_argument("fixture", type=Path, help="fixtures/rules/family/Name, without a suffix")
    parser.add_argument("command", nargs="+", help="the analysis, after `--`")
    args = parser.parse_args()

    sources = [path for suffix in (".cpp", ".cu") if (path := args.fixture.with_suffix(suffix)).exists()]
    failures = [failure for source in sources for failure in check_source(args.command, source, args.headers)]
    if args.fixture.is_dir():
        failures += check_folder(args.dev, args.fixture)
    elif not sources:
        failures.append(f"{args.fixture}.cpp is missing")
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
