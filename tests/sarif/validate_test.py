# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A judge that never complains is worthless: every spoilt log must be found."""
import copy
import json
import sys
import tempfile
from pathlib import Path

import validate

GOLDEN = json.loads((validate.HERE / "golden/full.sarif").read_text())


def spoil(change) -> bytes:
    log = copy.deepcopy(GOLDEN)
    run = log["runs"][0]
    change(run, next(result for result in run["results"] if "codeFlows" in result))
    return (json.dumps(log, ensure_ascii=False) + "\n").encode()


def where(result):
    return result["locations"][0]["physicalLocation"]


SPOILT = {
    "schema": lambda run, result: result.update(level="info"),
    "not relative": lambda run, result: where(result)["artifactLocation"].update(uri="/home/me/a.cpp"),
    "percent-encoded": lambda run, result: where(result)["artifactLocation"].update(uri="a b.cpp"),
    "depends on the machine": lambda run, result: run["invocations"][0].update(machine="build-7"),
    "checkout directory": lambda run, result: run["originalUriBaseIds"]["SRCROOT"].update(uri="file:///src/"),
    "rules: not sorted": lambda run, result: run["tool"]["driver"]["rules"].reverse(),
    "no sentence of": lambda run, result: run["tool"]["driver"]["rules"][0]["fullDescription"].update(text="x" * 2000),
    "more tags": lambda run, result: run["tool"]["driver"]["rules"][0]["properties"].update(tags=list("abcdefghijkl")),
    "longer than a line": lambda run, result: where(result)["region"].update(endLine=99),
    "not larger": lambda run, result: where(result)["contextRegion"].update(startLine=6, endLine=6, endColumn=8),
    "not the text": lambda run, result: where(result)["region"].update(startColumn=8),
    "does not end at": lambda run, result: result["codeFlows"][0]["threadFlows"][0]["locations"].pop(),
    "does not lead to the rule": lambda run, result: result.update(ruleIndex=2),
    "do not match related": lambda run, result: result["relatedLocations"].pop(),
    "is no sentence": lambda run, result: result["message"].update(text=result["message"]["text"][:-1]),
    "no primaryLocationLineHash": lambda run, result: result["partialFingerprints"].pop("primaryLocationLineHash"),
    "on some results": lambda run, result: result.pop("suppressions"),
    "on 2 results": lambda run, result: run["results"].append(result),
    "results: not sorted": lambda run, result: run["results"].reverse(),
    "to its descriptor": lambda run, result: run["tool"]["driver"]["notifications"].reverse(),
    "does not say why": lambda run, result: run["invocations"][0].update(toolExecutionNotifications=[]),
    "SARIF2003": lambda run, result: run.pop("versionControlProvenance"),
    "GitHub computes": lambda run, result: result["partialFingerprints"].update(primaryLocationLineHash="1:1"),
}


def main() -> int:
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        for expected, change in SPOILT.items():
            path = Path(folder) / "spoilt.sarif"
            path.write_bytes(spoil(change))
            if not any(expected in complaint for complaint in validate.complaints(path)):
                missed.append(expected)
    print("\n".join(f"not found: {expected}" for expected in missed) or f"{len(SPOILT)} spoilt logs found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
