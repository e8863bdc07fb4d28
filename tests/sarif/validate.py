#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Judges SARIF logs: validate.py [--sources ROOT] LOG...

Four judges, because none sees everything: the official JSON schema, Microsoft's
validator with GitHub's rules, that tool's own line hashes, and `invariants`
below for what the others let pass. Prints one line per complaint; exits 1 if
there is any. The validator's exit code says nothing, so its results count.

The hashes are computed from the embedded contents of the log, or from the
files below ROOT."""
import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import jsonschema

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "node_modules/@microsoft/sarif-multitool-linux"
MULTITOOL = PACKAGE / "Sarif.Multitool"
# The rule id is the name that people type into NOLINT and --select; one
# identity is worth more than the form "CS2001".
ACCEPTED = {"SARIF2009"}
LINK = re.compile(r"(?<!\\)\]\(([^)]*)\)")
MACHINE = {"startTimeUtc", "endTimeUtc", "machine", "account", "processId", "commandLine", "workingDirectory",
           "environmentVariables", "guid", "correlationGuid", "fileName", "executableLocation"}


def walk(value, place=""):
    """Every object in the log with its place."""
    if isinstance(value, dict):
        yield place, value
        for key, child in value.items():
            yield from walk(child, f"{place}.{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from walk(child, f"{place}[{index}]")


def schema(log: dict):
    official = json.loads((PACKAGE / "sarif-2.1.0.json").read_text())
    for error in jsonschema.Draft202012Validator(official).iter_errors(log):
        yield f"schema: {error.json_path}: {error.message[:200]}"


def multitool(*arguments: str) -> str:
    done = subprocess.run([MULTITOOL, *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def validator(path: Path, folder: Path):
    output = folder / "validation.sarif"
    said = multitool("validate", str(path), "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note",
                     "-c", str(HERE / "multitool.json"), "-o", str(output), "--log", "ForceOverwrite")
    if not output.exists():
        yield f"validator: wrote nothing: {said}"
        return
    run = json.loads(output.read_text())["runs"][0]
    for result in run.get("results", []):
        if result["ruleId"] not in ACCEPTED:
            line = result["locations"][0]["physicalLocation"].get("region", {}).get("startLine")
            yield f"validator: {result['ruleId']} at line {line}: {result['message'].get('arguments')}"
    for invocation in run.get("invocations", []):
        for notice in invocation.get("toolExecutionNotifications", []):
            yield f"validator: {notice['message']['text']}"


def line_hashes(log: dict, folder: Path, sources: Path | None):
    """GitHub's line hash, as multitool computes it from the same text."""
    log = json.loads(json.dumps(log))
    root = (sources or folder / "sources").resolve()
    for run in log["runs"]:
        for artifact in run.get("artifacts", []):
            if sources is None and "contents" in artifact:
                file = root / unquote(artifact["location"]["uri"])
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(artifact["contents"]["text"].encode())
        run["originalUriBaseIds"] = {"SRCROOT": {"uri": root.as_uri() + "/"}}
    ours = [result.pop("partialFingerprints", {}) for run in log["runs"] for result in run["results"]]
    before, after = folder / "before.sarif", folder / "after.sarif"
    before.write_text(json.dumps(log))
    said = multitool("rewrite", str(before), "--output", str(after), "--insert", "RollingHashPartialFingerprints",
                     "--log", "ForceOverwrite")
    if not after.exists():
        yield f"hashes: multitool wrote nothing: {said}"
        return
    results = [result for run in json.loads(after.read_text())["runs"] for result in run["results"]]
    for index, (mine, result) in enumerate(zip(ours, results, strict=True)):
        theirs = result.get("partialFingerprints", {}).get("primaryLocationLineHash")
        if theirs and theirs != mine.get("primaryLocationLineHash"):
            yield f"hashes: results[{index}]: {mine.get('primaryLocationLineHash')}, GitHub computes {theirs}"


# -- What the other judges let pass --------------------------------------------

def bytes_of(raw: bytes):
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        yield f"not UTF-8: {error}"
    if b"\r\n" in raw or not raw.endswith(b"}\n"):
        yield "lines do not end in LF"


def locations(log: dict):
    for place, value in walk(log):
        if MACHINE & value.keys():
            yield f"{place}: {sorted(MACHINE & value.keys())} depends on the machine"
        if place.endswith("originalUriBaseIds.SRCROOT") and "uri" in value:
            yield f"{place}: the checkout directory depends on the machine"
        if place.endswith("rtifactLocation") or re.search(r"artifacts\[\d+\]\.location$", place):
            uri = value["uri"]
            if re.match(r"[a-z]+:|/", uri) or "\\" in uri or {".", "..", ""} & set(uri.split("/")):
                yield f"{place}: '{uri}' is not relative to the repository"
            if re.search(r"[^\w.~/%-]", uri, re.ASCII):
                yield f"{place}: '{uri}' is not percent-encoded"
        if place.endswith(".region") and not {"startLine", "startColumn", "endLine", "endColumn"} <= value.keys():
            yield f"{place}: a region has four numbers"


