# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every file of the catalogue fits its schema, is read by the program, and names
what its library declares: the real one where it is installed, else our stubs."""
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/schema/catalogue.schema.json").read_text())


def undeclared(reproaudit: str, path: Path) -> list[str]:
    """Names that nobody declares; a library whose headers are nowhere is not looked at."""
    folders = [str(ROOT / "fixtures/stubs/libs")]
    environment = {**os.environ, "CPLUS_INCLUDE_PATH": ":".join(folders)}
    run = subprocess.run([reproaudit, "doctor", "--catalogue", str(path)], capture_output=True, text=True,
                         env=environment, cwd=path.parent)
    told = [line for line in run.stdout.splitlines() if " catalogue: " in line]
    libraries = yaml.safe_load(path.read_text())["libraries"]
    stubbed = {one["name"] for one in libraries if one.get("verified") == "names"}
    problems = [line for line in told if line.startswith("MISSING")]
    problems += [line for line in told if "do not declare" in line and line.split(": ")[1] in stubbed]
    if len(told) != len(libraries) and not problems:
        problems.append(f"{path.name}: {len(told)} of {len(libraries)} libraries were examined")
    return problems


def main(reproaudit: str) -> int:
    problems = []
    for path in sorted((ROOT / "checks/catalogue").glob("*.yaml")):
        text = yaml.safe_load(path.read_text())
        problems += [f"{path.name}: {error.message}"
                     for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(text)]
        problems += undeclared(reproaudit, path)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
