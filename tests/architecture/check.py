# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests about the code, not of it: who may include whom, and what every rule
brings. A habit that a review asks for twice becomes a function here."""
import re
import sys
from pathlib import Path

STD = r"[a-z_0-9]+(\.h)?|sys/.*|gnu/.*"
CLANG = r"(clang|clang-tidy|llvm)/.*"
JSON = r"nlohmann/.*"

# folder -> what its files may include; the first folder that fits decides
LAYERS = {
    "include/reproaudit/rule": [STD, r"reproaudit/rule/.*"],
    "include/reproaudit/trace": [STD, r"reproaudit/trace/.*"],
    "include/reproaudit/report": [STD, JSON, r"reproaudit/(rule|report)/.*"],
    "include/reproaudit/analysis": [STD, CLANG, r"reproaudit/(rule|report|analysis)/.*"],
    "include/reproaudit/scan": [STD, CLANG, JSON, r"reproaudit/(rule|report|analysis|scan)/.*"],
    "include/reproaudit/rerun": [STD, JSON, r"reproaudit/(rule|trace|report|rerun)/.*"],
    "checks/support": [r"(?!reproaudit/(scan|rerun)/).*"],
    "checks": [STD, CLANG, r"reproaudit/(rule|analysis)/.*", r"Rules\.def"],
    "tools/report": [r"(?!clang|llvm|reproaudit/(analysis|scan|rerun)/).*"],
    "tools/rerun": [r"llvm/(DebugInfo/Symbolize|MC|Object)/.*", r"llvm/Support/(Program|TargetSelect)\.h", r"(?!clang|llvm|reproaudit/(analysis|scan)/).*"],
    "tools/perturb": [r"(?!clang|llvm|reproaudit/(report|analysis|scan)/).*"],
    "tools": [r".*"],
}
MAX_LINES_OF_RULE = 250
PROJECT_FAMILIES = {"deps", "build", "data", "meta"}
SPDX = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
RULE = re.compile(r"^RULE\((\w+), (\w+)\)$", re.M)
RAW_STRING = re.compile(r'R"(\w*)\(.*?\)\1"', re.S)
COMMENT = re.compile(r"//.*?$|/\*.*?\*/", re.M | re.S)
FORBIDDEN = {
    r"\bstd::(cout|cerr)\b|\b(llvm::)?(outs|errs)\(\)|\bprintf\(": "only tools may print",
    r"(?<![\w.])(std::)?(exit|abort|_exit)\(": "only main may end the process",
    r"\bthrow\b": "no exception leaves a layer; return std::optional or llvm::Expected",
}


def sources(root: Path, *folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (root / folder).rglob("*")
                  if path.suffix in {".h", ".cpp", ".c"} and "templates" not in path.parts)


def code(path: Path) -> str:
    """The text with raw strings, so with the examples, emptied; lines keep their numbers."""
    return RAW_STRING.sub(lambda m: '""' + "\n" * m[0].count("\n"), path.read_text())


def own_folder(root: Path, path: Path) -> Path:
    """checks/<family> or tools/<tool>, below which a file may include its neighbours."""
    return root.joinpath(*path.relative_to(root).parts[:2])


def layers(root: Path):
    for path in sources(root, "include", "checks", "tools"):
        name = path.relative_to(root).as_posix()
        allowed = next((a for folder, a in LAYERS.items() if name.startswith(folder + "/")), [])
        for number, line in enumerate(code(path).splitlines(), 1):
            if not (m := INCLUDE.match(line)):
                continue
            quoted, header = m[1] == '"', m[2]
            at_home = (path.parent / header).resolve().is_relative_to(own_folder(root, path).resolve())
            is_neighbour = quoted and at_home and (path.parent / header).exists()
            if quoted and not header.startswith(("reproaudit/", "clang", "llvm")) and not is_neighbour \
                    and header != "Rules.def":
                yield f"{name}:{number}: {header} is not a neighbour of this file"
            elif not is_neighbour and not any(re.fullmatch(a, header) for a in allowed):
                yield f"{name}:{number}: may not include {header}"


def manners(root: Path):
    for path in sources(root, "include", "checks", "tools", "tests"):
        name = path.relative_to(root).as_posix()
        if SPDX not in path.read_text().split("\n", 1)[0]:
            yield f"{name}:1: the first line is not `// {SPDX}`"
        if path.suffix == ".h" and name.startswith("include/") and "/// \\file" not in path.read_text():
            yield f"{name}:1: a header says in `/// \\file` what it is and which layer it belongs to"
        if not name.startswith(("include/", "checks/")):
            continue
        for number, line in enumerate(COMMENT.sub(lambda m: "\n" * m[0].count("\n"), code(path)).splitlines(), 1):
            for pattern, why in FORBIDDEN.items():
                if re.search(pattern, re.sub(r'"(\\.|[^"\\])*"', '""', line)):
                    yield f"{name}:{number}: {why}"


def kebab(name: str) -> str:
    return "repro" + re.sub(r"[A-Z]", lambda m: "-" + m[0].lower(), name)


def rules(root: Path):
    listed = RULE.findall((root / "checks/Rules.def").read_text())
    if listed != sorted(listed):
        yield "checks/Rules.def: is not sorted"
    names = [name for _, name in listed]
    for repeated in sorted({name for name in names if names.count(name) > 1}):
        yield f"checks/Rules.def: two families have a rule {kebab(repeated)}"
    for family, name in listed:
        place = f"checks/{family}/{name}.cpp"
        if not (root / place).exists():
            yield f"{place}: is missing for RULE({family}, {name})"
            continue
        text = (root / place).read_text()
        if text.count("\n") > MAX_LINES_OF_RULE:
            yield f"{place}: longer than {MAX_LINES_OF_RULE} lines; move a part to checks/support"
        if f'.name = "{kebab(name)}"' not in text:
            yield f"{place}: the rule is not called {kebab(name)}"
        if f".family = Family::{family.title()}" not in text:
            yield f"{place}: the rule is not of the family of its folder"
        yield from fixture_of(root, family, name)
    on_disk = {(path.parent.name, path.stem) for path in (root / "checks").glob("*/*.cpp")
               if path.parent.name != "support"}
    for family, name in sorted(on_disk - set(listed)):
        yield f"checks/{family}/{name}.cpp: is not in checks/Rules.def"
    for path in sorted((root / "fixtures/rules").glob("*/*")):
        if (path.parent.name, path.stem) not in listed:
            yield f"{path.relative_to(root)}: no rule has this fixture"


def fixture_of(root: Path, family: str, name: str):
    place = root / "fixtures/rules" / family / name
    files = [path for path in place.rglob("*") if path.is_file()] if family in PROJECT_FAMILIES else \
        [path for suffix in (".cpp", ".cu") if (path := place.with_suffix(suffix)).exists()]
    if not any(f"expect: {kebab(name)}" in path.read_text(errors="replace") for path in files):
        yield f"fixtures/rules/{family}/{name}: no fixture expects {kebab(name)}"


def named_notes(root: Path):
    """NOTE(def: x) explains an invariant once, NOTE(ref: x) points to it."""
    texts = {path.relative_to(root): path.read_text() for path in sources(root, "include", "checks", "tools")}
    defined = [name for text in texts.values() for name in re.findall(r"NOTE\(def: ([\w-]+)\)", text)]
    for path, text in texts.items():
        for name in re.findall(r"NOTE\(ref: ([\w-]+)\)", text):
            if defined.count(name) != 1:
                yield f"{path}: NOTE(ref: {name}) has {defined.count(name)} definitions"


def packages(root: Path):
    lines = [line for line in (root / "tools/packages.txt").read_text().splitlines() if not line.startswith("#")]
    if lines != sorted(set(lines)):
        yield "tools/packages.txt: is not sorted, or names a package twice"


def main(root: Path) -> int:
    problems = [problem for check in (layers, manners, rules, named_notes, packages) for problem in check(root)]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
