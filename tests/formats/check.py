# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The machine formats are what their readers expect, and the published schemas
say what is written: check.py GOLDEN_FOLDER SCHEMA_FOLDER."""
import copy
import json
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path
from urllib.parse import unquote

import jsonschema

SEVERITIES = {"gitlab": {"info", "minor", "major", "critical", "blocker"}, "rdjson": {"INFO", "WARNING", "ERROR"}}


def spoilt_reports(report: dict):
    """The report with one thing wrong, each time another one."""
    for key in report:
        spoilt = copy.deepcopy(report)
        del spoilt[key]
        yield f"without {key}", spoilt
    for change in ({"surprise": 1}, {"schema_version": 2}, {"units": -1}):
        yield f"with {change}", report | change
    spoilt = copy.deepcopy(report)
    spoilt["findings"][0]["level"] = "fatal"
    yield "with a wrong level", spoilt


def schemas(golden: Path, folder: Path):
    schema = json.loads((folder / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    report = json.loads((golden / "full.json").read_text())
    yield from (f"json: {error.json_path}: {error.message}" for error in validator.iter_errors(report))
    yield from (f"json: {what} passes the schema" for what, spoilt in spoilt_reports(report) if validator.is_valid(spoilt))
    lines = [json.loads(line) for line in (golden / "full.jsonl").read_text().splitlines()]
    if lines != report["findings"]:
        yield "jsonl: not the findings of json"

    schema = json.loads((folder / "baseline.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for number, line in enumerate((golden / "baseline.jsonl").read_text().splitlines(), 1):
        yield from (f"baseline: line {number}: {error.message}" for error in validator.iter_errors(json.loads(line)))


def gitlab(golden: Path):
    issues = json.loads((golden / "gitlab.json").read_text())
    if len({issue["fingerprint"] for issue in issues}) != len(issues):
        yield "gitlab: a fingerprint twice"
    for issue in issues:
        location = issue["location"]
        if not issue["description"] or not issue["check_name"] or issue["severity"] not in SEVERITIES["gitlab"]:
            yield f"gitlab: {issue}"
        if location["path"].startswith(("/", "./")) or location["lines"]["begin"] < 1:
            yield f"gitlab: {location}"


def rdjson(golden: Path, sources: dict):
    log = json.loads((golden / "rdjson.json").read_text())
    for diagnostic in log["diagnostics"]:
        if not diagnostic["message"] or diagnostic["severity"] not in SEVERITIES["rdjson"]:
            yield f"rdjson: {diagnostic}"
        begin = diagnostic["location"]["range"]["start"]
        text = sources.get(diagnostic["location"]["path"])
        # Columns are bytes: what stands there is what the code points say.
        if text and "clock" in diagnostic["message"]:
            line = text.split(b"\n")[begin["line"] - 1]
            if not line[begin["column"] - 1:].startswith(b"time(nullptr)"):
                yield f"rdjson: {begin} is not the place"


def junit(golden: Path):
    root = xml.parse(golden / "junit.xml").getroot()
    suite = root.find("testsuite")
    for element in (root, suite):
        counted = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error"}
        for name, what in counted.items():
            if int(element.get(name)) != len(suite.findall(what)):
                yield f"junit: {name} is not the number of {what}"


def github(golden: Path):
    for line in (golden / "github.txt").read_text().splitlines():
        if not re.fullmatch(r"::(error|warning|notice) [a-zA-Z]+=[^:,]*(,[a-zA-Z]+=[^:,]*)*::.+", line):
            yield f"github: {line}"


def main() -> int:
    golden, schema_folder = map(Path, sys.argv[1:])
    log = json.loads((golden.parents[2] / "sarif/golden/full.sarif").read_text())
    sources = {unquote(artifact["location"]["uri"]): artifact["contents"]["text"].encode()
               for artifact in log["runs"][0]["artifacts"] if "contents" in artifact}
    problems = [*schemas(golden, schema_folder), *gitlab(golden), *rdjson(golden, sources), *junit(golden),
                *github(golden)]
    print("\n".join(problems) or "good")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