def rules(run: dict):
    descriptors = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in descriptors]
    if ids != sorted(set(ids)):
        yield "rules: not sorted, or twice the same"
    for rule in descriptors + run["tool"]["driver"].get("notifications", []):
        for key in ("shortDescription", "fullDescription"):
            text = rule[key]["text"]
            if len(text) > 1024 or not text.endswith("."):
                yield f"{rule['id']}: {key} is no sentence of up to 1024 characters"
        if not rule["help"]["text"] or not rule["helpUri"].startswith("https://"):
            yield f"{rule['id']}: has no help"
    for rule in descriptors:
        more = rule["properties"]
        if not rule["help"].get("markdown") or not rule["defaultConfiguration"]["level"]:
            yield f"{rule['id']}: lacks help in Markdown or a level"
        if not {"tags", "precision", "problem.severity", "scope", "tier"} <= more.keys() or len(more["tags"]) > 10:
            yield f"{rule['id']}: lacks a property, or has more tags than are shown"
        if "security-severity" in more:
            yield f"{rule['id']}: is not about security"


def covers(outer: dict, inner: dict) -> bool:
    begin, end = (outer["startLine"], outer.get("startColumn", 1)), (outer["endLine"], outer.get("endColumn", 1 << 30))
    first, last = (inner["startLine"], inner["startColumn"]), (inner["endLine"], inner["endColumn"])
    return begin <= first and last <= end and (begin, end) != (first, last)


def regions(result: dict, texts: dict):
    where = result["locations"][0]["physicalLocation"]
    region = where["region"]
    if region["startLine"] != region["endLine"] or region["startColumn"] >= region["endColumn"]:
        yield "the primary region is empty or longer than a line, so it is not shown"
    if "contextRegion" in where and not covers(where["contextRegion"], region):
        yield "the context is not larger than the region"
    content = texts.get(where["artifactLocation"]["uri"])
    if content is not None and "snippet" in region:
        line = content.split("\n")[region["startLine"] - 1].rstrip("\r")
        if line[region["startColumn"] - 1:region["endColumn"] - 1] != region["snippet"]["text"]:
            yield "the snippet is not the text of the region"
    for flow in result.get("codeFlows", []):
        last = flow["threadFlows"][0]["locations"][-1]["location"]["physicalLocation"]
        if last["region"] != region:
            yield "the code flow does not end at the finding"


def results(run: dict):
    found = run["results"]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    texts = {artifact["location"]["uri"]: artifact["contents"]["text"]
             for artifact in run.get("artifacts", []) if "contents" in artifact}
    for index, result in enumerate(found):
        complaints = list(regions(result, texts))
        if result["ruleId"] not in ids or ids.index(result["ruleId"]) != result.get("ruleIndex"):
            complaints.append("ruleIndex does not lead to the rule")
        links = Counter(LINK.findall(result["message"]["text"]))
        related = Counter(str(location["id"]) for location in result.get("relatedLocations", []))
        if links != related or any(count > 1 for count in related.values()):
            complaints.append(f"links {sorted(links)} do not match related locations {sorted(related)}")
        if not result["message"]["text"].endswith("."):
            complaints.append("the message is no sentence")
        if not re.fullmatch(r"[0-9a-f]+:\d+", result["partialFingerprints"].get("primaryLocationLineHash", "")):
            complaints.append("no primaryLocationLineHash")
        yield from (f"results[{index}]: {complaint}" for complaint in complaints)
    with_suppressions = sum("suppressions" in result for result in found)
    if with_suppressions not in (0, len(found)):
        yield "suppressions: on some results only"
    contexts = Counter(result["partialFingerprints"].get("reproaudit/contextHash/v1") for result in found)
    yield from (f"fingerprint {hash} on {count} results" for hash, count in contexts.items() if count > 1)

    def order(result):
        where = result["locations"][0]["physicalLocation"]
        return (unquote(where["artifactLocation"]["uri"]).encode(), where["region"]["startLine"],
                where["region"]["startColumn"])
    if found != sorted(found, key=order):
        yield "results: not sorted"


def notifications(run: dict):
    descriptors = [descriptor["id"] for descriptor in run["tool"]["driver"].get("notifications", [])]
    for invocation in run["invocations"]:
        notices = invocation["toolExecutionNotifications"]
        for notice in notices:
            reference = notice["descriptor"]
            if descriptors[reference["index"]] != reference["id"]:
                yield "a notification does not lead to its descriptor"
        if not invocation["executionSuccessful"] and not any(n["level"] == "error" for n in notices):
            yield "the run failed and does not say why"


def invariants(raw: bytes):
    yield from bytes_of(raw)
    log = json.loads(raw)
    yield from locations(log)
    for run in log["runs"]:
        if len(run["results"]) > 25000:
            yield "more results than GitHub takes"
        for check in (rules, results, notifications):
            yield from check(run)


def complaints(path: Path, sources: Path | None = None):
    raw = path.read_bytes()
    log = json.loads(raw)
    wrong_shape = list(schema(log))
    yield from wrong_shape
    if wrong_shape:
        return
    yield from invariants(raw)
    with tempfile.TemporaryDirectory() as folder:
        yield from validator(path, Path(folder))
        yield from line_hashes(log, Path(folder), sources)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, metavar="ROOT")
    parser.add_argument("--accept", action="append", default=[], metavar="RULE", help="of the validator")
    parser.add_argument("logs", nargs="+", type=Path, metavar="LOG")
    arguments = parser.parse_args()
    ACCEPTED.update(arguments.accept)
    if not MULTITOOL.exists():
        print(f"the validator is missing; run `npm ci --prefix {HERE}`", file=sys.stderr)
        return 2
    failed = False
    for log in arguments.logs:
        found = list(complaints(log, arguments.sources))
        failed |= bool(found)
        print("\n".join([f"{log}: {complaint}" for complaint in found] or [f"{log}: good"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
