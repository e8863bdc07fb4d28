# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs every documented example: the bad one yields one finding, the good one none."""
import json
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "rules"))
import analyse


def main() -> int:
    parser = ArgumentParser(description="runs the examples of all rules")
    parser.add_argument("dev", help="the program reproaudit-dev")
    parser.add_argument("command", nargs="+", help="the analysis, after `--`")
    args = parser.parse_args()

    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        listing = subprocess.run([args.dev, "examples", folder], check=True, capture_output=True, text=True).stdout
        for example in json.loads(listing):
            path, is_source = Path(example["path"]), example["path"].endswith(("/example.cpp", "/example.cu"))
            found = analyse.run(args.command, path, extra=example["flags"].split()) if is_source else \
                analyse.run_project(args.dev, example["rule"], path.parent)
            rules = [finding.rule for finding in found]
            if rules != ([example["rule"]] if example["bad"] else []):
                failures += 1
                print(f"the {'bad' if example['bad'] else 'good'} example of {example['rule']} yields {rules}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
