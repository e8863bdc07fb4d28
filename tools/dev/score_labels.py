# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Scans real code at labelled revisions and prints how many labels are found.

A label names a repository, a revision, a path and a line that is a defect, or,
if its category starts with `negative`, one that only looks like it. A defect is
found if a finding lies within three lines of it; a look-alike is accused if a
finding above a note lies on its line.

Sources come from bare clones, MIRRORS/owner+name/repo, with the submodules that
are cloned there too, and go to a temporary folder. Only files with labels are
units; a header gets a unit that includes it. Folders for headers that are not
found are looked for in the repository. What still lacks headers is scanned as
far as it parses and counted apart.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter, defaultdict
from pathlib import Path

SOURCE = re.compile(r"\.(c|cc|cpp|cu|cuh|def|h|hh|hpp|hxx|inc|inl|ipp|tpp)$")
NEAR = 3
FAMILIES = "rng,order,parallel,gpu,fp,env,mem"
COMMON = ["-w", "-fopenmp", "-I.", "-idirafter", "/usr/local/cuda/include"]
SYSTEM = ["/usr/include/eigen3", "/usr/include/hdf5/serial", "/usr/include/opencv4"]


def git(mirror: Path, *arguments: str) -> str:
    return subprocess.run(["git", f"--git-dir={mirror}", *arguments], check=True, capture_output=True,
                          text=True, errors="replace").stdout


