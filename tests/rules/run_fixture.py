# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a fixture yields exactly the findings that its comments expect.

    sum += x;  // expect: rule-name ["part of the message"]
    sum += y;  // gap: rule-name       should be reported, but is not yet

A fixture is one source or several: `Name.c`, `Name.cpp`, `Name.cu`.

A marker on a line of its own speaks about the next line. Every finding needs a
marker and every marker a finding, so silence is tested too. A gap that is
reported after all fails as well: turn it into an `expect`.

`Name.programs/<case>/*.cpp` are the units of a program, for what only all of
them together can tell.

    // flags: -fopenmp     more compiler flags for this fixture
    // only: plain         the kinds of headers that it runs with
    // needs: gsl/gsl.h    what must exist in /usr/include (fixtures/libraries)

The fixture of a project rule is a folder; its files have markers in comments of
their own kind.
"""
import re
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import NamedTuple

from analyse import SOURCE_FAMILIES, Finding, compiler_flags, scan

MARKER = re.compile(r'^(?P<code>.*?)(?://|#|--|<!--) (?P<kind>expect|gap): (?P<rule>[\w-]+)(?: "(?P<text>[^"]*)")?(?:\s*-->)?\s*$')
HEADER = re.compile(r"^// (?P<key>flags|only): (?P<words>.*)$", re.M)


class Marker(NamedTuple):
    file: str
    line: int
    rule: str
    text: str


def markers(folder: Path, kind: str) -> list[Marker]:
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if (m := MARKER.match(line)) and m["kind"] == kind:
                on_its_own = not m["code"].strip()
                found.append(Marker(path.relative_to(folder).as_posix(), number + on_its_own, m["rule"], m["text"] or ""))
    return found


def header(source: Path, key: str) -> list[str]:
    return [word for m in HEADER.finditer(source.read_text()) if m["key"] == key for word in m["words"].split()]


def kebab(name: str) -> str:
    return "repro" + re.sub(r"[A-Z]", lambda m: "-" + m[0].lower(), name)


def mismatches(folder: Path, found: list[Finding]):
    missing = markers(folder, "expect")
    gaps = {gap[:3] for gap in markers(folder, "gap")}
    for finding in found:
        match = next((m for m in missing if m[:3] == finding[:3] and m.text in finding.text), None)
        if match:
            missing.remove(match)
        else:
            kind = "closed gap" if finding[:3] in gaps else "unexpected"
            yield f"{finding.file}:{finding.line}: {kind} {finding.rule}: {finding.text}"
    for marker in missing:
        yield f"{marker.file}:{marker.line}: expected {marker.rule} {marker.text!r}, but it was not reported"


def bad_manners(finding: Finding):
    for text in (finding.text, finding.cure):
        if not text or text.endswith(".") or re.match(r"[A-Z][a-z]", text):
            yield f"{finding.file}:{finding.line}: not lower-case without a full stop: {text!r}"


def problems_of(reproaudit: str, rules: list[str], *originals: Path, headers: str | None = None) -> list[str]:
    """What is wrong with the findings in a copy of `originals`: with `headers`, sources that are scanned together."""
    with tempfile.TemporaryDirectory() as copy:
        folder = Path(copy).resolve()
        if headers is None:
            shutil.copytree(originals[0], folder, dirs_exist_ok=True)
            found = scan(reproaudit, folder, rules)
        else:
            units = {}
            for original in originals:
                source = Path(shutil.copy(original, folder))
                if source.suffix != ".h" and headers in (header(original, "only") or [headers]):
                    # The fixture's standard wins, and its headers over the stubs.
                    standard, *rest = compiler_flags(source, headers)
                    units[source] = [standard, *header(source, "flags"), *rest]
            if not units:
                return []
            found = scan(reproaudit, folder, [*SOURCE_FAMILIES, *rules], units)
            (folder / "compile_commands.json").unlink()
        return [*mismatches(folder, found), *(problem for finding in found for problem in bad_manners(finding))]


def main() -> int:
    parser = ArgumentParser(description="checks the fixture of one rule")
    parser.add_argument("--headers", choices=["plain", "libcxx", "cuda"], default="plain")
    parser.add_argument("reproaudit")
    parser.add_argument("fixture", type=Path, help="fixtures/rules/family/Name, without a suffix")
    args = parser.parse_args()

    # What stands in fixtures/libraries is about all rules.
    rules = [] if args.fixture.parent.name == "libraries" else [kebab(args.fixture.name)]
    if args.fixture.is_dir():
        problems = problems_of(args.reproaudit, rules, args.fixture)
    else:
        sources = [args.fixture.with_suffix(suffix) for suffix in (".c", ".cpp", ".cu")]
        problems = problems_of(args.reproaudit, rules, *filter(Path.exists, sources), headers=args.headers)
        for program in sorted(args.fixture.with_suffix(".programs").glob("*/")):
            problems += problems_of(args.reproaudit, rules, *sorted(program.iterdir()), headers=args.headers)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
