"""The house keeps its floors: imports go down, never round, never hidden in functions, never to the root.

The floors are the table in pyproject.toml that import-linter reads too.
"""

import ast
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "pellucid"


class Import(NamedTuple):
    """One import of our own code: who imports what, where, and whether inside a function."""

    importer: str
    imported: str
    line: int
    hidden: bool


class House(NamedTuple):
    """floor: room -> height; apart: heights where rooms stay apart; doors: allowed (importer, imported) patterns."""

    floor: dict[str, int]
    apart: set[int]
    doors: list[tuple[str, str]]


def read_house() -> House:
    """The table of pyproject.toml."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    floor, apart = {}, set()
    for height, row in enumerate(reversed(contract["layers"])):
        floor.update(dict.fromkeys(re.findall(r"\w+", row), height))
        if "|" in row:
            apart.add(height)
    doors = [tuple(door.split(" -> ")) for door in contract["ignore_imports"]]
    return House(floor, apart, doors)


def read_sources() -> dict[str, str]:
    """Module name -> source, for the whole package; a package's own name stands for its __init__."""
    sources = {}
    for path in sorted((ROOT / "src" / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT / "src").with_suffix("").parts
        sources[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text()
    return sources


def imports_of(module: str, sources: dict[str, str]) -> Iterator[Import]:
    """Every import of our own code in one module."""
    is_package = any(name.startswith(module + ".") for name in sources)

    def visit(node: ast.AST, hidden: bool) -> Iterator[Import]:
        hidden = hidden or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] == PACKAGE:
                    yield Import(module, name.name, node.lineno, hidden)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                up = node.level - 1 if is_package else node.level
                base = ".".join(parts[: len(parts) - up] + ([node.module] if node.module else []))
            if base.split(".")[0] == PACKAGE:
                for name in node.names:
                    inner = f"{base}.{name.name}"
                    yield Import(module, inner if inner in sources else base, node.lineno, hidden)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, hidden)

    yield from visit(ast.parse(sources[module]), False)


def room(module: str) -> str:
    """The part of a module's name that the table knows: 'pellucid.layers.dense' -> 'layers'; '' for the root."""
    return module.split(".")[1] if "." in module else ""


def allowed(found: Import, house: House) -> bool:
    """Whether this import stays in its room, goes down, or goes through an open door."""
    here, there = room(found.importer), room(found.imported)
    if not here or here == there:
        return True
    if there not in house.floor:
        return False
    if house.floor[there] != house.floor[here]:
        return house.floor[there] < house.floor[here]
    return house.floor[here] not in house.apart or any(
        fnmatch.fnmatchcase(found.importer, a) and fnmatch.fnmatchcase(found.imported, b) for a, b in house.doors
    )


def find_cycle(edges: dict[str, set[str]]) -> list[str]:
    """One cycle of a graph, or an empty list."""
    done: set[str] = set()

    def walk(node: str, path: list[str]) -> list[str]:
        if node in path:
            return path[path.index(node) :] + [node]
        if node in done:
            return []
        for following in sorted(edges.get(node, ())):
            if cycle := walk(following, path + [node]):
                return cycle
        done.add(node)
        return []

    return next((cycle for node in sorted(edges) if (cycle := walk(node, []))), [])


def complaints(sources: dict[str, str], house: House) -> list[str]:
    """All that is wrong with the imports of a package, one sentence each."""
    found = [one for module in sources for one in imports_of(module, sources)]
    wrong = [
        f"{name} is on no floor; give it one in pyproject.toml"
        for name in sorted({room(module) for module in sources} - {""} - set(house.floor))
    ]
    for one in found:
        place = f"{one.importer}, line {one.line}: imports {one.imported}"
        if one.imported == PACKAGE:
            wrong.append(f"{place}, the root package")
        elif one.hidden:
            wrong.append(f"{place} inside a function")
        elif room(one.importer) in house.floor and not allowed(one, house):
            wrong.append(f"{place}, which is not on a floor below")
    edges: dict[str, set[str]] = {module: set() for module in sources}
    for one in found:
        edges[one.importer].add(one.imported)
    if cycle := find_cycle(edges):
        wrong.append(f"import cycle: {' -> '.join(cycle)}")
    return wrong


def test_imports_go_down_and_never_round() -> None:
    assert complaints(read_sources(), read_house()) == []


HOUSE = House({"ground": 0, "sums": 1, "products": 1, "top": 2}, {1}, [("pellucid.products", "pellucid.sums")])


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("pellucid.ground", "from .top import x", "not on a floor below"),
        ("pellucid.sums", "from .products import x", "not on a floor below"),
        ("pellucid.top", "def f():\n    from .ground import x", "inside a function"),
        ("pellucid.products", "from . import x", "the root package"),
        ("pellucid.top", "import pellucid", "the root package"),
        ("pellucid.top.inner", "from .. import x", "the root package"),
        ("pellucid.attic", "", "on no floor"),
        ("pellucid.top.inner", "from .other import x", "import cycle: pellucid.top.inner -> pellucid.top.other"),
    ],
)
def test_a_planted_fault_is_found(module: str, source: str, complaint: str) -> None:
    sources = dict.fromkeys(("pellucid", "pellucid.ground", "pellucid.sums", "pellucid.products"), "")
    sources |= {"pellucid.top": "", "pellucid.top.inner": "", "pellucid.top.other": "from .inner import x"}
    assert complaints(sources, HOUSE) == []
    found = complaints(sources | {module: source}, HOUSE)
    assert any(complaint in one for one in found) if complaint else found == []


def test_what_the_table_allows_is_allowed() -> None:
    sources = {
        "pellucid": "from .top import x",
        "pellucid.ground": "import numpy",
        "pellucid.sums": "from .ground import x\nfrom . import ground",
        "pellucid.products": "from .sums import x",
        "pellucid.top": "from .ground import x\ndef f():\n    import matplotlib",
    }
    assert complaints(sources, HOUSE) == []


def test_import_linter_agrees() -> None:
    pytest.importorskip("importlinter", reason="import-linter is not installed")
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command is not None
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    result = subprocess.run([command, "--no-cache"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
