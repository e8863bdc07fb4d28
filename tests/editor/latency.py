# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How much longer diagnostics take than in stock clangd: latency.py OURS STOCK
BUILD_DIR [ROUNDS]. Opens every unit of the compile database in both, in turns and
in a fresh server each time, and prints the median ratio. The first diagnostics of
a file wait for its preamble; those after an edit show what the rules cost."""
import json
import statistics
import sys
import time
from pathlib import Path

from lsp import Server


def measured(program: str, build: Path, path: Path) -> tuple[float, float]:
    """Seconds until the diagnostics of the opened and of the edited file."""
    server = Server(program, f"--compile-commands-dir={build}")
    try:
        start = time.monotonic()
        server.open(path)
        opened = time.monotonic()
        server.change(path, path.read_text() + "\nint reproaudit_latency;\n")
        return opened - start, time.monotonic() - opened
    finally:
        server.close()


def main(ours: str, stock: str, build: str, rounds: str = "3") -> int:
    folder = Path(build).resolve()
    units = sorted({(Path(entry["directory"]) / entry["file"]).resolve()
                    for entry in json.loads((folder / "compile_commands.json").read_text())})
    ratios: dict[str, list[float]] = {"open": [], "edit": []}
    for path in units:
        times: dict[tuple[str, str], list[float]] = {}
        for _ in range(int(rounds)):
            for name, program in (("ours", ours), ("stock", stock)):
                opened, edited = measured(program, folder, path)
                times.setdefault((name, "open"), []).append(opened)
                times.setdefault((name, "edit"), []).append(edited)
        for kind, ratio in ratios.items():
            mine, theirs = (min(times[name, kind]) for name in ("ours", "stock"))
            ratio.append(mine / theirs)
            print(f"{path.name:24} {kind} {mine:6.2f} s  {theirs:6.2f} s  {mine / theirs:5.2f}x")
    for kind, ratio in ratios.items():
        print(f"median {kind}: {statistics.median(ratio):.2f}x of stock clangd over {len(units)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
