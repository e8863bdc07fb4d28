# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs every documented example: the bad one yields one finding, the good one none."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "rules"))
from analyse import SOURCE_FAMILIES, compiler_flags, scan


def findings(reproaudit: str, folder: Path, examples: list[dict]) -> dict[str, list[str]]:
    """The rules that report something in each example, by the example's folder."""
    units = {Path(e["path"]): compiler_flags(Path(e["path"])) + e["flags"].split() for e in examples if e["isSource"]}
    # One scan for most. A rule that is off by default is on only for its own
    # examples, and one that judges whole programs takes each example for one.
    scans: dict[tuple[str, str], list[Path]] = {}
    for example in examples:
        if example["isSource"]:
            rule = example["rule"] if example["isPedantic"] else ""
            program = example["path"] if example["isLinked"] else ""
            scans.setdefault((rule, program), []).append(Path(example["path"]))
    found: dict[str, list[str]] = {}
    for (rule, _), chosen in scans.items():
        selected = [*SOURCE_FAMILIES, rule] if rule else SOURCE_FAMILIES
        for finding in scan(reproaudit, folder, selected, {path: units[path] for path in chosen}):
            found.setdefault(Path(finding.file).parts[0], []).append(finding.rule)
    for example in examples:
        if not example["isSource"]:
            place = Path(example["path"]).parent
            found[place.name] = [f.rule for f in scan(reproaudit, place, [example["rule"]])]
    return found


def main(dev: str, reproaudit: str) -> int:
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        listing = subprocess.run([dev, "examples", folder], check=True, capture_output=True, text=True).stdout
        # Without a toolkit `scan` refuses CUDA units.
        examples = [example for example in json.loads(listing)
                    if not example["path"].endswith(".cu") or Path("/usr/local/cuda/include/cuda_runtime.h").exists()]
        found = findings(reproaudit, folder, examples)
        for example in examples:
            rules = found.get(Path(example["path"]).relative_to(folder).parts[0], [])
            if rules != ([example["rule"]] if example["isBad"] else []):
                failures += 1
                print(f"the {'bad' if example['isBad'] else 'good'} example of {example['rule']} yields {rules}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