def export(mirrors: Path, repository: str, revision: str, to: Path) -> None:
    """Writes the sources of a revision and of its submodules; objects that the clone lacks are left out."""
    mirror = mirrors / repository.replace("/", "+") / "repo"
    entries = [entry.split("\t", 1) for entry in git(mirror, "ls-tree", "-rz", revision).split("\0") if entry]
    with subprocess.Popen(["git", f"--git-dir={mirror}", "cat-file", "--batch"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as objects:
        for meta, path in entries:
            mode, kind, name = meta.split()
            if kind == "commit":
                continue
            if mode == "120000" or not (SOURCE.search(path) or path == ".gitmodules"):
                continue
            objects.stdin.write(f"{name}\n".encode())
            objects.stdin.flush()
            header = objects.stdout.readline().split()
            if len(header) == 3:
                text = objects.stdout.read(int(header[2]) + 1)[:-1]
                (to / path).parent.mkdir(parents=True, exist_ok=True)
                (to / path).write_bytes(text)
        objects.stdin.close()
    for meta, path in entries:
        mode, kind, name = meta.split()
        if kind == "commit":
            export_submodule(mirrors, to, path, name)


def export_submodule(mirrors: Path, root: Path, path: str, revision: str) -> None:
    modules = (root / ".gitmodules").read_text() if (root / ".gitmodules").exists() else ""
    section = next((part for part in modules.split("[submodule") if re.search(rf"path\s*=\s*{re.escape(path)}\s", part)), "")
    url = re.search(r"url\s*=\s*\S*?([\w.-]+/[\w.-]+?)(\.git)?\s", section + "\n")
    mirror = mirrors / url[1].replace("/", "+") / "repo" if url else None
    if not mirror or not mirror.exists():
        return
    known = subprocess.run(["git", f"--git-dir={mirror}", "cat-file", "-e", revision], capture_output=True).returncode == 0
    export(mirrors, url[1], revision if known else "HEAD", root / path)


def compiler(source: str) -> list[str]:
    if source.endswith((".cu", ".cuh")):
        return ["clang++-22", "-std=c++17", "-x", "cuda", "--cuda-path=/usr/local/cuda", "--cuda-gpu-arch=sm_90",
                "-nocudalib", "-Xclang", "-target-sdk-version=12.9", "-I/usr/local/cuda/include/cccl",
                "-Wno-unknown-cuda-version", *COMMON]
    return ["clang-22", "-std=gnu11", *COMMON] if source.endswith(".c") else ["clang++-22", "-std=c++17", *COMMON]


def missing_header(command: list[str], root: Path) -> str | None:
    result = subprocess.run([*command, "-fsyntax-only"], cwd=root, capture_output=True, text=True, errors="replace")
    found = re.search(r"fatal error: '([^']+)' file not found", result.stderr)
    return found[1] if found else None


def unit(root: Path, path: str) -> tuple[dict, str | None]:
    """The command for `path`, and the header that it cannot find."""
    source = path
    if not path.endswith((".c", ".cc", ".cpp", ".cu")):
        source = f"unit_{re.sub(r'[^A-Za-z0-9]', '_', path)}{'.cu' if path.endswith('.cuh') else '.cc'}"
        (root / source).write_text(f'#include "{path}"\n')
    command = [*compiler(source), f"-I{Path(path).parent}", source]
    missing = missing_header(command, root)
    for _ in range(40):
        if not missing:
            break
        homes = [str(file)[:-len(missing) - 1] or "." for file in sorted(root.rglob(f"*/{missing}"), key=lambda f: len(f.parts))]
        homes += [folder for folder in SYSTEM if (Path(folder) / missing).exists()]
        if not homes or f"-I{homes[0]}" in command:
            break
        command.insert(-1, f"-I{homes[0]}")
        missing = missing_header(command, root)
    return {"directory": str(root), "file": source, "arguments": [*command, "-c"]}, missing


def scan(reproaudit: Path, root: Path, units: list[dict]) -> list[dict]:
    (root / "compile_commands.json").write_text(json.dumps(units))
    subprocess.run([reproaudit, "scan", "-p", ".", "--select", FAMILIES, "--no-cache", "--fail-on", "never", "--quiet",
                    "--output", "json:found.json"], cwd=root, capture_output=True)
    found = root / "found.json"
    return json.loads(found.read_text())["findings"] if found.exists() else []


def judge(label: dict, findings: list[dict]) -> bool:
    inside = [(f["at"]["line"], f["level"]) for f in findings if f["at"]["path"].endswith(label["path"])]
    if label["category"].startswith("negative"):
        return any(line == label["line_before"] and level != "note" for line, level in inside)
    return any(abs(line - label["line_before"]) <= NEAR for line, _ in inside)


def main() -> int:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", type=Path, help="JSON: id, repo, parent_commit, path, line_before, category, detectable")
    parser.add_argument("mirrors", type=Path, help="folder of bare clones, owner+name/repo")
    parser.add_argument("reproaudit", type=Path)
    parser.add_argument("--only", default="", help="part of the name of a repository")
    arguments = parser.parse_args()

    groups = defaultdict(list)
    for label in json.loads(arguments.labels.read_text()):
        if arguments.only in label["repo"] and label["detectable"] != "runtime-only" and SOURCE.search(label["path"]):
            groups[label["repo"], label["parent_commit"]].append(label)
    rows = []
    for (repository, revision), labels in sorted(groups.items()):
        if not (arguments.mirrors / repository.replace("/", "+") / "repo").exists():
            continue
        root = Path(tempfile.mkdtemp(prefix="labels-"))
        try:
            export(arguments.mirrors, repository, revision, root)
            paths = sorted({label["path"] for label in labels if (root / label["path"]).exists()})
            commands = {path: unit(root, path) for path in paths}
            findings = scan(arguments.reproaudit.resolve(), root, [command for command, _ in commands.values()])
            rows += [(label, judge(label, findings), commands[label["path"]][1])
                     for label in labels if label["path"] in commands]
        finally:
            shutil.rmtree(root)
        print(f"{repository} {revision[:9]}", file=sys.stderr)

    counts = Counter((label["category"], bool(missing), hit) for label, hit, missing in rows)
    print("| category | found | found with headers missing |\n| --- | ---: | ---: |")
    for category in sorted({category for category, *_ in counts}):
        shares = [f"{counts[category, lost, True]}/{counts[category, lost, True] + counts[category, lost, False]}"
                  for lost in (False, True)]
        print(f"| {category} | {' | '.join(shares)} |")
    for is_negative, word in ((False, "found"), (True, "accused")):
        part = [(hit, missing) for label, hit, missing in rows if label["category"].startswith("negative") == is_negative]
        whole = [hit for hit, missing in part if not missing]
        print(f"{word}: {sum(whole)} of {len(whole)}; of all {sum(hit for hit, _ in part)} of {len(part)}")
    for label, hit, missing in rows:
        if hit == label["category"].startswith("negative"):
            print(f"{'accused' if hit else 'missed'} {label['id']} {label['path']}:{label['line_before']}"
                  f"{f' (no {missing})' if missing else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
