# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How much longer diagnostics take than in stock clangd: latency.py OURS STOCK
BUILD_DIR ROUNDS [SOURCE...]. Opens the units of the compile database, or those
named, in both, in turns and in a fresh server each time, and prints the median
ratio of such pairs. The first diagnostics of a file wait for its preamble; those
after an edit show what the rules cost."""
import json
import statistics
import sys
import time
from pathlib import Path

from lsp import Server


def measured(program: str, build: Path, path: Path) -> dict[str, float]:
    """Seconds until the diagnostics of the opened and of the edited file."""
    server = Server(program, f"--compile-commands-dir={build}")
    try:
        start = time.monotonic()
        server.open(path)
        opened = time.monotonic()
        server.change(path, path.read_text() + "\nint reproaudit_latency;\n")
        return {"open": opened - start, "edit": time.monotonic() - opened}
    finally:
        server.close()


def main(ours: str, stock: str, build: str, rounds: str, *sources: str) -> int:
    folder = Path(build).resolve()
    units = {(Path(entry["directory"]) / entry["file"]).resolve()
             for entry in json.loads((folder / "compile_commands.json").read_text())}
    units = sorted(unit for unit in units if not sources or unit.name in sources)
    medians: dict[str, list[float]] = {"open": [], "edit": []}
    for path in units:
        pairs = [(measured(ours, folder, path), measured(stock, folder, path)) for _ in range(int(rounds))]
        for kind, ratios in medians.items():
            mine, theirs = ([pair[i][kind] for pair in pairs] for i in (0, 1))
            ratios.append(statistics.median(a / b for a, b in zip(mine, theirs)))
            print(f"{path.name:24} {kind} {statistics.median(mine):6.2f} s  {statistics.median(theirs):6.2f} s  "
                  f"{ratios[-1]:5.2f}x", flush=True)
    for kind, ratios in medians.items():
        print(f"median {kind}: {statistics.median(ratios):.2f}x of stock clangd over {len(units)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
