"""The pages written from tables in the code say what the code does."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_tables", DOCS / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["compat.md", "keras-names.md"])
def test_the_page_is_what_the_code_says(tables: ModuleType, name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == tables.PAGES[name](), f"docs/{name} is older than the code. Run: python docs/tables.py"


def test_no_reason_is_given_for_what_is_here(tables: ModuleType) -> None:
    page = tables.names_page()
    for key in tables.REASONS:
        group, _, name = key.rpartition(".")
        assert f"| `{name}` |" in page, f"{key} is here by now: take its reason out of docs/tables.py"
        assert group in tables.PLACES
