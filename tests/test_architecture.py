"""The layout is the architecture: imports point one way, and modules stay where they belong."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import scholargraph

ROOT = Path(scholargraph.__file__).parent
MAY_IMPORT = {
    "extract": set(),
    "graph": {"extract"},
    "web": {"extract", "graph"},
    "server": {"extract", "graph", "web"},
    "commands": {"extract", "graph", "web", "server"},
    "cli": {"commands"},
}
MODULES = sorted(
    path for room in MAY_IMPORT for path in [*(ROOT / room).rglob("*.py"), *ROOT.glob(f"{room}.py")]
)


def rooms_imported(path: Path) -> set[str]:
    """The rooms that the module at *path* imports, relative and absolute imports alike."""
    package = ["scholargraph", *path.relative_to(ROOT).parent.parts]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*stem, *([node.module] if node.module else [])])
            names.update(f"{origin}.{alias.name}" for alias in node.names)
    parts = (name.split(".") for name in names)
    return {part[1] for part in parts if part[0] == "scholargraph" and len(part) > 1}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")

    assert rooms_imported(path) & set(MAY_IMPORT) <= MAY_IMPORT[room] | {room}


def test_every_room_is_looked_into():
    assert {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in MODULES} == set(
        MAY_IMPORT
    )


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("scholargraph.cli", {"spacy", "flask", "networkx", "pyvis", "rdflib", "onnxruntime"}),
        ("scholargraph.server", {"spacy", "onnxruntime", "pyvis", "IPython", "torch"}),
        ("scholargraph.graph.reader", {"spacy", "flask", "networkx", "rdflib", "numpy"}),
        ("scholargraph.extract.sources", {"spacy", "onnxruntime", "torch"}),
    ],
)
def test_heavy_libraries_load_only_where_they_work(module, absent):
    program = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert not absent & set(loaded)


def test_no_module_is_a_drawer_for_everything():
    assert not [path for path in MODULES if path.stem in {"utils", "util", "helpers", "common"}]


def test_the_tree_of_errors_is_the_codes():
    drawn = re.findall(r"^ +[*+-] (\w+)", scholargraph.__doc__, re.MULTILINE)
    bases = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    deliberate = {"ScholarGraphError"}
    while found := {n for n, above in bases.items() if above & deliberate} - deliberate:
        deliberate |= found

    public = {name for name in deliberate if not name.startswith("_")}
    assert sorted(drawn) == sorted(public - {"ScholarGraphError"})
